// Jars as text: what is written is read back the same, what is broken is told and harms nothing else.
#include "http/public_suffix.hpp"

#include <skein/cookie_jar.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace std::string_literals;
using skein::cookie;
using skein::cookie_format;
using skein::cookie_jar;
using skein::cookie_load_result;
using skein::url;
using std::chrono::sys_days;

namespace {

constexpr cookie_jar::time_point now = sys_days(2026y / std::chrono::November / 22);

// One of each kind; those with a domain below them too, whatever the build has.
cookie_jar full_jar() {
    cookie_jar jar;
    jar.take("session=1; Path=/deep", url("https://www.site.test/"), now);
    jar.take("dated=\"2\"; Max-Age=100; Secure; HttpOnly; SameSite=Lax", url("https://www.site.test/"), now);
    jar.take("nameless value", url("http://[::1]/"), now);
    jar.take("empty=", url("http://127.0.0.1/"), now);
    jar.take("tabs=a\tb", url("http://www.site.test/"), now);
    jar.take("bytes=\xff\xfe\x80", url("http://www.site.test/"), now);
    jar.take("utf8=caf\xc3\xa9", url("http://www.site.test/"), now);
    cookie wide;
    wide.name = "wide";
    wide.value = "8";
    wide.domain = "site.test";
    wide.host_only = false;
    wide.expires = std::chrono::floor<std::chrono::seconds>(now) + 1h;
    jar.set(wide);
    return jar;
}

std::vector<cookie> all(const cookie_jar& jar) {
    return {jar.begin(), jar.end()};
}

cookie_jar loaded(const std::string& text, std::size_t expected_faults = 0) {
    cookie_jar jar;
    const auto result = jar.add_text(text);
    for (const auto& fault : result.faults) CAPTURE(fault.what);
    CHECK(result.faults.size() == expected_faults);
    CHECK(result.loaded == jar.size());
    return jar;
}

}  // namespace

TEST_CASE("JSON keeps everything: the jar that comes back is the same, its order too") {
    auto jar = full_jar();
    auto again = loaded(jar.to_text(cookie_format::json));
    CHECK(all(again) == all(jar));
    for (const char* to : {"https://www.site.test/deep", "http://site.test/", "http://[::1]/"})
        CHECK(again.header_for(url(to), now) == jar.header_for(url(to), now));
    CHECK(again.to_text(cookie_format::json) == jar.to_text(cookie_format::json));
    CHECK(loaded(cookie_jar().to_text(cookie_format::json)).empty());
}

TEST_CASE("cookies.txt keeps all but SameSite: host-only, HttpOnly, expiry, bytes and order") {
    auto jar = full_jar();
    auto again = loaded(jar.to_text(cookie_format::netscape));
    auto expected = all(jar);
    for (cookie& one : expected) one.same_site = skein::same_site::unset;
    CHECK(all(again) == expected);
    for (const char* to : {"https://www.site.test/deep", "http://site.test/", "http://[::1]/"})
        CHECK(again.header_for(url(to), now) == jar.header_for(url(to), now));
}

TEST_CASE("cookies.txt as curl writes it") {
    auto jar = loaded(
        "# Netscape HTTP Cookie File\n"
        "# https://curl.se/docs/http-cookies.html\n"
        "\n"
        ".site.test\tTRUE\t/\tFALSE\t1900000000\twide\tw\n"
        "#HttpOnly_www.site.test\tFALSE\t/p\tTRUE\t0\thidden\th=1\r\n"
        "WWW.Site.test\tFALSE\t/\tFALSE\t0\tempty");
    REQUIRE(jar.size() == 3);
    CHECK(jar.header_for(url("https://www.site.test/p"), now) == "hidden=h=1; wide=w; empty=");
    CHECK(jar.header_for(url("http://x.site.test/p"), now) == "wide=w");
    for (const cookie& one : jar) {
        CHECK(one.http_only == (one.name == "hidden"));
        CHECK(one.host_only == (one.name != "wide"));
        CHECK(one.expires.has_value() == (one.name == "wide"));
    }
    CHECK(jar.to_text(cookie_format::netscape) ==
          "# Netscape HTTP Cookie File\n"
          ".site.test\tTRUE\t/\tFALSE\t1900000000\twide\tw\n"
          "#HttpOnly_www.site.test\tFALSE\t/p\tTRUE\t0\thidden\th=1\n"
          "www.site.test\tFALSE\t/\tFALSE\t0\tempty\t\n");
}

TEST_CASE("a broken line is told by its number, and the others count") {
    cookie_jar jar;
    const auto result = jar.add_text(
        "a.test\tFALSE\t/\tFALSE\t0\ta\t1\n"
        "no tabs at all\n"                                       // 2
        "a.test\tMAYBE\t/\tFALSE\t0\tb\t1\n"                     // 3
        "a.test\tFALSE\t/\tFALSE\tsoon\tb\t1\n"                  // 4
        "a.test\tFALSE\t/\tFALSE\t-1\tb\t1\n"                    // 5
        "a.test\tFALSE\tpath\tFALSE\t0\tb\t1\n"                  // 6
        "a b.test\tFALSE\t/\tFALSE\t0\tb\t1\n"                   // 7
        "a.test\tFALSE\t/\tFALSE\t0\t__Host-b\t1\n"              // 8
        "a.test\tFALSE\t/\tFALSE\t0\tb\tx\x01y\n"                // 9
        "a.test\tFALSE\t/\tFALSE\t99999999999999999999\tb\t1\n"  // 10
        "a.test\tFALSE\t/\tFALSE\t0\n"                           // 11
        "a.test\tFALSE\t/\tFALSE\t0\tz\t2\n");
    CHECK(result.loaded == 2);
    REQUIRE(result.faults.size() == 10);
    for (std::size_t i = 0; i < result.faults.size(); ++i) CHECK(result.faults[i].number == i + 2);
    CHECK(result.faults[0].what == "it has less than seven fields between tabs");
    CHECK(jar.header_for(url("http://a.test/"), now) == "a=1; z=2");
}

TEST_CASE("a broken cookie of JSON is told by its place, and the others count") {
    const std::string good =
        R"({"name":"a","value":"1","domain":"a.test","path":"/","host_only":true,"secure":false})";
    const auto changed = [&](const std::string& from, const std::string& to) {
        auto text = good;
        text.replace(text.find(from), from.size(), to);
        return text;
    };
    cookie_jar jar;
    const auto result =
        jar.add_text("[" + good + ",3," + changed("\"a\"", "7") + "," + changed("\"host_only\":true,", "") +
                     "," + changed("\"/\"", "\"x\"") + "," + changed("\"1\"", "\"\\u0141\",\"latin1\":true") +
                     "," + changed("\"1\"", "\"\\u0000\"") + "," + changed("\"a\"", "\"b\"") + "]");
    CHECK(result.loaded == 2);
    REQUIRE(result.faults.size() == 6);
    for (std::size_t i = 0; i < result.faults.size(); ++i) CHECK(result.faults[i].number == i + 2);
    CHECK(jar.header_for(url("http://a.test/"), now) == "a=1; b=1");

    const auto none = jar.add_text("[{\"name\":");
    REQUIRE(none.faults.size() == 1);
    CHECK(none.faults[0].number == 0);
}

TEST_CASE("a file gives no cookie that a server could not have set") {
    const std::size_t refused = skein::http::has_public_suffix_list() ? 1 : 0;
    loaded(".co.uk\tTRUE\t/\tFALSE\t0\ta\t1\n", refused);
    auto jar = loaded("127.0.0.1\tTRUE\t/\tFALSE\t0\ta\t1\n");
    CHECK(jar.begin()->host_only);
}

TEST_CASE("session cookies can be left out; what has expired always is") {
    auto jar = full_jar();
    auto dated = loaded(jar.to_text(cookie_format::json, false));
    CHECK(dated.size() == 2);
    (void)jar.matching(url("http://elsewhere.test/"), now + 200s);
    CHECK(loaded(jar.to_text(cookie_format::json, false)).size() == 1);
    CHECK(loaded(jar.to_text(cookie_format::netscape)).size() == 7);
}

TEST_CASE("a cookie with a tab in its name has no place in cookies.txt") {
    cookie_jar jar;
    jar.take("a\tb=1", url("http://a.test/"), now);
    jar.take("c=1; Path=/x\ty", url("http://a.test/"), now);
    jar.take("d=1", url("http://a.test/"), now);
    CHECK(loaded(jar.to_text(cookie_format::netscape)).size() == 1);
    CHECK(loaded(jar.to_text(cookie_format::json)).size() == 3);
}

TEST_CASE("no text at all is an empty jar") {
    for (const char* text : {"", "\n\n", "# comment\n", " \t \r\n", "[]", " [ ] "}) {
        CAPTURE(text);
        CHECK(loaded(text).empty());
    }
}

TEST_CASE("what is loaded takes the place of what was there, and the limits hold") {
    cookie_jar jar;
    jar.set(url("http://a.test/"), "a", "old");
    jar.add_text("a.test\tFALSE\t/\tFALSE\t0\ta\tnew\n");
    CHECK(jar.header_for(url("http://a.test/"), now) == "a=new");
    std::string many;
    for (int i = 0; i < 60; ++i) many += "a.test\tFALSE\t/\tFALSE\t0\tn" + std::to_string(i) + "\t1\n";
    jar.add_text(many);
    CHECK(jar.size() == 50);
}
