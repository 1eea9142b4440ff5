// queue: nothing is lost or given twice when a task is cancelled, or when an item's move throws.
#include "virtual_loop.hpp"

#include <skein/future.hpp>
#include <skein/queue.hpp>
#include <skein/sleep.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using skein::cancelled_error;
using skein::create_task;
using skein::queue;
using skein::task;
using skein::tests::run_virtual;

namespace {

/// An item whose move throws while `moves_left` is used up. A move that throws leaves its source alone.
struct fragile {
    static inline int moves_left = -1;  // negative: never throws
    int value;

    explicit fragile(int v) : value(v) {}
    fragile(fragile&& other) : value(other.value) {
        if (moves_left == 0) throw std::runtime_error("cannot be moved");
        if (moves_left > 0) --moves_left;
    }
    fragile& operator=(fragile&&) = delete;
};
static_assert(!std::is_nothrow_move_constructible_v<fragile>);

struct throwing_moves {
    explicit throwing_moves(int after) { fragile::moves_left = after; }
    throwing_moves(const throwing_moves&) = delete;
    throwing_moves& operator=(const throwing_moves&) = delete;
    ~throwing_moves() { fragile::moves_left = -1; }
};

}  // namespace

TEST_CASE("a get that is cancelled in line leaves it: the item goes to the next") {
    run_virtual([]() -> task<> {
        queue<int> q;
        auto a = create_task(q.get());
        auto b = create_task(q.get());
        auto c = create_task(q.get());
        co_await skein::yield();
        b.cancel();
        a.cancel();
        co_await q.put(1);
        CHECK(co_await c == 1);
        CHECK_THROWS_AS(co_await a, cancelled_error);
        CHECK_THROWS_AS(co_await b, cancelled_error);
        co_await q.put(2);
        CHECK(q.size() == 1);
    });
}

TEST_CASE("an item that was handed to a get arrives though its task is cancelled; the next wait throws") {
    run_virtual([]() -> task<> {
        queue<std::unique_ptr<int>> q;
        int got = 0;
        const auto body = [&]() -> task<> {
            const auto item = co_await q.get();
            got = *item;
            co_await q.get();
        };
        auto work = create_task(body());
        co_await skein::yield();
        CHECK(q.try_put(std::make_unique<int>(1)));
        work.cancel();
        CHECK_THROWS_AS(co_await work, cancelled_error);
        CHECK(got == 1);
        co_await q.put(nullptr);
        CHECK(q.size() == 1);  // nobody waits
    });
}

TEST_CASE("a put that is cancelled in line drops its item; those behind it keep their places") {
    run_virtual([]() -> task<> {
        queue<std::shared_ptr<int>> q(1);
        const auto dropped = std::make_shared<int>(2);
        co_await q.put(std::make_shared<int>(1));
        auto a = create_task(q.put(dropped));
        auto b = create_task(q.put(std::make_shared<int>(3)));
        co_await skein::yield();
        a.cancel();
        CHECK_THROWS_AS(co_await a, cancelled_error);
        CHECK(dropped.use_count() == 1);
        CHECK(*co_await q.get() == 1);
        CHECK(*co_await q.get() == 3);
        co_await b;
    });
}

TEST_CASE("an item that has got in stays in though its task is cancelled; the next wait throws") {
    run_virtual([]() -> task<> {
        queue<int> q(1);
        co_await q.put(1);
        bool put = false;
        const auto body = [&]() -> task<> {
            co_await q.put(2);
            put = true;
            co_await q.put(3);
        };
        auto work = create_task(body());
        co_await skein::yield();
        CHECK(q.try_get() == 1);  // 2 gets in
        work.cancel();
        CHECK_THROWS_AS(co_await work, cancelled_error);
        CHECK(put);
        CHECK(q.try_get() == 2);
        CHECK(q.empty());
    });
}

TEST_CASE("a task that is cancelled already neither puts nor gets, though it need not wait") {
    run_virtual([]() -> task<> {
        queue<int> q(2);
        co_await q.put(1);
        const auto body = [&]() -> task<> {
            try {
                co_await skein::sleep(1h);
            } catch (const cancelled_error&) {}
            CHECK_THROWS_AS(co_await q.put(2), cancelled_error);
            CHECK_THROWS_AS(co_await q.get(), cancelled_error);
            CHECK_THROWS_AS(co_await q.next(), cancelled_error);
            CHECK_THROWS_AS(co_await q.join(), cancelled_error);
        };
        auto work = create_task(body());
        co_await skein::yield();
        work.cancel();
        co_await work;
        CHECK(q.size() == 1);
        CHECK(q.try_get() == 1);
    });
}

TEST_CASE("a cancel that comes after a shutdown is too late for this wait") {
    run_virtual([]() -> task<> {
        queue<int> q;
        auto getting = create_task(q.get());
        co_await skein::yield();
        q.shutdown();
        getting.cancel();
        CHECK_THROWS_AS(co_await getting, skein::queue_shut_down);
    });
}

TEST_CASE("an item whose move into the queue throws: put throws, the queue is as it was") {
    run_virtual([]() -> task<> {
        queue<fragile> q;
        co_await q.put(1);
        auto operation = q.put(2);
        {
            const throwing_moves now(0);
            CHECK_THROWS_AS(co_await std::move(operation), std::runtime_error);
        }
        CHECK(q.size() == 1);
        auto taken = co_await q.get();
        CHECK(taken.value == 1);
        q.task_done();
        co_await q.join();  // what did not get in does not count
    });
}

TEST_CASE("an item whose move out of the queue throws: get throws, the item is still the first") {
    run_virtual([]() -> task<> {
        queue<fragile> q(1);
        co_await q.put(1);
        {
            const throwing_moves now(0);
            CHECK_THROWS_AS(co_await q.get(), std::runtime_error);
            CHECK_THROWS_AS((void)q.try_get(), std::runtime_error);
        }
        CHECK(q.size() == 1);
        const auto taken = co_await q.get();
        CHECK(taken.value == 1);
    });
}

TEST_CASE("an item whose move to a waiting get throws: put throws, the get still waits, first in line") {
    run_virtual([]() -> task<> {
        queue<fragile> q;
        int got = 0;
        const auto body = [&]() -> task<> {
            const auto item = co_await q.get();
            got = item.value;
        };
        auto getting = create_task(body());
        co_await skein::yield();
        auto operation = q.put(1);
        {
            const throwing_moves now(0);
            CHECK_THROWS_AS(co_await std::move(operation), std::runtime_error);
        }
        co_await skein::yield();
        CHECK_FALSE(getting.done());
        co_await q.put(2);
        co_await getting;
        CHECK(got == 2);
    });
}

TEST_CASE("a waiting put whose item throws on its way in is told so; the room goes to the next") {
    run_virtual([]() -> task<> {
        queue<fragile> q(1);
        co_await q.put(1);
        int caught = 0;
        const auto put = [&](int value) -> task<> {
            try {
                co_await q.put(value);
            } catch (const std::runtime_error&) {
                caught = value;
            }
        };
        auto a = create_task(put(2));
        auto b = create_task(put(3));
        co_await skein::yield();
        {
            const throwing_moves after_the_first(1);
            const auto taken = co_await q.get();
            CHECK(taken.value == 1);
        }
        co_await a;
        co_await b;
        CHECK(caught == 3);  // both throw: there is room, and nobody left in line
        CHECK(q.empty());
        co_await q.put(4);
        CHECK(q.full());
    });
}
