// priority_queue and lifo_queue: other orders, the same rules.
#include "virtual_loop.hpp"

#include <skein/future.hpp>
#include <skein/queue.hpp>
#include <skein/sleep.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using skein::create_task;
using skein::lifo_queue;
using skein::priority_queue;
using skein::queue_shut_down;
using skein::task;
using skein::tests::run_virtual;

namespace {

struct job {
    int priority;
    std::string name;
};
struct more_urgent {
    bool operator()(const job& a, const job& b) const { return a.priority < b.priority; }
};

}  // namespace

TEST_CASE("a priority_queue gives the smallest first, or what its comparison puts first") {
    run_virtual([]() -> task<> {
        priority_queue<int> smallest;
        priority_queue<int, std::greater<>> greatest;
        for (const int item : {3, 1, 4, 1, 5, 9, 2, 6}) {
            co_await smallest.put(item);
            co_await greatest.put(item);
        }
        for (const int item : {1, 1, 2, 3, 4, 5, 6, 9}) CHECK(co_await smallest.get() == item);
        for (const int item : {9, 6, 5, 4, 3, 2, 1, 1}) CHECK(co_await greatest.get() == item);
    });
}

TEST_CASE("items of the same priority come in the order in which they were put") {
    run_virtual([]() -> task<> {
        priority_queue<job, more_urgent> q;
        for (int i = 0; i < 100; ++i) {
            job next{i % 3, std::to_string(i)};
            co_await q.put(std::move(next));
        }
        int last_priority = 0;
        int last = -1;
        for (int i = 0; i < 100; ++i) {
            const auto got = co_await q.get();
            const int number = std::stoi(got.name);
            if (got.priority == last_priority)
                CHECK(number > last);
            else
                CHECK(got.priority == last_priority + 1);
            last_priority = got.priority;
            last = number;
        }
    });
}

TEST_CASE("a comparison may have state") {
    const bool descending = true;
    const auto before = [descending](int a, int b) { return descending ? a > b : a < b; };
    priority_queue<int, decltype(before)> q(0, before);
    CHECK(q.try_put(1));
    CHECK(q.try_put(2));
    CHECK(q.try_get() == 2);
}

TEST_CASE("a lifo_queue gives the latest first") {
    run_virtual([]() -> task<> {
        lifo_queue<std::unique_ptr<int>> q;
        for (int i = 0; i < 5; ++i) co_await q.put(std::make_unique<int>(i));
        for (int i = 5; i-- > 0;) CHECK(*co_await q.get() == i);
    });
}

TEST_CASE("an item goes to a task that waits at once, whatever its priority") {
    run_virtual([]() -> task<> {
        priority_queue<int> q;
        auto first = create_task(q.get());
        auto second = create_task(q.get());
        co_await skein::yield();
        co_await q.put(2);
        co_await q.put(1);
        CHECK(co_await first == 2);
        CHECK(co_await second == 1);
    });
}

TEST_CASE("an item that waits for room competes once it is in") {
    run_virtual([]() -> task<> {
        priority_queue<int> q(2);
        co_await q.put(2);
        co_await q.put(3);
        auto waiting = create_task(q.put(1));
        co_await skein::yield();
        CHECK(co_await q.get() == 2);
        CHECK(co_await q.get() == 1);
        CHECK(co_await q.get() == 3);
        co_await waiting;
    });
}

TEST_CASE("the other orders shut down, join and count as the first") {
    run_virtual([]() -> task<> {
        priority_queue<int> p(1);
        lifo_queue<int> l(1);
        co_await p.put(1);
        co_await l.put(1);
        CHECK(p.full());
        CHECK(l.full());
        p.shutdown();
        l.shutdown(true);
        CHECK(co_await p.get() == 1);
        CHECK_THROWS_AS(co_await p.get(), queue_shut_down);
        CHECK_THROWS_AS(co_await l.get(), queue_shut_down);
        co_await l.join();
        p.task_done();
        co_await p.join();
    });
}
