// The three forms of HTTP dates, and what is none.
#include "http/http_date.hpp"

#include <doctest/doctest.h>

using skein::http::parse_http_date;
using namespace std::chrono;
using namespace std::chrono_literals;

namespace {

constexpr sys_seconds in_1994 = sys_days(1994y / November / 6d) + 8h + 49min + 37s;
constexpr sys_seconds in_2026 = sys_days(2026y / July / 1d);

}  // namespace

TEST_CASE("a date has one of three forms") {
    CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT", in_2026) == in_1994);
    CHECK(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", in_2026) == in_1994);
    CHECK(parse_http_date("Sun Nov  6 08:49:37 1994", in_2026) == in_1994);
    CHECK(parse_http_date("Wed Nov 16 08:49:37 1994", in_2026) == in_1994 + days(10));
    CHECK(parse_http_date("Thu, 29 Feb 2024 23:59:59 GMT", in_2026) == sys_days(2024y / March / 1d) - 1s);
    CHECK(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT", in_2026) == sys_days(2017y / January / 1d));
}

TEST_CASE("a year of two digits is at most fifty years ahead") {
    const auto year_of = [](const char* text) {
        return static_cast<int>(year_month_day(floor<days>(*parse_http_date(text, in_2026))).year());
    };
    CHECK(year_of("Monday, 06-Nov-26 08:49:37 GMT") == 2026);
    CHECK(year_of("Monday, 06-Nov-76 08:49:37 GMT") == 2076);
    CHECK(year_of("Monday, 06-Nov-77 08:49:37 GMT") == 1977);
    CHECK(year_of("Monday, 06-Nov-00 08:49:37 GMT") == 2000);
}

TEST_CASE("what has no such form, or cannot be, is no date") {
    for (const char* text : {
             "",
             "0",
             "-1",
             "Sun, 06 Nov 1994 08:49:37",
             "Sun, 06 Nov 1994 08:49:37 UTC",
             "Sun, 06 Nov 1994 08:49:37 +0100",
             "Sun, 6 Nov 1994 08:49:37 GMT",
             "Sun, 06 nov 1994 08:49:37 GMT",
             "Sun, 06 ovD 1994 08:49:37 GMT",
             "Sun, 31 Nov 1994 08:49:37 GMT",
             "Sun, 00 Nov 1994 08:49:37 GMT",
             "Sun, 29 Feb 2023 08:49:37 GMT",
             "Sun, 06 Nov 1994 24:00:00 GMT",
             "Sun, 06 Nov 1994 08:60:00 GMT",
             "Sun, 06 Nov 1994 08:49:61 GMT",
             " Sun, 06 Nov 1994 08:49:37 GMT",
             "Sun, 06 Nov 1994 08:49:37 GMT ",
             "1un, 06 Nov 1994 08:49:37 GMT",
             "Sun, 06-Nov-94 08:49:37 GMT",
             "Thursdaysday, 06-Nov-94 08:49:37 GMT",
             "Sun Nov 6 08:49:37 1994",
             "Sun Nov  6 08:49:37 94",
         })
        CHECK_MESSAGE(!parse_http_date(text, in_2026), text);
}
