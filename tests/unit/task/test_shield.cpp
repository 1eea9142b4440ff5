// shield and with_cleanup: what a cancellation does not cut short.
#include "tasks.hpp"
#include "virtual_loop.hpp"

#include <skein/future.hpp>
#include <skein/shield.hpp>
#include <skein/sleep.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

using namespace std::chrono_literals;
using skein::cancelled_error;
using skein::create_task;
using skein::shield;
using skein::task;
using skein::with_cleanup;
using skein::tests::after;
using skein::tests::fail_after;
using skein::tests::run_virtual;
using skein::tests::virtual_loop;

TEST_CASE("shield(task) runs to its end; the cancel is seen at the next wait") {
    run_virtual([&]() -> task<> {
        int value = 0;
        bool next_wait = false;
        const auto body = [&]() -> task<> {
            value = co_await shield(after(5s, 3));
            next_wait = true;
            co_await skein::sleep(1h);
        };
        auto work = create_task(body());
        co_await skein::sleep(1s);
        work.cancel();
        CHECK_THROWS_AS(co_await work, cancelled_error);
        CHECK(value == 3);
        CHECK(next_wait);
        CHECK(virtual_loop::elapsed() == 5s);
    });
}

TEST_CASE("shield(task) works in a task that is cancelled already") {
    run_virtual([&]() -> task<> {
        int value = 0;
        const auto body = [&]() -> task<> {
            try {
                co_await skein::sleep(1h);
            } catch (const cancelled_error&) {}
            value = co_await shield(after(5s, 4));
        };
        auto work = create_task(body());
        co_await skein::yield();
        work.cancel();
        co_await work;  // it ended without another wait: the value stands
        CHECK(value == 4);
    });
}

TEST_CASE("shield gives what it shields gives: a value, an error") {
    run_virtual([&]() -> task<> {
        CHECK(co_await shield(after(1s, 2)) == 2);
        CHECK_THROWS_WITH(co_await shield(fail_after(0s, "no")), "no");
        co_await shield(skein::sleep(1s));
    });
}

TEST_CASE("with_cleanup cleans up after a value, an error, and a cancel; the clean-up may wait") {
    run_virtual([&]() -> task<> {
        int cleanups = 0;
        const auto clean_up = [&]() -> task<> {
            co_await skein::sleep(1s);
            ++cleanups;
        };
        const auto value = []() -> task<int> { return after(1s, 9); };
        CHECK(co_await with_cleanup(value, clean_up) == 9);
        CHECK(cleanups == 1);

        const auto error = []() -> task<> { return fail_after(0s, "body"); };
        CHECK_THROWS_WITH(co_await with_cleanup(error, clean_up), "body");
        CHECK(cleanups == 2);

        const auto waits = []() -> task<> { co_await skein::sleep(1h); };
        auto work = create_task(with_cleanup(waits, clean_up));
        co_await skein::sleep(1s);
        work.cancel();
        CHECK_THROWS_AS(co_await work, cancelled_error);
        CHECK(cleanups == 3);
        CHECK(virtual_loop::elapsed() == 5s);
    });
}

TEST_CASE("with_cleanup cleans up if the body throws before it gives a task") {
    run_virtual([&]() -> task<> {
        bool cleaned = false;
        const auto body = []() -> task<> { throw std::runtime_error("before"); };
        const auto clean_up = [&]() -> task<> {
            cleaned = true;
            co_return;
        };
        CHECK_THROWS_WITH(co_await with_cleanup(body, clean_up), "before");
        CHECK(cleaned);
    });
}

TEST_CASE("an error of the clean-up replaces one of the body, which is reported") {
    virtual_loop loop;
    loop.run([]() -> task<> {
        const auto body = []() -> task<> { return fail_after(0s, "body"); };
        const auto clean_up = []() -> task<> { return fail_after(0s, "clean-up"); };
        CHECK_THROWS_WITH(co_await with_cleanup(body, clean_up), "clean-up");
        const auto good = []() -> task<> { co_return; };
        CHECK_THROWS_WITH(co_await with_cleanup(good, clean_up), "clean-up");
    }());
    REQUIRE(loop.reports().size() == 1);
    CHECK(loop.reports()[0] == "exception of a with_cleanup() body whose clean-up failed too");
}
