// What the tests of the cookie jar share: a site, a moment, and short ways to say things.
#pragma once

#include <skein/cookie_jar.hpp>

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cookie_test {

using skein::cookie;
using skein::cookie_jar;
using skein::url;

inline constexpr cookie_jar::time_point now =
    std::chrono::sys_days(std::chrono::year(2026) / std::chrono::November / 22);
inline const url site("https://www.site.test/");

inline cookie_jar with(std::initializer_list<const char*> set_cookies, const url& from = site) {
    cookie_jar jar;
    for (const char* text : set_cookies) jar.take(text, from, now);
    return jar;
}

inline std::string sent(cookie_jar& jar, std::string_view to, cookie_jar::time_point when = now) {
    return jar.header_for(url(to), when);
}

inline cookie named(std::string name, std::string domain = "www.site.test") {
    cookie one;
    one.name = std::move(name);
    one.value = "1";
    one.domain = std::move(domain);
    return one;
}

// The name of every cookie, sorted.
inline std::string names(const cookie_jar& jar) {
    std::vector<std::string> all;
    for (const cookie& one : jar) all.push_back(one.name);
    std::sort(all.begin(), all.end());
    std::string text;
    for (const auto& name : all) text += name + " ";
    return text;
}

inline std::string numbered(int i) {
    return "n" + std::to_string(i) + "=1";
}

}  // namespace cookie_test
