// The grammar of Set-Cookie and of its dates, beyond what the corpora ask.
#include "http/cookie_date.hpp"
#include "http/set_cookie.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>

using namespace std::chrono_literals;
using namespace std::string_literals;
using skein::cookie_jar;
using skein::same_site;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

namespace {

constexpr sys_seconds now = sys_days(2026y / std::chrono::November / 22);

auto parse(const std::string& text) {
    return skein::http::parse_set_cookie(text, now);
}

std::optional<sys_seconds> expires(const std::string& attributes) {
    const auto found = parse("a=1; " + attributes);
    return found ? found->expires : std::nullopt;
}

std::optional<sys_seconds> date(std::string_view text) {
    return skein::http::parse_cookie_date(text);
}

}  // namespace

TEST_CASE("name and value end at the first '=' and the first ';', and lose the blanks around them") {
    const std::string text = " \tname\t = a = \"b\" \t; Path=/";
    const auto found = skein::http::parse_set_cookie(text, now);
    REQUIRE(found);
    CHECK(found->name == "name");
    CHECK(found->value == "a = \"b\"");
    CHECK(found->path == "/");
    const std::string nameless = "only";
    const auto other = skein::http::parse_set_cookie(nameless, now);
    REQUIRE(other);
    CHECK(other->name.empty());
    CHECK(other->value == "only");
}

TEST_CASE("every control character but the tab has the whole cookie ignored, wherever it is") {
    for (int c = 0; c < 256; ++c) {
        const bool bad = (c < 0x20 && c != '\t') || c == 0x7f;
        CAPTURE(c);
        const std::string byte(1, static_cast<char>(c));
        CHECK(parse("n" + byte + "m=v").has_value() == !bad);
        CHECK(parse("n=v" + byte + "w").has_value() == !bad);
        CHECK(parse("n=v; x" + byte + "y=z").has_value() == !bad);
    }
}

TEST_CASE("name and value have 4096 bytes together; an attribute of over 1024 is ignored") {
    CHECK(parse("n=" + std::string(4095, 'v')));
    CHECK_FALSE(parse("n=" + std::string(4096, 'v')));
    CHECK_FALSE(parse(std::string(4097, 'v')));
    CHECK(parse("n=v; Path=/" + std::string(10000, 'p'))->path == std::nullopt);
    const std::string longest = "n=v; Path=/" + std::string(1023, 'p');
    CHECK(skein::http::parse_set_cookie(longest, now)->path->size() == 1024);
    const std::string kept = "n=v; Domain=a.test; Domain=" + std::string(1025, 'd');
    CHECK(skein::http::parse_set_cookie(kept, now)->domain == "a.test");
}

TEST_CASE("Max-Age: digits with or without a minus, and nothing else") {
    CHECK(expires("Max-Age=60") == now + 60s);
    CHECK(expires("max-age = 60 ") == now + 60s);
    for (const char* past : {"0", "-1", "-0", "-99999999999999999999"}) {
        CAPTURE(past);
        CHECK(expires("Max-Age="s + past) == sys_seconds::min());
    }
    for (const char* none : {"", "-", "+5", "5.5", "5s", "\"5\"", "0x5", "--5"}) {
        CAPTURE(none);
        CHECK(expires("Max-Age="s + none) == std::nullopt);
    }
}

TEST_CASE("no cookie outlives 400 days") {
    const auto latest = now + std::chrono::days(400);
    CHECK(expires("Max-Age=34560000") == latest);
    CHECK(expires("Max-Age=34560001") == latest);
    CHECK(expires("Max-Age=99999999999999999999999999999999") == latest);
    CHECK(expires("Expires=Fri, 31 Dec 9999 23:59:59 GMT") == latest);
}

TEST_CASE("Max-Age counts more than Expires, and of each the last that can be read") {
    const std::string date = "Expires=Thu, 26 Nov 2026 00:00:00 GMT";
    CHECK(expires(date) == now + 96h);
    CHECK(expires(date + "; Max-Age=5") == now + 5s);
    CHECK(expires("Max-Age=5; " + date) == now + 5s);
    CHECK(expires("Max-Age=5; Max-Age=nonsense; " + date) == now + 5s);
    CHECK(expires("Max-Age=5; Max-Age=6") == now + 6s);
    CHECK(expires(date + "; Expires=never") == now + 96h);
}

TEST_CASE("names of attributes in any case; their values only where they mean something") {
    const auto found = parse("a=1; SECURE=no; httponly=; sAmEsItE=LAX; Unknown=x; =y; ;;");
    REQUIRE(found);
    CHECK(found->secure);
    CHECK(found->http_only);
    CHECK(found->same_site == same_site::lax);
    CHECK(parse("a=1; SameSite=Strict")->same_site == same_site::strict);
    CHECK(parse("a=1; SameSite=None; SameSite=Foo")->same_site == same_site::unset);
    CHECK_FALSE(parse("a=1; \"Secure\"")->secure);
}

TEST_CASE("a date that is none on the calendar or the clock is none") {
    CHECK(date("29 Feb 2024 00:00:00"));
    for (const char* text : {"29 Feb 2023 00:00:00", "31 Apr 2024 00:00:00", "0 Jan 2024 00:00:00",
                             "32 Jan 2024 00:00:00", "1 Jan 1600 00:00:00", "1 Jan 2024 24:00:00",
                             "1 Jan 2024 00:60:00", "1 Jan 2024 00:00:60", "1 Jan 2024 00:00", "1 Jan 2024",
                             "Jan 2024 00:00:00", "1 2024 00:00:00", "1 Jan 00:00:00", "", "    "}) {
        CAPTURE(text);
        CHECK_FALSE(date(text));
    }
    CHECK(date("1 Jan 1601 00:00:00"));
}

TEST_CASE("two-digit years are of this century up to 69") {
    const auto year_of = [](std::string_view text) {
        return static_cast<int>(
            std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(*date(text))).year());
    };
    CHECK(year_of("1 Jan 69 00:00:00") == 2069);
    CHECK(year_of("1 Jan 70 00:00:00") == 1970);
    CHECK(year_of("1 Jan 99 00:00:00") == 1999);
    CHECK(year_of("1 Jan 00 00:00:00") == 2000);
}
