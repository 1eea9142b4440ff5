// Cancellation: level-triggered, and never lost.
#include "virtual_loop.hpp"

#include <skein/cancelled_error.hpp>
#include <skein/future.hpp>
#include <skein/gather.hpp>
#include <skein/sleep.hpp>
#include <skein/timeout.hpp>

#include <doctest/doctest.h>

#include <exception>
#include <memory>
#include <type_traits>

using namespace std::chrono_literals;
using skein::cancelled_error;
using skein::create_task;
using skein::task;
using skein::tests::run_virtual;
using skein::tests::virtual_loop;

static_assert(!std::is_base_of_v<std::exception, cancelled_error>);

namespace {

task<> wait_deep_down(int depth) {
    if (depth == 0)
        co_await skein::sleep(1h);
    else
        co_await wait_deep_down(depth - 1);
}

task<> nested_limits(int depth) {
    if (depth == 0)
        co_await skein::sleep(1h);
    else
        co_await skein::wait_for(nested_limits(depth - 1), 1h);
}

}  // namespace

TEST_CASE("three catch(...) in a row do not swallow a cancel: every later wait throws") {
    run_virtual([&]() -> task<> {
        int caught = 0;
        const auto stubborn = [&]() -> task<> {
            for (int i = 0; i < 3; ++i) {
                try {
                    co_await skein::sleep(1h);
                } catch (...) {
                    ++caught;
                }
            }
            co_await skein::yield();
        };
        auto work = create_task(stubborn());
        co_await skein::yield();
        work.cancel();
        CHECK_THROWS_AS(co_await work, cancelled_error);
        CHECK(caught == 3);
        CHECK(virtual_loop::elapsed() == 0s);
    });
}

TEST_CASE("catch (const std::exception&) does not catch a cancel") {
    run_virtual([&]() -> task<> {
        bool caught = false;
        const auto retries = [&]() -> task<> {
            for (;;) {
                try {
                    co_await skein::sleep(1h);
                } catch (const std::exception&) {
                    caught = true;
                }
            }
        };
        auto work = create_task(retries());
        co_await skein::yield();
        work.cancel();
        CHECK_THROWS_AS(co_await work, cancelled_error);
        CHECK_FALSE(caught);
    });
}

TEST_CASE("a task that is cancelled before it began never begins, and drops its arguments") {
    run_virtual([&]() -> task<> {
        bool began = false;
        auto argument = std::make_shared<int>(1);
        const std::weak_ptr<int> watch = argument;
        const auto body = [&](std::shared_ptr<int>) -> task<> {
            began = true;
            co_return;
        };
        auto work = create_task(body(std::move(argument)));
        CHECK(work.cancel());
        CHECK_THROWS_AS(co_await work, cancelled_error);
        CHECK_FALSE(began);
        CHECK(watch.expired());
    });
}

TEST_CASE("a cancelled task throws at every kind of wait") {
    run_virtual([&]() -> task<> {
        skein::promise<int> source;
        auto done = source.get_future();
        source.set_value(1);
        const auto body = [&]() -> task<> {
            CHECK_THROWS_AS(co_await skein::sleep(1h), cancelled_error);
            CHECK_THROWS_AS(co_await skein::sleep(0s), cancelled_error);
            CHECK_THROWS_AS(co_await skein::sleep_until(skein::clock::time_point()), cancelled_error);
            CHECK_THROWS_AS(co_await skein::yield(), cancelled_error);
            CHECK_THROWS_AS(co_await done, cancelled_error);
            CHECK_THROWS_AS(co_await skein::gather(skein::sleep(1s)), cancelled_error);
            CHECK_THROWS_AS(co_await skein::wait_for(skein::sleep(1s), 2s), cancelled_error);
        };
        auto work = create_task(body());
        co_await skein::yield();
        auto again = create_task(body());
        again.cancel();
        work.cancel();
        co_await work;  // swallowed all: that is its right, if it waits no more
        CHECK(virtual_loop::elapsed() == 0s);
        CHECK_THROWS_AS(co_await again, cancelled_error);
    });
}

TEST_CASE("a task can cancel itself; it ends at its next wait") {
    run_virtual([&]() -> task<> {
        skein::future<> self;
        bool went_on = false;
        const auto body = [&]() -> task<> {
            CHECK(self.cancel());
            went_on = true;
            co_await skein::yield();
        };
        self = create_task(body());
        auto waited = self;
        CHECK_THROWS_AS(co_await waited, cancelled_error);
        CHECK(went_on);
    });
}

TEST_CASE("a cancel unwinds ten thousand frames, each of them orderly") {
    run_virtual([&]() -> task<> {
        auto work = create_task(wait_deep_down(10'000));
        co_await skein::yield();
        work.cancel();
        CHECK_THROWS_AS(co_await work, cancelled_error);
    });
}

TEST_CASE("a cancel passes through a thousand scopes, one inside the other") {
    run_virtual([&]() -> task<> {
        auto work = create_task(nested_limits(1'000));
        co_await skein::sleep(1s);
        work.cancel();
        CHECK_THROWS_AS(co_await work, cancelled_error);
        CHECK(virtual_loop::elapsed() == 1s);
    });
}
