// Time limits: as points in time, and who is first where several things happen at once.
#include "tasks.hpp"
#include "virtual_loop.hpp"

#include <skein/error.hpp>
#include <skein/future.hpp>
#include <skein/shield.hpp>
#include <skein/sleep.hpp>
#include <skein/timeout.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace std::chrono_literals;
using skein::cancelled_error;
using skein::create_task;
using skein::task;
using skein::timeout_error;
using skein::timeout_scope;
using skein::wait_for;
using skein::with_timeout;
using skein::tests::after;
using skein::tests::begins;
using skein::tests::run_virtual;
using skein::tests::virtual_loop;

// ---- deadlines

TEST_CASE("wait_for and with_timeout take a point in time") {
    run_virtual([&]() -> task<> {
        co_await skein::sleep(10s);
        const auto now = skein::detail::this_kernel.scheduler->now();
        CHECK(co_await wait_for(after(1s, 3), now + 2s) == 3);
        CHECK(virtual_loop::elapsed() == 11s);
        try {
            co_await wait_for(after(1h, 3), now + 5s);
            FAIL("no timeout");
        } catch (const timeout_error& error) {
            CHECK(error.limit() == 4s);
            CHECK(std::string(error.what()) == "timed out after 4 s");
        }
        CHECK(virtual_loop::elapsed() == 15s);
        const auto body = [&](timeout_scope& scope) -> task<> {
            CHECK(scope.when() == now + 10s);
            co_await skein::sleep(1h);
        };
        CHECK_THROWS_AS(co_await with_timeout(now + 10s, body), timeout_error);
        CHECK(virtual_loop::elapsed() == 20s);
    });
}

TEST_CASE("a deadline in the past is a limit of zero: the task never begins, a future gives what it has") {
    run_virtual([&]() -> task<> {
        co_await skein::sleep(10s);
        const auto now = skein::detail::this_kernel.scheduler->now();
        auto done = create_task(after(0s, 1));
        auto running = create_task(after(1h, 2));
        co_await skein::yield();
        co_await skein::yield();
        for (const auto when : {now, now - 1s, skein::clock::time_point(), skein::clock::time_point::min()}) {
            bool began = false;
            const auto body = [&]() -> task<int> { return begins(began); };
            CHECK_THROWS_AS(co_await wait_for(begins(began), when), timeout_error);
            CHECK_THROWS_WITH_AS(co_await with_timeout(when, body), "timed out after 0 s", timeout_error);
            CHECK_FALSE(began);
            CHECK(co_await wait_for(done, when) == 1);
        }
        CHECK_THROWS_AS(co_await wait_for(running, now), timeout_error);
        CHECK(running.cancelled());
    });
}

TEST_CASE("clock::time_point::max() is no deadline, until the body sets one") {
    run_virtual([&]() -> task<> {
        constexpr auto never = skein::clock::time_point::max();
        CHECK(co_await wait_for(after(1h, 3), never) == 3);
        auto work = create_task(after(1h, 4));
        CHECK(co_await wait_for(work, never) == 4);
        const auto body = [&](timeout_scope& scope) -> task<> {
            CHECK(scope.when() == never);
            CHECK(skein::detail::this_kernel.scheduler->deadlines().empty());
            co_await skein::sleep(1s);
            scope.reschedule(skein::detail::this_kernel.scheduler->now() + 1s);
            scope.reschedule(never);
            CHECK(skein::detail::this_kernel.scheduler->deadlines().empty());
            scope.reschedule(skein::detail::this_kernel.scheduler->now() + 2s);
            co_await skein::sleep(1h);
        };
        CHECK_THROWS_WITH_AS(co_await with_timeout(never, body), "timed out after 3 s", timeout_error);
        CHECK(virtual_loop::elapsed() == 2h + 3s);
    });
}

// ---- who was first

TEST_CASE("a body that has what it waited for in the turn in which its time is over has made it") {
    run_virtual([&]() -> task<> {
        timeout_scope* limit = nullptr;
        const auto body = [&](timeout_scope& scope) -> task<int> {
            limit = &scope;
            co_await skein::sleep(1s);
            CHECK(scope.expired());
            co_return 7;
        };
        const auto same_moment = [&]() -> task<> {
            limit->reschedule(skein::detail::this_kernel.scheduler->now() + 1s);
            co_return;
        };
        auto work = create_task(with_timeout(1h, body));
        co_await skein::yield();
        co_await skein::yield();
        co_await create_task(same_moment());
        CHECK(co_await work == 7);
        CHECK(virtual_loop::elapsed() == 1s);
    });
}

TEST_CASE("rescheduled into the past, the time is over at the next turn, not at once") {
    run_virtual([&]() -> task<> {
        std::string order;
        const auto body = [&](timeout_scope& scope) -> task<> {
            scope.reschedule(skein::detail::this_kernel.scheduler->now() - 1s);
            CHECK_FALSE(scope.expired());
            order += 'a';
            co_await skein::yield();  // in the same turn
            order += 'b';
            co_await skein::sleep(1h);
        };
        CHECK_THROWS_AS(co_await with_timeout(1h, body), timeout_error);
        CHECK(order == "ab");
        CHECK(virtual_loop::elapsed() == 0s);
    });
}

TEST_CASE("inner and outer time over in one turn, the inner one first: the outer one wins") {
    run_virtual([&]() -> task<> {
        bool inner_timed_out = false;
        const auto outer_body = [&](timeout_scope& outer) -> task<> {
            const auto inner_body = [&](timeout_scope& inner) -> task<> {
                const auto now = skein::detail::this_kernel.scheduler->now();
                inner.reschedule(now - 2s);
                outer.reschedule(now - 1s);
                co_await skein::sleep(1h);
            };
            try {
                co_await with_timeout(1h, inner_body);
            } catch (const timeout_error&) {
                inner_timed_out = true;
            }
        };
        CHECK_THROWS_AS(co_await with_timeout(1h, outer_body), timeout_error);
        CHECK_FALSE(inner_timed_out);
    });
}

TEST_CASE("a thousand nested limits that fire in one turn make one timeout_error, at the outermost") {
    run_virtual([&]() -> task<> {
        int cancels = 0, timeouts = 0;
        struct nest {
            static task<> at(int depth, int& cancels, int& timeouts) {
                if (depth == 0) {
                    co_await skein::sleep(1h);
                    co_return;
                }
                try {
                    co_await wait_for(at(depth - 1, cancels, timeouts), 1s);
                } catch (const cancelled_error&) {
                    ++cancels;
                    throw;
                } catch (const timeout_error&) {
                    ++timeouts;
                    throw;
                }
            }
        };
        CHECK_THROWS_AS(co_await nest::at(1000, cancels, timeouts), timeout_error);
        CHECK(timeouts == 1);
        CHECK(cancels == 999);
        CHECK(virtual_loop::elapsed() == 1s);
    });
}

TEST_CASE("a timeout_error of an inner limit goes through the outer ones as any error") {
    run_virtual([&]() -> task<> {
        const auto inner = []() -> task<> { co_await wait_for(after(1h, 1), 1s); };
        const auto middle = [&]() -> task<> { co_await wait_for(inner(), 2s); };
        CHECK_THROWS_WITH_AS(co_await wait_for(middle(), 3s), "timed out after 1 s", timeout_error);
        CHECK(virtual_loop::elapsed() == 1s);
    });
}

TEST_CASE("a limit that begins in a task that is cancelled already") {
    run_virtual([&]() -> task<> {
        bool began = false;
        const auto late = [&]() -> task<> {
            try {
                co_await skein::sleep(1h);
            } catch (const cancelled_error&) {}
            co_await wait_for(begins(began), 1s);
        };
        auto work = create_task(late());
        co_await skein::yield();
        work.cancel();
        CHECK_THROWS_AS(co_await work, cancelled_error);
        CHECK_FALSE(began);
    });
}

TEST_CASE("clean-up in a body whose time is over has limits of its own") {
    run_virtual([&]() -> task<> {
        std::string order;
        const auto body = []() -> task<> { co_await skein::sleep(1h); };
        const auto clean_up = [&]() -> task<> {
            CHECK_THROWS_AS(co_await wait_for(after(1h, 1), 2s), timeout_error);
            order += 't';
            CHECK(co_await wait_for(after(1s, 1), 2s) == 1);
            order += 'v';
        };
        const auto work = [&]() -> task<> { co_await skein::with_cleanup(body, clean_up); };
        CHECK_THROWS_AS(co_await wait_for(work(), 1s), timeout_error);
        CHECK(order == "tv");
        CHECK(virtual_loop::elapsed() == 4s);
    });
}

TEST_CASE("a hundred limits in turn leave no deadline behind") {
    run_virtual([&]() -> task<> {
        for (int i = 0; i < 100; ++i) {
            CHECK(co_await wait_for(after(1s, i), 2s) == i);
            CHECK_THROWS_AS(co_await wait_for(after(2s, i), 1s), timeout_error);
            CHECK(skein::detail::this_kernel.scheduler->deadlines().empty());
        }
    });
}
