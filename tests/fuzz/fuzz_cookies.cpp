// The cookie jar on any bytes: nothing crashes, a server can set nothing that a program could not, no header
// could split a message, and a jar comes back from its text as it was. The first byte chooses the URL; the
// rest is Set-Cookie headers, a line each, and also the text of a jar.
#include "http/cookie_rules.hpp"
#include "http/set_cookie.hpp"

#include <skein/cookie_jar.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace {

using namespace skein;

constexpr cookie_jar::time_point now =
    std::chrono::sys_days(std::chrono::year(2026) / std::chrono::November / 22);

const std::array<url, 6>& urls() {
    static const std::array<url, 6> all = {
        url("https://www.site.test/a/b"), url("http://www.site.test/a"), url("http://[::1]/"),
        url("http://127.0.0.1/x;y/z"),    url("https://site.co.uk/"),    url("http://xn--bcher-kva.test/")};
    return all;
}

[[noreturn]] void report(const char* what, std::string_view text) {
    std::cerr << what << ": " << text << '\n';
    std::abort();
}

std::vector<cookie> sorted(const cookie_jar& jar, bool as_netscape) {
    std::vector<cookie> all(jar.begin(), jar.end());
    if (as_netscape) {
        std::erase_if(all,
                      [](const cookie& one) { return (one.name + one.path).find('\t') != one.name.npos; });
        for (cookie& one : all) one.same_site = same_site::unset;
    }
    std::sort(all.begin(), all.end(), [](const cookie& a, const cookie& b) {
        return std::tie(a.domain, a.host_only, a.name, a.path) <
               std::tie(b.domain, b.host_only, b.name, b.path);
    });
    return all;
}

void check_round_trip(const cookie_jar& jar) {
    for (const auto format : {cookie_format::json, cookie_format::netscape}) {
        const std::string text = jar.to_text(format);
        cookie_jar again;
        const auto result = again.add_text(text);
        if (!result.faults.empty()) report(result.faults[0].what.c_str(), text);
        const bool netscape = format == cookie_format::netscape;
        if (sorted(again, netscape) != sorted(jar, netscape)) report("comes back different", text);
    }
}

void check(cookie_jar& jar) {
    for (const cookie& one : jar)
        if (const auto fault = http::fault_of(one); !fault.empty()) report("a cookie that cannot be", fault);
    for (const url& to : urls()) {
        const std::string header = jar.header_for(to, now);
        if (http::find_control(header) != header.npos) report("a control character", header);
        if (header.size() > cookie_jar::max_header_bytes) report("too long", header);
        for (const cookie* one : jar.matching(to, now))
            if (one->secure && !to.is_secure()) report("a secure cookie on its way to", to.str());
    }
    jar.expire(now);
    check_round_trip(jar);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const url& from = urls()[data[0] % urls().size()];
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    cookie_jar jar;
    for (std::string_view rest = text; !rest.empty();) {
        const std::size_t end = rest.find('\n');
        jar.take(rest.substr(0, end), from, now);
        rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    }
    check(jar);
    cookie_jar loaded;
    loaded.add_text(text);
    check(loaded);
    return 0;
}
