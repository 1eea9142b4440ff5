// wait_for and with_timeout.
#include "tasks.hpp"
#include "virtual_loop.hpp"

#include <skein/error.hpp>
#include <skein/future.hpp>
#include <skein/shield.hpp>
#include <skein/sleep.hpp>
#include <skein/timeout.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
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
using skein::tests::fail_when_cancelled;
using skein::tests::run_virtual;
using skein::tests::value_when_cancelled;
using skein::tests::virtual_loop;

namespace {

task<int> begins(bool& began) {
    began = true;
    co_return 1;
}

task<> slow_to_end() {
    const auto body = []() -> task<> { co_await skein::sleep(1h); };
    const auto clean_up = []() -> task<> { co_await skein::sleep(10s); };
    co_await skein::with_cleanup(body, clean_up);
}

}  // namespace

TEST_CASE("wait_for gives the value if there is time") {
    run_virtual([&]() -> task<> {
        CHECK(co_await wait_for(after(1s, 3), 2s) == 3);
        CHECK(virtual_loop::elapsed() == 1s);
        const auto unique = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(4); };
        CHECK(*co_await wait_for(unique(), 1s) == 4);
    });
}

TEST_CASE("wait_for throws timeout_error when the time is over, and says how long it was") {
    run_virtual([&]() -> task<> {
        try {
            co_await wait_for(after(1h, 3), 1500ms);
            FAIL("no timeout");
        } catch (const timeout_error& error) {
            CHECK(error.limit() == 1500ms);
            CHECK(error.phase() == skein::phase::none);
            CHECK(std::string(error.what()) == "timed out after 1.5 s");
        }
        CHECK(virtual_loop::elapsed() == 1500ms);
        co_await skein::sleep(1s);  // this task is not cancelled
    });
}

TEST_CASE("timeout_error comes only after the inner task has ended") {
    run_virtual([&]() -> task<> {
        CHECK_THROWS_AS(co_await wait_for(slow_to_end(), 1s), timeout_error);
        CHECK(virtual_loop::elapsed() == 11s);
    });
}

TEST_CASE("with a limit of zero or less the task never begins") {
    for (const auto limit : {0ms, -1ms, std::chrono::milliseconds::min()}) {
        bool began = false;
        run_virtual([&]() -> task<> {
            CHECK_THROWS_AS(co_await wait_for(begins(began), limit), timeout_error);
            const auto body = [&]() -> task<int> { return begins(began); };
            CHECK_THROWS_AS(co_await with_timeout(limit, body), timeout_error);
        });
        CHECK_FALSE(began);
    }
}

TEST_CASE("with a limit of zero a future gives what it has, or is cancelled") {
    run_virtual([&]() -> task<> {
        auto done = create_task(after(0s, 1));
        auto running = create_task(slow_to_end());
        co_await skein::sleep(1s);
        CHECK(co_await wait_for(done, 0s) == 1);
        CHECK_THROWS_AS(co_await wait_for(running, 0s), timeout_error);
        CHECK(running.cancelled());
        CHECK(virtual_loop::elapsed() == 11s);
        CHECK_THROWS_AS(co_await wait_for(running, 0s),
                        cancelled_error);  // ended before, by another's cancel
    });
}

TEST_CASE("a timeout on a future cancels what it stands for; shield keeps that going") {
    run_virtual([&]() -> task<> {
        auto work = create_task(after(10s, 3));
        CHECK_THROWS_AS(co_await wait_for(skein::shield(work), 1s), timeout_error);
        CHECK_FALSE(work.done());
        CHECK_THROWS_AS(co_await wait_for(work, 1s), timeout_error);
        CHECK(work.cancelled());
    });
}

TEST_CASE("a limit of centuries is no limit") {
    run_virtual([&]() -> task<> { CHECK(co_await wait_for(after(1h, 3), std::chrono::hours::max()) == 3); });
}

TEST_CASE("a value that comes in spite of the timeout is delivered") {
    run_virtual([&]() -> task<> { CHECK(co_await wait_for(value_when_cancelled(5), 1s) == 5); });
}

TEST_CASE("an error of the inner task is thrown, before the timeout and after it") {
    run_virtual([&]() -> task<> {
        const auto fail = []() -> task<> {
            co_await skein::sleep(1s);
            throw std::runtime_error("no");
        };
        CHECK_THROWS_WITH(co_await wait_for(fail(), 2s), "no");
        CHECK_THROWS_WITH(co_await wait_for(fail_when_cancelled("while unwinding"), 1s), "while unwinding");
    });
}

TEST_CASE("nested timeouts: each turns only its own into timeout_error") {
    run_virtual([&]() -> task<> {
        // The inner one is first.
        const auto inner_first = []() -> task<int> {
            CHECK_THROWS_AS(co_await wait_for(after(1h, 1), 1s), timeout_error);
            co_await skein::sleep(1s);
            co_return 6;
        };
        CHECK(co_await wait_for(inner_first(), 10s) == 6);
        // The outer one is first: inside, it is a cancel.
        bool cancelled_inside = false;
        const auto outer_first = [&]() -> task<> {
            try {
                co_await wait_for(after(1h, 1), 10s);
            } catch (const cancelled_error&) {
                cancelled_inside = true;
                throw;
            }
        };
        CHECK_THROWS_AS(co_await wait_for(outer_first(), 1s), timeout_error);
        CHECK(cancelled_inside);
    });
}

TEST_CASE("nested timeouts of the same moment: the outer one wins") {
    run_virtual([&]() -> task<> {
        bool inner_timed_out = false;
        const auto inner = [&]() -> task<> {
            try {
                co_await wait_for(after(1h, 1), 1s);
            } catch (const timeout_error&) {
                inner_timed_out = true;
                throw;
            }
        };
        CHECK_THROWS_AS(co_await wait_for(inner(), 1s), timeout_error);
        CHECK_FALSE(inner_timed_out);
    });
}

TEST_CASE("a cancel from outside wins over a timeout that has fired") {
    run_virtual([&]() -> task<> {
        auto work = create_task(wait_for(slow_to_end(), 5s));
        co_await skein::sleep(7s);  // the timeout has fired, the clean-up runs
        work.cancel();
        CHECK_THROWS_AS(co_await work, cancelled_error);
        CHECK(virtual_loop::elapsed() == 15s);
    });
}

TEST_CASE("a cancel from outside cancels the inner task and waits for it") {
    run_virtual([&]() -> task<> {
        auto work = create_task(wait_for(slow_to_end(), 1h));
        co_await skein::sleep(1s);
        work.cancel();
        CHECK_THROWS_AS(co_await work, cancelled_error);
        CHECK(virtual_loop::elapsed() == 11s);
    });
}

TEST_CASE("an inner task that is cancelled from elsewhere has not timed out") {
    run_virtual([&]() -> task<> {
        auto doomed = create_task(after(1h, 1));
        auto waits = create_task(wait_for(doomed, 1s));
        co_await skein::yield();
        co_await skein::yield();
        doomed.cancel();
        CHECK_THROWS_AS(co_await waits, cancelled_error);
    });
}

TEST_CASE("with_timeout moves its deadline") {
    run_virtual([&]() -> task<> {
        const auto body = [](timeout_scope& scope) -> task<int> {
            for (int i = 0; i < 5; ++i) {
                co_await skein::sleep(900ms);
                scope.reschedule(scope.when() + 900ms);
            }
            CHECK_FALSE(scope.expired());
            co_return 7;
        };
        CHECK(co_await with_timeout(1s, body) == 7);
        const auto shortened = [](timeout_scope& scope) -> task<> {
            scope.reschedule(skein::clock::time_point());
            co_await skein::sleep(1h);
        };
        CHECK_THROWS_AS(co_await with_timeout(1h, shortened), timeout_error);
        CHECK(virtual_loop::elapsed() == 4500ms);
    });
}

TEST_CASE("with_timeout without a deadline any more") {
    run_virtual([&]() -> task<> {
        const auto body = [](timeout_scope& scope) -> task<int> {
            scope.cancel_deadline();
            CHECK(scope.when() == skein::clock::time_point::max());
            co_await skein::sleep(1h);
            co_return 8;
        };
        CHECK(co_await with_timeout(1s, body) == 8);
    });
}

TEST_CASE("a body sees that its time is over; rescheduling is too late then") {
    run_virtual([&]() -> task<> {
        bool saw = false;
        const auto body = [&](timeout_scope& scope) -> task<> {
            try {
                co_await skein::sleep(1h);
            } catch (const cancelled_error&) {
                saw = scope.expired();
                scope.reschedule(skein::clock::time_point::max());
                throw;
            }
        };
        CHECK_THROWS_AS(co_await with_timeout(1s, body), timeout_error);
        CHECK(saw);
    });
}

TEST_CASE("with_timeout keeps the callable and its arguments") {
    run_virtual([&]() -> task<> {
        auto text = std::make_unique<std::string>("kept");
        const auto body = [](std::unique_ptr<std::string> mine) -> task<std::string> {
            co_await skein::sleep(1s);
            co_return *mine;
        };
        CHECK(co_await with_timeout(2s, body, std::move(text)) == "kept");
        auto with_scope = [](timeout_scope&, int n) -> task<int> { co_return n; };
        CHECK(co_await with_timeout(2s, with_scope, 3) == 3);
    });
}

TEST_CASE("a body that throws before it gives a task") {
    run_virtual([&]() -> task<> {
        const auto body = []() -> task<> { throw std::runtime_error("before"); };
        CHECK_THROWS_WITH(co_await with_timeout(2s, body), "before");
    });
}
