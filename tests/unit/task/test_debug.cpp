// What is reported when something goes wrong that nobody can be told of, and how misuse shows itself.
#include "virtual_loop.hpp"

#include <skein/error.hpp>
#include <skein/future.hpp>
#include <skein/gather.hpp>
#include <skein/shield.hpp>
#include <skein/sleep.hpp>
#include <skein/task_group.hpp>
#include <skein/this_task.hpp>
#include <skein/timeout.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using skein::create_task;
using skein::task;
using skein::tests::virtual_loop;

namespace {

task<> forgotten() {
    co_return;
}
task<> takes(task<> inner) {
    co_await std::move(inner);
}
task<> fails(const char* what, skein::clock::duration after = 0s) {
    co_await skein::sleep(after);
    throw std::runtime_error(what);
}
task<> fails_late(const char* what) {
    try {
        co_await skein::sleep(1h);
    } catch (const skein::cancelled_error&) {
        throw std::runtime_error(what);
    }
}

/// What is reported, context and error, while `body` runs as the main task.
template <class Body>
std::vector<std::string> reports_of(bool debug, Body body) {
    std::vector<std::string> reports;
    virtual_loop loop;
    loop.scheduler().set_debug(debug);
    loop.scheduler().set_exception_handler([&](std::string_view context, std::exception_ptr error) {
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& e) {
            reports.push_back(std::string(context) + ": " + e.what());
        } catch (const skein::cancelled_error&) {
            reports.push_back(std::string(context) + ": cancelled");
        }
    });
    loop.run(body());
    return reports;
}

bool contains(const std::string& text, const char* part) {
    return text.find(part) != text.npos;
}

template <class Fn>
std::string message_of(Fn misuse) {
    try {
        misuse();
    } catch (const std::logic_error& error) {
        return error.what();
    }
    return "no std::logic_error";
}

}  // namespace

TEST_CASE("in debug mode a task that is dropped unawaited is reported once, with its function and line") {
    const auto body = []() -> task<> {
        {
            auto dropped = forgotten();
            auto assigned = forgotten();
            assigned = task<>();
        }
        co_await forgotten();
        create_task(forgotten());
    };
    const auto reports = reports_of(true, body);
    REQUIRE(reports.size() == 2);
    for (const auto& report : reports) {
        CHECK(contains(report, "never ran"));
        CHECK(contains(report, "forgotten (test_debug.cpp:"));
    }
    CHECK(reports_of(false, body).empty());
}

TEST_CASE("of tasks inside a task that is dropped, only the outer one is reported") {
    const auto reports = reports_of(true, []() -> task<> {
        { auto dropped = takes(takes(forgotten())); }
        co_return;
    });
    REQUIRE(reports.size() == 1);
    CHECK(contains(reports[0], "takes (test_debug.cpp:"));
}

TEST_CASE("tasks that the library, an exception or a cancellation drops are not reported") {
    const auto reports = reports_of(true, []() -> task<> {
        // gather's rest that never started
        std::vector<task<>> work;
        work.push_back(fails("first"));
        for (int i = 0; i < 5; ++i) work.push_back(forgotten());
        CHECK_THROWS(co_await skein::gather(std::move(work), 1));
        // cancelled before they began, with tasks among their arguments
        create_task(takes(takes(forgotten()))).cancel();
        CHECK_THROWS(co_await skein::wait_for(takes(forgotten()), 0s));
        // unwound
        const auto throws = []() -> task<> {
            auto not_reached = forgotten();
            throw std::runtime_error("before the await");
            co_await std::move(not_reached);
        };
        CHECK_THROWS(co_await throws());
        const auto cancelled = [](task<> inner) -> task<> {
            co_await skein::sleep(1h);
            co_await std::move(inner);
        };
        auto job = create_task(cancelled(forgotten()));
        co_await skein::yield();
        job.cancel();
        CHECK_THROWS_AS(co_await job, skein::cancelled_error);
    });
    for (const auto& report : reports) MESSAGE(report);
    CHECK(reports.empty());
}

TEST_CASE("every exception that nobody gets is reported once, and says whose it was") {
    const auto in_gather = reports_of(false, []() -> task<> {
        CHECK_THROWS_WITH(co_await skein::gather(fails("first"), fails_late("second")), "first");
    });
    REQUIRE(in_gather.size() == 1);
    CHECK(contains(in_gather[0], "gather() after another one failed"));
    CHECK(contains(in_gather[0], "fails_late (test_debug.cpp:"));
    CHECK(contains(in_gather[0], "second"));

    const auto in_cleanup = reports_of(false, []() -> task<> {
        const auto body = [] { return fails("body"); };
        const auto cleanup = [] { return fails("clean-up"); };
        const auto work = [&]() -> task<> {
            CHECK_THROWS_WITH(co_await skein::with_cleanup(body, cleanup), "clean-up");
        };
        co_await create_task(work(), "worker");
    });
    REQUIRE(in_cleanup.size() == 1);
    CHECK(contains(in_cleanup[0], "task \"worker\""));
    CHECK(contains(in_cleanup[0], "body"));

    const auto dropped = reports_of(false, []() -> task<> {
        create_task(fails("of a task"), "lost");
        {
            skein::promise<int> promise;
            promise.set_exception(std::make_exception_ptr(std::runtime_error("of a promise")));
        }
        co_await skein::sleep(1s);
    });
    REQUIRE(dropped.size() == 2);
    CHECK(contains(dropped[0], "of a promise"));
    CHECK(contains(dropped[1], "task that nobody awaited (lost), created at"));

    // A group's errors are thrown all together, a broken promise was nobody's error, and retrieved is
    // retrieved.
    CHECK(reports_of(false, []() -> task<> {
              const auto group = [](skein::task_group& g) -> task<> {
                  g.create_task(fails("one"));
                  g.create_task(fails_late("two"));
                  co_return;
              };
              CHECK_THROWS(co_await skein::with_task_group(group));
              skein::promise<int>().get_future();
              auto looked_at = create_task(fails("seen"));
              co_await skein::sleep(1s);
              CHECK(looked_at.exception() != nullptr);
          }).empty());
}

TEST_CASE("callbacks that throw are reported, cancellation too, and the others are still called") {
    int called = 0;
    const auto reports = reports_of(false, [&]() -> task<> {
        auto done = create_task(forgotten());
        done.add_done_callback([] { throw std::runtime_error("callback"); });
        done.add_done_callback([] { throw skein::cancelled_error(); });
        done.add_done_callback([&] { ++called; });
        co_await skein::sleep(1s);
    });
    REQUIRE(reports.size() == 2);
    CHECK(reports[0] == "exception in a done callback: callback");
    CHECK(reports[1] == "exception in a done callback: cancelled");
    CHECK(called == 1);
}

TEST_CASE("what is reported inside the exception handler, or thrown by it, does not come back to it") {
    virtual_loop loop;
    int calls = 0;
    loop.scheduler().set_exception_handler([&](std::string_view, std::exception_ptr error) {
        ++calls;
        // Drops another exception that nobody has seen; then fails itself.
        skein::promise<> promise;
        promise.set_exception(error);
        { const auto dropped = std::move(promise); }
        std::rethrow_exception(error);
    });
    const auto body = []() -> task<> {
        create_task(fails("expected on standard error"));
        co_await skein::sleep(1s);
        create_task(fails("again, expected on standard error"));
        co_await skein::sleep(1s);
    };
    loop.run(body());
    CHECK(calls == 2);
}

TEST_CASE("a pending future or promise of a loop refuses another thread, with or without a loop there") {
    virtual_loop loop;
    const auto body = []() -> task<> {
        skein::promise<int> promise;
        auto future = promise.get_future();
        auto job = create_task(skein::sleep(1s), "job");
        std::string set, fail, cancel, cancel_job, callback, loop_set, await;
        std::thread([&] {
            set = message_of([&] { promise.set_value(1); });
            fail = message_of([&] { promise.set_exception(nullptr); });
            cancel = message_of([&] { future.cancel(); });
            cancel_job = message_of([&] { job.cancel(); });
            callback = message_of([&] { job.add_done_callback([] {}); });
            virtual_loop other;
            const auto inside = [&]() -> task<> {
                loop_set = message_of([&] { promise.set_value(1); });
                try {
                    co_await future;
                } catch (const std::logic_error& error) {
                    await = error.what();
                }
            };
            other.run(inside());
        }).join();
        for (const auto& message : {set, fail, cancel, cancel_job, callback, loop_set, await})
            CHECK(contains(message, "outside the thread of its loop"));
        CHECK(contains(set, "promise::set_value()"));
        CHECK(contains(cancel, "future::cancel()"));
        CHECK(contains(await, "co_await of a future"));
        // None of that has changed anything.
        CHECK_FALSE(future.done());
        CHECK(promise.set_value(3));
        CHECK(co_await future == 3);
        co_await job;
    };
    loop.run(body());
    CHECK(loop.reports().empty());
}

TEST_CASE(
    "a promise made outside a loop belongs to the first loop that awaits it; after that loop, to its "
    "thread") {
    skein::promise<int> promise;
    auto future = promise.get_future();
    {
        virtual_loop loop;
        const auto body = [&]() -> task<> {
            auto waiting = create_task(skein::wait_for(skein::shield(future), 1s));
            CHECK_THROWS_AS(co_await waiting, skein::timeout_error);
        };
        loop.run(body());
    }
    std::thread([&] {
        CHECK(contains(message_of([&] { promise.set_value(1); }), "outside the thread"));
    }).join();
    CHECK(promise.set_value(2));
    CHECK(future.result() == 2);
}

TEST_CASE("a promise that is dropped in another thread wakes nobody there") {
    virtual_loop loop;
    bool woken = false;
    const auto waits = [&](skein::future<int> future) -> task<> {
        try {
            (void)co_await future;
        } catch (const skein::cancelled_error&) {
            woken = true;
        }
    };
    const auto body = [&]() -> task<> {
        std::optional<skein::promise<int>> promise(std::in_place);
        auto future = promise->get_future();
        auto waiter = create_task(waits(future));
        co_await skein::yield();
        std::thread([&] { promise.reset(); }).join();
        co_await skein::sleep(1s);
        CHECK_FALSE(woken);
        waiter.cancel();
        co_await skein::sleep(1s);
        CHECK(woken);
    };
    loop.run(body());
}

TEST_CASE("what needs a loop says so where none runs, and where it has ended") {
    const auto create = [] { create_task(forgotten()); };
    CHECK(contains(message_of(create), "create_task() needs a running loop"));
    std::optional<skein::future<>> kept;
    {
        virtual_loop loop;
        const auto body = [&]() -> task<> {
            kept = create_task(forgotten());
            co_await *kept;
        };
        loop.run(body());
    }
    CHECK(contains(message_of(create), "create_task() needs a running loop"));
    CHECK(contains(message_of([&] { kept->add_done_callback([] {}); }),
                   "add_done_callback() needs a running loop"));
    CHECK(kept->done());
    CHECK_FALSE(kept->cancel());
    kept->result();
}
