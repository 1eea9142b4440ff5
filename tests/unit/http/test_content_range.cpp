// Content-Range: what it says, and what makes no sense.
#include "http/content_range.hpp"

#include <doctest/doctest.h>

using skein::http::parse_content_range;

TEST_CASE("a range in bytes, with or without the size of the file") {
    const auto part = parse_content_range("bytes 42-1233/1234");
    REQUIRE(part);
    CHECK(part->satisfied);
    CHECK(part->first == 42);
    CHECK(part->last == 1233);
    CHECK(part->size() == 1192);
    CHECK(part->total == 1234);
    const auto of_unknown = parse_content_range("BYTES 0-0/*");
    REQUIRE(of_unknown);
    CHECK(of_unknown->size() == 1);
    CHECK(!of_unknown->total);
    const auto none = parse_content_range("bytes */0");
    REQUIRE(none);
    CHECK(!none->satisfied);
    CHECK(none->total == 0);
    CHECK(parse_content_range("bytes 0-9223372036854775806/9223372036854775807"));
}

TEST_CASE("what is no range in bytes is refused") {
    for (const char* text : {"",
                             "bytes",
                             "bytes ",
                             "bytes 0-1",
                             "bytes 0-1/",
                             "bytes /5",
                             "bytes 1-0/5",
                             "bytes 0-5/5",
                             "bytes 0-4/4",
                             "bytes */*",
                             "bytes *",
                             "bytes 0-1/5 ",
                             "bytes 0-1/5,",
                             "bytes  0-1/5",
                             "bytes=0-1/5",
                             "bytes -1-1/5",
                             "bytes +0-1/5",
                             "bytes 0 - 1/5",
                             "bytes 0-1/-",
                             "bytes 0x0-1/5",
                             "seconds 0-1/5",
                             "bytes 0-1,3-4/5",
                             "bytes 0-9223372036854775808/*",
                             "bytes 0-99999999999999999999/*"})
        CHECK_MESSAGE(!parse_content_range(text), text);
}
