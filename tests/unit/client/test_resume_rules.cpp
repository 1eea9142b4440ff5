// Which answers are parts of one file, and which are not.
#include "client/response/resume_rules.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>

using namespace skein::client;
using namespace std::chrono;
using skein::http1::response_head;
using kind = continuation::kind;

namespace {

const system_clock::time_point now = sys_days(2030y / January / 1d);
constexpr const char* changed = "Mon, 31 Dec 2029 23:00:00 GMT";

using field = std::pair<const char*, const char*>;

template <class... Fields>
response_head head(int status, Fields... fields) {
    response_head out;
    out.status = status;
    (out.fields.append(fields.first, fields.second), ...);
    return out;
}

template <class... Fields>
file_part first(Fields... fields) {
    return part_of(head(200, fields...), 100, now);
}
const file_part by_etag = first(field("ETag", "\"one\""));
const file_part by_date =
    first(field("Last-Modified", changed), field("Date", "Mon, 31 Dec 2029 23:00:01 GMT"));
const file_part of_unknown_size = part_of(head(200, field("ETag", "\"one\"")), {}, now);

continuation judge(const file_part& part, const response_head& answer,
                   std::optional<std::uint64_t> content_length = {}) {
    return judge_continuation(part, 40, answer, content_length);
}

}  // namespace

TEST_CASE("a strong ETag, or an old date of change, make a response resumable") {
    CHECK(by_etag.obstacle.empty());
    CHECK(by_etag.by_etag);
    CHECK(by_etag.validator == "\"one\"");
    CHECK(by_etag.first == 0);
    CHECK(by_etag.end == 100);
    CHECK(by_etag.size == 100);
    CHECK(range_from(by_etag, 40) == "bytes=40-");
    CHECK(by_date.obstacle.empty());
    CHECK_FALSE(by_date.by_etag);
    CHECK(by_date.validator == changed);
    const auto weak_and_date = first(field("ETag", "W/\"one\""), field("Last-Modified", changed),
                                     field("Date", "Mon, 31 Dec 2029 23:00:01 GMT"));
    CHECK(weak_and_date.validator == changed);
}

TEST_CASE("without a strong validator there is no going on") {
    CHECK_FALSE(first().obstacle.empty());
    CHECK_FALSE(first(field("ETag", "W/\"one\"")).obstacle.empty());
    CHECK_FALSE(first(field("ETag", "one")).obstacle.empty());
    CHECK_FALSE(first(field("ETag", "\"")).obstacle.empty());
    CHECK_FALSE(first(field("ETag", "\"a\""), field("ETag", "\"b\"")).obstacle.empty());
    CHECK_FALSE(first(field("Last-Modified", changed)).obstacle.empty());
    CHECK_FALSE(first(field("Last-Modified", changed), field("Date", changed)).obstacle.empty());
    CHECK_FALSE(first(field("Last-Modified", "yesterday"), field("Date", changed)).obstacle.empty());
}

TEST_CASE("codings, other statuses and servers without ranges are in the way") {
    CHECK_FALSE(first(field("ETag", "\"one\""), field("Content-Encoding", "gzip")).obstacle.empty());
    CHECK(first(field("ETag", "\"one\""), field("Content-Encoding", "identity")).obstacle.empty());
    CHECK_FALSE(first(field("ETag", "\"one\""), field("Accept-Ranges", "none")).obstacle.empty());
    for (const int status : {201, 203, 204, 404, 416, 503})
        CHECK_FALSE(part_of(head(status, field("ETag", "\"one\"")), 100, now).obstacle.empty());
}

TEST_CASE("of a range that the caller asked for, the rest of it is asked for") {
    const auto etag = field("ETag", "\"one\"");
    const auto part = part_of(head(206, etag, field("Content-Range", "bytes 10-59/100")), 50, now);
    CHECK(part.obstacle.empty());
    CHECK(part.first == 10);
    CHECK(part.end == 60);
    CHECK(part.size == 100);
    CHECK(range_from(part, 40) == "bytes=40-59");
    CHECK_FALSE(part_of(head(206, etag), 50, now).obstacle.empty());
    CHECK_FALSE(part_of(head(206, etag, field("Content-Range", "bytes */100")), 50, now).obstacle.empty());
    CHECK_FALSE(
        part_of(head(206, etag, field("Content-Range", "bytes 10-59/100")), 49, now).obstacle.empty());
    // The whole file from its beginning is no rest of a range.
    CHECK(judge(part, head(200, etag)).what == kind::refused);
    CHECK(judge(part, head(206, field("Content-Range", "bytes 40-59/100"))).what == kind::rest);
    CHECK(judge(part, head(206, field("Content-Range", "bytes 40-60/100"))).what == kind::refused);
}

TEST_CASE("the rest is what begins where the first part ended, of the same file") {
    const auto rest = judge(by_etag, head(206, field("Content-Range", "bytes 40-99/100")), 60);
    CHECK(rest.what == kind::rest);
    CHECK(rest.until == 100);
    CHECK(
        judge(by_etag, head(206, field("Content-Range", "bytes 40-99/100"), field("ETag", "\"one\""))).what ==
        kind::rest);
    CHECK(judge(by_date, head(206, field("Content-Range", "bytes 40-99/*"))).what == kind::rest);
    const auto shorter = judge(by_etag, head(206, field("Content-Range", "bytes 40-49/100")));
    CHECK(shorter.what == kind::rest);
    CHECK(shorter.until == 50);
    const auto grown = judge(of_unknown_size, head(206, field("Content-Range", "bytes 40-99/100")));
    CHECK(grown.what == kind::rest);
    CHECK(grown.size == 100);
}

TEST_CASE("a part of another place, length or version is refused") {
    for (const char* range :
         {"bytes 0-99/100", "bytes 39-99/100", "bytes 41-99/100", "bytes 40-99/101", "bytes 40-100/101",
          "bytes 40-100/*", "bytes */100", "40-99/100", "bytes 40-99", "bytes 40-30/100", ""}) {
        const auto answer = judge(by_etag, head(206, field("Content-Range", range)));
        CHECK_MESSAGE(answer.what == kind::refused, range);
        CHECK(!answer.why.empty());
    }
    const auto good = field("Content-Range", "bytes 40-99/100");
    CHECK(judge(by_etag, head(206)).what == kind::refused);
    CHECK(judge(by_etag, head(206, good, good)).what == kind::refused);
    CHECK(judge(by_etag, head(206, good), 59).what == kind::refused);
    CHECK(judge(by_etag, head(206, good, field("ETag", "\"two\""))).what == kind::refused);
    CHECK(judge(by_etag, head(206, good, field("ETag", "W/\"one\""))).what == kind::refused);
    CHECK(judge(by_etag, head(206, good, field("Content-Encoding", "br"))).what == kind::refused);
    CHECK(judge(by_date, head(206, good, field("Last-Modified", "Mon, 31 Dec 2029 23:00:01 GMT"))).what ==
          kind::refused);
    CHECK(judge(of_unknown_size, head(206, field("Content-Range", "bytes 40-99/*"))).what == kind::refused);
    for (const int status : {201, 203, 204, 302, 304, 400, 404, 412})
        CHECK(judge(by_etag, head(status, good)).what == kind::refused);
}

TEST_CASE("the whole file again is good if its ETag says that it is the same") {
    const auto again = judge(by_etag, head(200, field("ETag", "\"one\"")), 100);
    CHECK(again.what == kind::all);
    CHECK(again.until == 100);
    CHECK(judge(by_etag, head(200, field("ETag", "\"two\"")), 100).what == kind::refused);
    CHECK(judge(by_etag, head(200), 100).what == kind::refused);
    CHECK(judge(by_etag, head(200, field("ETag", "\"one\"")), 101).what == kind::refused);
    CHECK(judge(by_etag, head(200, field("ETag", "\"one\""), field("Content-Encoding", "gzip"))).what ==
          kind::refused);
    CHECK(judge(by_date, head(200, field("Last-Modified", changed)), 100).what == kind::refused);
}

TEST_CASE("nothing more is fine where the size was unknown and fits") {
    CHECK(judge(of_unknown_size, head(416, field("Content-Range", "bytes */40"))).what == kind::complete);
    CHECK(judge(of_unknown_size, head(416, field("Content-Range", "bytes */41"))).what == kind::refused);
    CHECK(judge(of_unknown_size, head(416)).what == kind::refused);
    CHECK(judge(by_etag, head(416, field("Content-Range", "bytes */40"))).what == kind::refused);
}
