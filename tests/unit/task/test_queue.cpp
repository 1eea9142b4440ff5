// queue: handing items from task to task.
#include "virtual_loop.hpp"

#include <skein/error.hpp>
#include <skein/future.hpp>
#include <skein/gather.hpp>
#include <skein/queue.hpp>
#include <skein/sleep.hpp>
#include <skein/timeout.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using skein::create_task;
using skein::future;
using skein::queue;
using skein::queue_shut_down;
using skein::task;
using skein::tests::run_virtual;
using skein::tests::virtual_loop;

static_assert(!std::is_base_of_v<skein::error, queue_shut_down>);
static_assert(!std::is_move_constructible_v<queue<int>>);

namespace {

task<> put_and_note(queue<int>& q, std::vector<int>& order, int item) {
    co_await q.put(item);
    order.push_back(item);
}

}  // namespace

TEST_CASE("items come out in the order in which they went in, around and around the ring") {
    run_virtual([]() -> task<> {
        queue<int> q;
        int in = 0;
        int out = 0;
        for (int round = 0; round < 20; ++round) {
            for (int i = 0; i <= round; ++i) co_await q.put(in++);
            for (int i = 0; i < round; ++i) CHECK(co_await q.get() == out++);
        }
        CHECK(q.size() == 20);
        while (!q.empty()) CHECK(co_await q.get() == out++);
        CHECK(out == in);
    });
}

TEST_CASE("put and get that need not wait do not give way") {
    run_virtual([]() -> task<> {
        queue<int> q(1);
        bool other_ran = false;
        const auto other = [&]() -> task<> {
            other_ran = true;
            co_return;
        };
        auto started = create_task(other());
        co_await q.put(1);
        CHECK(co_await q.get() == 1);
        CHECK_FALSE(other_ran);
        co_await started;  // it uses what is here
    });
}

TEST_CASE(
    "get waits for an item; those who wait get theirs in order of arrival, and nobody gets in between") {
    run_virtual([]() -> task<> {
        queue<int> q;
        auto first = create_task(q.get());
        auto second = create_task(q.get());
        co_await skein::yield();
        co_await q.put(1);
        CHECK(q.empty());  // handed over
        CHECK_FALSE(q.try_get());
        co_await q.put(2);
        co_await q.put(3);
        CHECK(co_await q.get() == 3);
        CHECK(co_await first == 1);
        CHECK(co_await second == 2);
    });
}

TEST_CASE(
    "put waits while the queue is full; who waits gets in, in order of arrival, as soon as there is room") {
    run_virtual([]() -> task<> {
        queue<int> q(2);
        std::vector<int> order;
        for (int i = 1; i <= 5; ++i) create_task(put_and_note(q, order, i));
        co_await skein::yield();
        CHECK(order == std::vector<int>{1, 2});
        CHECK(q.full());
        CHECK(q.size() == 2);
        CHECK(co_await q.get() == 1);
        CHECK(q.full());  // 3 is in
        CHECK_FALSE(q.try_put(9));
        for (int i = 2; i <= 5; ++i) CHECK(co_await q.get() == i);
        CHECK(q.empty());
        co_await skein::yield();
        CHECK(order == std::vector<int>{1, 2, 3, 4, 5});
    });
}

TEST_CASE("try_put and try_get do what can be done at once; an item that found no room is as it was") {
    queue<std::string> q(1);  // no loop needed
    CHECK(q.maxsize() == 1);
    CHECK(q.empty());
    CHECK_FALSE(q.try_get());
    CHECK(q.try_put("one"));
    CHECK(q.full());
    std::string two = "a text that is not kept in place";
    CHECK_FALSE(q.try_put(std::move(two)));
    CHECK(two == "a text that is not kept in place");
    CHECK(q.try_get() == "one");
    CHECK(q.try_put(two));
    CHECK(q.try_get() == two);
}

TEST_CASE("a queue without maxsize is never full") {
    run_virtual([]() -> task<> {
        queue<int> q;
        CHECK(q.maxsize() == 0);
        for (int i = 0; i < 10'000; ++i) co_await q.put(i);
        CHECK_FALSE(q.full());
        CHECK(q.size() == 10'000);
    });
}

TEST_CASE("move-only items go through: stored, handed to who waits, and waiting for room") {
    run_virtual([]() -> task<> {
        queue<std::unique_ptr<int>> q(1);
        co_await q.put(std::make_unique<int>(1));
        auto waiting = create_task(q.put(std::make_unique<int>(2)));
        co_await skein::yield();
        CHECK(*co_await q.get() == 1);
        CHECK(*co_await q.get() == 2);
        co_await waiting;
        auto getting = create_task(q.get());
        co_await skein::yield();
        auto three = std::make_unique<int>(3);
        CHECK(q.try_put(std::move(three)));
        CHECK(*co_await std::move(getting) == 3);
    });
}

TEST_CASE("put keeps its item until it is awaited, also as a task") {
    run_virtual([]() -> task<> {
        queue<std::string> q;
        auto later = q.put("a text that is not kept in place");
        task<> as_task = q.put("another text that is not kept in place");
        CHECK(q.empty());
        co_await std::move(as_task);
        co_await std::move(later);
        CHECK(co_await q.get() == "another text that is not kept in place");
        CHECK(co_await q.get() == "a text that is not kept in place");
    });
}

TEST_CASE("put and get take time limits, and stand in gather") {
    run_virtual([]() -> task<> {
        queue<int> q(1);
        CHECK_THROWS_AS(co_await skein::wait_for(q.get(), 1s), skein::timeout_error);
        co_await skein::wait_for(q.put(1), 1s);
        CHECK_THROWS_AS(co_await skein::wait_for(q.put(2), 1s), skein::timeout_error);
        CHECK(virtual_loop::elapsed() == 2s);
        CHECK(co_await skein::wait_for(q.get(), 1s) == 1);
        CHECK(q.empty());
        const auto [nothing, item] = co_await skein::gather(q.put(3), q.get());
        CHECK(item == 3);
    });
}

TEST_CASE("join waits until task_done was said for every item; everybody who joins goes on") {
    run_virtual([]() -> task<> {
        queue<int> q;
        co_await q.join();  // nothing was put
        co_await q.put(1);
        co_await q.put(2);
        auto a = create_task(q.join());
        auto b = create_task(q.join());
        CHECK(co_await q.get() == 1);
        q.task_done();
        CHECK(co_await q.get() == 2);
        co_await skein::sleep(1s);
        CHECK_FALSE(a.done());  // got, but not done
        q.task_done();
        co_await a;
        co_await b;
        co_await q.put(3);
        CHECK_THROWS_AS(co_await skein::wait_for(q.join(), 1s), skein::timeout_error);
    });
}

TEST_CASE("join counts items that were handed over, and those that had to wait for room") {
    run_virtual([]() -> task<> {
        queue<int> q(1);
        auto getting = create_task(q.get());
        co_await skein::yield();
        co_await q.put(1);
        auto joining = create_task(q.join());
        co_await skein::yield();
        CHECK_FALSE(joining.done());
        co_await q.put(2);
        auto putting = create_task(q.put(3));
        co_await skein::yield();
        CHECK(co_await q.get() == 2);
        q.task_done();
        q.task_done();
        co_await skein::yield();
        CHECK_FALSE(joining.done());
        q.task_done();
        co_await joining;
    });
}

TEST_CASE("task_done more often than items were put is a logic_error") {
    run_virtual([]() -> task<> {
        queue<int> q;
        CHECK_THROWS_AS(q.task_done(), std::logic_error);
        co_await q.put(1);
        q.task_done();
        CHECK_THROWS_AS(q.task_done(), std::logic_error);
    });
}

TEST_CASE("after shutdown nothing can be put; what is there can still be got, then get throws") {
    run_virtual([]() -> task<> {
        queue<int> q;
        co_await q.put(1);
        co_await q.put(2);
        q.shutdown();
        CHECK(q.is_shut_down());
        CHECK_THROWS_AS(co_await q.put(3), queue_shut_down);
        CHECK_THROWS_AS((void)q.try_put(3), queue_shut_down);
        CHECK(co_await q.get() == 1);
        CHECK(q.try_get() == 2);
        CHECK_THROWS_AS(co_await q.get(), queue_shut_down);
        CHECK_THROWS_AS((void)q.try_get(), queue_shut_down);
        q.shutdown();
    });
}

TEST_CASE("shutdown wakes those who wait to get, and those who wait to put, whose items are dropped") {
    run_virtual([]() -> task<> {
        queue<int> q(1);
        auto getting = create_task(q.get());
        co_await skein::yield();
        q.shutdown();
        CHECK_THROWS_AS(co_await getting, queue_shut_down);

        queue<int> full(1);
        co_await full.put(1);
        auto putting = create_task(full.put(2));
        co_await skein::yield();
        full.shutdown();
        CHECK(co_await full.get() == 1);
        CHECK(full.empty());
        CHECK_THROWS_AS(co_await putting, queue_shut_down);
    });
}

TEST_CASE("shutdown does not take back what was handed over, nor what had got in") {
    run_virtual([]() -> task<> {
        queue<int> q(1);
        auto getting = create_task(q.get());
        co_await skein::yield();
        CHECK(q.try_put(1));
        q.shutdown(true);
        CHECK(co_await getting == 1);

        queue<int> full(1);
        co_await full.put(1);
        auto putting = create_task(full.put(2));
        co_await skein::yield();
        CHECK(full.try_get() == 1);
        full.shutdown();
        co_await putting;
        CHECK(full.try_get() == 2);
    });
}

TEST_CASE("immediate shutdown drops what is there, and ends a join that waits for nothing else") {
    run_virtual([]() -> task<> {
        queue<std::shared_ptr<int>> q;
        const auto item = std::make_shared<int>(1);
        for (int i = 0; i < 3; ++i) co_await q.put(item);
        co_await q.get();  // one is being worked on
        auto joining = create_task(q.join());
        co_await skein::yield();
        q.shutdown(true);
        CHECK(item.use_count() == 1);
        CHECK(q.empty());
        CHECK_THROWS_AS(co_await q.get(), queue_shut_down);
        co_await skein::yield();
        CHECK_FALSE(joining.done());
        q.task_done();
        co_await joining;
        CHECK_THROWS_AS(q.task_done(), std::logic_error);
    });
}

TEST_CASE("immediate shutdown after a graceful one drops the rest; more were said done than were got") {
    run_virtual([]() -> task<> {
        queue<int> q;
        co_await q.put(1);
        co_await q.put(2);
        q.task_done();  // allowed: it counts items, and does not know which
        q.shutdown();
        CHECK(q.size() == 2);
        q.shutdown(true);
        CHECK(q.empty());
        co_await q.join();
    });
}

TEST_CASE("an item that looks at its queue while it is dropped finds it empty and shut down") {
    struct nosy {
        queue<std::unique_ptr<nosy>>& q;
        bool& fine;
        nosy(queue<std::unique_ptr<nosy>>& of, bool& out) : q(of), fine(out) {}
        ~nosy() { fine = q.empty() && q.is_shut_down(); }
    };
    bool fine = false;
    queue<std::unique_ptr<nosy>> q;
    CHECK(q.try_put(std::make_unique<nosy>(q, fine)));
    q.shutdown(true);
    CHECK(fine);
}

TEST_CASE("next gives items until the queue is shut down and empty, then nothing") {
    run_virtual([]() -> task<> {
        queue<int> q(2);
        std::vector<int> seen;
        const auto work = [&]() -> task<> {
            while (const auto item = co_await q.next()) {
                seen.push_back(*item);
                q.task_done();
            }
        };
        auto a = create_task(work());
        auto b = create_task(work());
        for (int i = 0; i < 10; ++i) co_await q.put(i);
        q.shutdown();
        co_await a;
        co_await b;
        std::sort(seen.begin(), seen.end());  // each worker got its own in order
        CHECK(seen == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
        CHECK_FALSE(co_await q.next());
        co_await q.join();
    });
}

TEST_CASE("who waits for a queue that is destroyed is told; what was handed over arrives") {
    run_virtual([]() -> task<> {
        std::optional<queue<int>> q(std::in_place, 1U);
        auto served = create_task(q->get());
        auto getting = create_task(q->get());
        auto next = create_task(q->next());
        co_await skein::yield();
        CHECK(q->try_put(1));
        auto joining = create_task(q->join());
        co_await skein::yield();
        q.reset();
        CHECK(co_await served == 1);
        CHECK_THROWS_AS(co_await getting, std::logic_error);
        CHECK_THROWS_AS(co_await next, std::logic_error);
        CHECK_THROWS_AS(co_await joining, std::logic_error);

        q.emplace(1U);
        co_await q->put(1);
        auto putting = create_task(q->put(2));
        co_await skein::yield();
        q.reset();
        CHECK_THROWS_AS(co_await putting, std::logic_error);
    });
}

TEST_CASE("100,000 items through a queue of 7, by 100 producers and 10 consumers, all of them once") {
    run_virtual([]() -> task<> {
        constexpr int producers = 100;
        constexpr int each = 1000;
        queue<int> q(7);
        std::vector<int> seen(producers * each, 0);
        bool in_order = true;
        const auto produce = [&](int who) -> task<> {
            for (int i = 0; i < each; ++i) co_await q.put(who * each + i);
        };
        const auto consume = [&]() -> task<> {
            std::vector<int> last(producers, -1);  // of each producer, got here
            while (const auto item = co_await q.next()) {
                ++seen[static_cast<std::size_t>(*item)];
                int& before = last[static_cast<std::size_t>(*item / each)];
                in_order = in_order && before < *item;
                before = *item;
                q.task_done();
            }
        };
        std::vector<task<>> work;
        for (int i = 0; i < producers; ++i) work.push_back(produce(i));
        std::vector<future<>> consumers;
        for (int i = 0; i < 10; ++i) consumers.push_back(create_task(consume()));
        co_await skein::gather(std::move(work));
        q.shutdown();
        for (auto& one : consumers) co_await one;
        CHECK(seen == std::vector<int>(producers * each, 1));
        CHECK(in_order);
        co_await q.join();
    });
}
