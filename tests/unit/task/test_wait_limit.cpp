// A time limit on a stretch of a job: what it interrupts, and what it leaves alone.
#include "task/wait_limit.hpp"
#include "virtual_loop.hpp"

#include <skein/gather.hpp>
#include <skein/sleep.hpp>

#include <doctest/doctest.h>

#include <chrono>

using namespace std::chrono_literals;
using skein::tests::run_virtual;

namespace {

skein::clock::time_point from_now(skein::clock::duration d) {
    return skein::detail::this_kernel.scheduler->now() + d;
}

template <class A>
skein::task<bool> stopped(A waited) {
    try {
        co_await std::move(waited);
    } catch (const skein::cancelled_error&) {
        co_return true;
    }
    co_return false;
}

}  // namespace

TEST_CASE("a limit ends the present wait and each later one, until it is left") {
    run_virtual([&]() -> skein::task<> {
        {
            skein::detail::wait_limit limit(from_now(1s));
            CHECK(co_await stopped(skein::sleep(1h)));
            CHECK(limit.expired());
            CHECK(co_await stopped(skein::yield()));
            CHECK(co_await stopped(skein::gather(skein::sleep(1h), skein::sleep(2h))));
        }
        CHECK_FALSE(co_await stopped(skein::sleep(1s)));
    });
}

TEST_CASE("a limit that is not reached leaves no trace") {
    run_virtual([&]() -> skein::task<> {
        {
            skein::detail::wait_limit limit(from_now(2s));
            CHECK_FALSE(co_await stopped(skein::sleep(1s)));
            CHECK_FALSE(limit.expired());
        }
        CHECK_FALSE(co_await stopped(skein::sleep(1h)));
    });
}
