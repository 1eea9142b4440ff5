// Letting time pass, on a clock that jumps.
#include "virtual_loop.hpp"

#include <skein/future.hpp>
#include <skein/gather.hpp>
#include <skein/sleep.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <limits>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using skein::task;
using skein::tests::run_virtual;
using skein::tests::virtual_loop;

namespace {

task<> note(std::string& order, char what) {
    order += what;
    co_return;
}

}  // namespace

TEST_CASE("an hour of sleeps takes an hour of the loop's time") {
    run_virtual([&]() -> task<> {
        for (int i = 0; i < 3600; ++i) co_await skein::sleep(1s);
        CHECK(virtual_loop::elapsed() == 1h);
    });
}

TEST_CASE("a hundred sleeps at once take as long as the longest") {
    run_virtual([&]() -> task<> {
        std::vector<task<>> naps;
        for (int i = 1; i <= 100; ++i) naps.push_back(skein::sleep(std::chrono::milliseconds(i)));
        co_await skein::gather(std::move(naps));
        CHECK(virtual_loop::elapsed() == 100ms);
    });
}

TEST_CASE("a sleep of zero, of less, and until the past give way once") {
    for (const auto delay : {0s, -1s, std::chrono::seconds::min()}) {
        std::string order;
        run_virtual([&]() -> task<> {
            auto other = skein::create_task(note(order, 'o'));
            co_await skein::sleep(delay);
            order += 'm';
            co_await other;
            CHECK(virtual_loop::elapsed() == 0s);
        });
        CHECK(order == "om");
    }
    std::string order;
    run_virtual([&]() -> task<> {
        auto other = skein::create_task(note(order, 'o'));
        co_await skein::sleep_until(skein::clock::time_point());
        order += 'm';
        co_await other;
    });
    CHECK(order == "om");
}

TEST_CASE("sleep_until waits for a point in time") {
    run_virtual([&]() -> task<> {
        auto& scheduler = skein::detail::current_scheduler("test");
        const auto when = scheduler.now() + 5min;
        co_await skein::sleep_until(when);
        CHECK(scheduler.now() == when);
    });
}

TEST_CASE("a sleep counts from the moment of waiting") {
    run_virtual([&]() -> task<> {
        const auto nap = skein::sleep(10s);
        co_await skein::sleep(1s);
        co_await nap;
        CHECK(virtual_loop::elapsed() == 11s);
        co_await nap;  // what sleep() gives can be awaited again
        CHECK(virtual_loop::elapsed() == 21s);
    });
}

TEST_CASE("durations of any unit are never cut short, and never overflow") {
    using skein::detail::saturate;
    using picoseconds = std::chrono::duration<std::int64_t, std::pico>;
    CHECK(saturate(picoseconds(1)) == 1ns);
    CHECK(saturate(std::chrono::duration<double>(1e-10)) == 1ns);
    CHECK(saturate(std::chrono::hours::max()) == 24h * 365 * 100);
    CHECK(saturate(std::chrono::duration<double>(1e300)) == 24h * 365 * 100);
    CHECK(saturate(std::chrono::hours::min()) < 0s);
    CHECK(saturate(std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN())) < 0s);
    CHECK(saturate(1s) == 1s);
}

TEST_CASE("a sleep of centuries can be cancelled") {
    run_virtual([&]() -> task<> {
        auto nap = skein::create_task(skein::sleep(std::chrono::hours::max()));
        co_await skein::sleep(1s);
        CHECK(nap.cancel());
        CHECK_THROWS_AS(co_await nap, skein::cancelled_error);
        CHECK(virtual_loop::elapsed() == 1s);
    });
}

TEST_CASE("sleep and yield are awaitables for everything that takes one") {
    run_virtual([&]() -> task<> {
        co_await skein::gather(skein::sleep(1s), skein::yield(),
                               skein::sleep_until(skein::clock::time_point()));
        co_await skein::create_task(skein::yield());
        CHECK(virtual_loop::elapsed() == 1s);
    });
}
