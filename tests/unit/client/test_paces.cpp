// How fast requests may go, and bodies must come: arithmetic on a hand-set clock.
#include "client/response/body_pace.hpp"
#include "client/session/rate_limiter.hpp"

#include <doctest/doctest.h>

using namespace skein;
using namespace skein::client;
using namespace std::chrono_literals;

namespace {

const clock::time_point start = clock::time_point() + 1h;

}  // namespace

TEST_CASE("requests follow each other at the rate, after a burst") {
    rate_limit limit;
    limit.per_second = 2;
    limit.burst = 3;
    request_bucket bucket(limit);
    for (int i = 0; i < 3; ++i) {
        CHECK(bucket.free_at() <= start);
        bucket.take(start);
    }
    for (int i = 1; i <= 4; ++i) {
        const auto next = start + i * 500ms;
        CHECK(bucket.free_at() == next);
        bucket.take(next);
    }
    CHECK_FALSE(bucket.is_full(start + 3s));
    CHECK(bucket.is_full(start + 4s));
}

TEST_CASE("a blocked bucket is free at that time, and then one request at a time") {
    rate_limit limit;
    limit.per_second = 10;
    limit.burst = 5;
    request_bucket bucket(limit);
    bucket.block(start + 1s);
    CHECK(bucket.free_at() == start + 1s);
    bucket.block(start + 500ms);  // a shorter one changes nothing
    CHECK(bucket.free_at() == start + 1s);
    bucket.take(start + 1s);
    CHECK(bucket.free_at() == start + 1100ms);
}

TEST_CASE("a bucket without a rate only knows when it is blocked") {
    request_bucket bucket{rate_limit{}};
    for (int i = 0; i < 1000; ++i) bucket.take(start);
    CHECK(bucket.free_at() <= start);
    bucket.block(start + 1s);
    CHECK(bucket.free_at() == start + 1s);
    bucket.take(start + 1s);
    CHECK(bucket.free_at() == start + 1s);
}

TEST_CASE("a body keeps up as long as each window brings enough") {
    const rate_floor floor(100, 10s);
    body_pace pace;
    CHECK(pace.window_end(floor, start) == start + 10s);
    CHECK(pace.keeps_up(floor, 6s, 0));  // the window is not over
    CHECK(pace.window_end(floor, start) == start + 4s);
    CHECK(pace.keeps_up(floor, 4s, 1000));
    CHECK(pace.window_end(floor, start) == start + 10s);
    CHECK_FALSE(pace.keeps_up(floor, 10s, 1999));
    pace.restart();
    CHECK(pace.keeps_up(floor, 10s, 1000));
    CHECK_FALSE(pace.keeps_up(floor, 20s, 2999));  // held up: the time counts as it was
}

TEST_CASE("no floor is none") {
    body_pace pace;
    for (const rate_floor& floor : {rate_floor(), rate_floor(std::nullopt), rate_floor(0)}) {
        CHECK(pace.window_end(floor, start) == clock::time_point::max());
        CHECK(pace.keeps_up(floor, 24h, 0));
    }
    CHECK(rate_floor(std::nullopt).is_set());
    CHECK_FALSE(rate_floor().is_set());
    CHECK(rate_floor().or_else(rate_floor(7)).bytes_per_second() == 7);
    CHECK_FALSE(rate_floor(std::nullopt).or_else(rate_floor(7)).is_limited());
}
