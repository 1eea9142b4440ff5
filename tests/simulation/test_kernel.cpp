// The helpers of the kernel, with a fault at each of their waits: whatever happens, they return only when
// every child has ended.
#include "sweep.hpp"

#include <chrono>
#include <future>
#include <memory>
#include <vector>

using namespace simulation;
using namespace std::chrono_literals;
using skein::create_task;
using skein::gather;
using skein::payload_error;
using skein::promise;
using skein::settle;
using skein::shield;
using skein::task_group;
using skein::with_cleanup;
using skein::with_task_group;
using skein::with_timeout;

namespace {

/// Counts the coroutines that are at work; checks at its own end that none is.
struct floor_of_workers {
    int busy = 0;
    ~floor_of_workers() { CHECK(busy == 0); }
};

struct at_work {
    explicit at_work(floor_of_workers& where) : floor(where) { ++floor.busy; }
    at_work(const at_work&) = delete;
    at_work& operator=(const at_work&) = delete;
    ~at_work() { --floor.busy; }
    floor_of_workers& floor;
};

task<int> work(floor_of_workers& floor, int seconds) {
    const at_work here(floor);
    co_await skein::yield();
    co_await skein::sleep(std::chrono::seconds(seconds));
    co_return seconds;
}

task<int> fail(floor_of_workers& floor, int seconds) {
    const at_work here(floor);
    co_await skein::sleep(std::chrono::seconds(seconds));
    throw payload_error("on purpose");
}

std::vector<task<int>> workers(floor_of_workers& floor, int count) {
    std::vector<task<int>> all;
    for (int i = 1; i <= count; ++i) all.push_back(work(floor, i));
    return all;
}

}  // namespace

TEST_CASE("gather, of a fixed number and of a list with a limit") {
    sweep("gather", []() -> task<> {
        floor_of_workers floor;
        auto [a, b] = co_await gather(work(floor, 1), work(floor, 2));
        CHECK(a + b == 3);
    });
    sweep("gather with a limit", []() -> task<> {
        floor_of_workers floor;
        const auto all = co_await gather(workers(floor, 5), 2);
        CHECK(all == std::vector<int>{1, 2, 3, 4, 5});
    });
}

TEST_CASE("gather with a child that fails") {
    sweep("failing gather", []() -> task<> {
        floor_of_workers floor;
        try {
            (void)co_await gather(work(floor, 1), fail(floor, 2), work(floor, 3));
            FAIL_CHECK("an error got lost");
        } catch (const payload_error&) {}
        CHECK(floor.busy == 0);
    });
}

TEST_CASE("settle") {
    sweep("settle", []() -> task<> {
        floor_of_workers floor;
        auto all = workers(floor, 3);
        all.push_back(fail(floor, 1));
        const auto outcomes = co_await settle(std::move(all), 2);
        CHECK(outcomes.size() == 4);
    });
}

TEST_CASE("wait_for and with_timeout, in time and too late") {
    sweep("wait_for, in time", []() -> task<> {
        floor_of_workers floor;
        const auto value = co_await skein::wait_for(work(floor, 2), 10s);
        CHECK(value == 2);
    });
    sweep("wait_for, too late", []() -> task<> {
        floor_of_workers floor;
        try {
            (void)co_await skein::wait_for(work(floor, 10), 2s);
            FAIL_CHECK("too late, and nobody said so");
        } catch (const skein::timeout_error&) {}
        CHECK(floor.busy == 0);
    });
    sweep("with_timeout, moved and nested", []() -> task<> {
        floor_of_workers floor;
        const auto body = [&](skein::timeout_scope& limit) -> task<> {
            limit.reschedule(skein::clock::time_point::max());
            (void)co_await skein::wait_for(work(floor, 3), 5s);
            (void)co_await work(floor, 1);
        };
        co_await with_timeout(1s, body);
    });
}

TEST_CASE("shield of a task runs to its end; of a future, the task goes on") {
    sweep("shielded task", []() -> task<> {
        floor_of_workers floor;
        const auto value = co_await shield(work(floor, 2));
        CHECK(value == 2);
    });
    sweep("shielded future", []() -> task<> {
        // Outlives this coroutine: run() ends it.
        const auto background = []() -> task<> {
            co_await skein::sleep(1s);
            co_await skein::sleep(1s);
        };
        auto going = create_task(background());
        co_await shield(going);
    });
}

TEST_CASE("with_cleanup cleans up, once, however the body ends") {
    sweep("with_cleanup", []() -> task<> {
        struct ledger {
            int opened = 0;
            int closed = 0;
            ~ledger() { CHECK(opened == closed); }
        } books;
        floor_of_workers floor;
        const auto body = [&]() -> task<int> {
            ++books.opened;
            (void)co_await work(floor, 1);
            co_return co_await work(floor, 2);
        };
        const auto clean_up = [&]() -> task<> {
            // Of a shielded task, that is: it is cancelled only by who reaches behind the shield.
            ++books.closed;
            co_await skein::sleep(1s);
        };
        const auto value = co_await with_cleanup(body, clean_up);
        CHECK(value == 2);
    });
}

TEST_CASE("task groups, in which all goes well, and in which not") {
    sweep("task group", []() -> task<> {
        floor_of_workers floor;
        const auto body = [&](task_group& group) -> task<> {
            auto first = group.create_task(work(floor, 1));
            group.create_task(work(floor, 3));
            co_await skein::sleep(1s);
            const auto value = co_await first;
            CHECK(value == 1);
        };
        co_await with_task_group(body);
        CHECK(floor.busy == 0);
    });
    sweep("failing task group", []() -> task<> {
        floor_of_workers floor;
        const auto body = [&](task_group& group) -> task<> {
            group.create_task(work(floor, 3));
            group.create_task(fail(floor, 1));
            group.create_task(fail(floor, 1));
            co_await skein::sleep(5s);
        };
        try {
            co_await with_task_group(body);
            FAIL_CHECK("an error got lost");
        } catch (const skein::exception_group& all) {
            CHECK(all.exceptions().size() >= 1);
        }
        CHECK(floor.busy == 0);
    });
}

TEST_CASE("a future with several waiters, a promise, and a promise that is dropped") {
    sweep("shared future", []() -> task<> {
        floor_of_workers floor;
        auto shared = create_task([]() -> task<int> {
            co_await skein::sleep(1s);
            co_return 5;
        });
        const auto wait = [&](skein::future<int> f) -> task<> {
            const at_work here(floor);
            const auto value = co_await f;
            CHECK(value == 5);
        };
        co_await gather(wait(shared), wait(shared), wait(shared));
    });
    sweep("promise", []() -> task<> {
        promise<int> source;
        auto result = source.get_future();
        const auto give = [&]() -> task<> {
            co_await skein::sleep(1s);
            source.set_value(3);
        };
        const auto take = [&]() -> task<> {
            const int value = co_await result;
            CHECK(value == 3);
        };
        co_await gather(give(), take());
    });
    sweep("broken promise", []() -> task<> {
        auto source = std::make_unique<promise<int>>();
        auto result = source->get_future();
        const auto drop = [&]() -> task<> {
            co_await skein::sleep(1s);
            source.reset();
        };
        const auto take = [&]() -> task<> {
            try {
                (void)co_await result;
                FAIL_CHECK("a value out of nothing");
            } catch (const std::future_error&) {}
        };
        co_await gather(drop(), take());
    });
}

TEST_CASE("everything in everything") {
    sweep("nested", []() -> task<> {
        floor_of_workers floor;
        const auto grouped = [&]() -> task<> {
            const auto body = [&](task_group& group) -> task<> {
                group.create_task(skein::wait_for(work(floor, 2), 5s));
                (void)co_await settle(workers(floor, 3), 2);
            };
            co_await with_task_group(body);
        };
        const auto cleaned = [&]() -> task<> {
            const auto body = [&]() -> task<> { (void)co_await gather(workers(floor, 3), 2); };
            const auto clean_up = [&]() -> task<> { (void)co_await work(floor, 1); };
            co_await with_cleanup(body, clean_up);
        };
        co_await skein::wait_for(gather(grouped(), cleaned()), 1h);
        CHECK(floor.busy == 0);
    });
}
