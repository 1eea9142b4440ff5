// mutex: one at a time, in order.
#include "virtual_loop.hpp"

#include <skein/error.hpp>
#include <skein/future.hpp>
#include <skein/gather.hpp>
#include <skein/mutex.hpp>
#include <skein/sleep.hpp>
#include <skein/timeout.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using skein::cancelled_error;
using skein::create_task;
using skein::future;
using skein::mutex;
using skein::task;
using skein::tests::run_virtual;
using skein::tests::virtual_loop;

static_assert(!std::is_copy_constructible_v<mutex::guard>);
static_assert(std::is_nothrow_move_constructible_v<mutex::guard>);
static_assert(std::is_nothrow_move_assignable_v<mutex::guard>);
static_assert(!std::is_move_constructible_v<mutex>);

namespace {

task<> lock_and_note(mutex& m, std::vector<int>& order, int who) {
    const auto guard = co_await m.lock();
    order.push_back(who);
    co_await skein::yield();
    order.push_back(who);
}

}  // namespace

TEST_CASE("one task at a time holds a mutex, in order of arrival") {
    run_virtual([]() -> task<> {
        mutex m;
        std::vector<int> order;
        co_await skein::gather(lock_and_note(m, order, 1), lock_and_note(m, order, 2),
                               lock_and_note(m, order, 3));
        CHECK(order == std::vector<int>{1, 1, 2, 2, 3, 3});
        CHECK_FALSE(m.locked());
    });
}

TEST_CASE("a free mutex is locked without giving way") {
    run_virtual([]() -> task<> {
        mutex m;
        bool other_ran = false;
        const auto other = [&]() -> task<> {
            other_ran = true;
            co_return;
        };
        auto started = create_task(other());
        const auto guard = co_await m.lock();
        CHECK_FALSE(other_ran);
        CHECK(guard);
        CHECK(m.locked());
        co_await started;  // it uses what is here
    });
}

TEST_CASE("unlock hands over to who waits: nobody gets in between") {
    run_virtual([]() -> task<> {
        mutex m;
        std::vector<int> order;
        auto mine = co_await m.lock();
        auto waiting = create_task(lock_and_note(m, order, 1));
        co_await skein::yield();
        mine.unlock();
        CHECK_FALSE(mine);
        CHECK(m.locked());
        CHECK_FALSE(m.try_lock());
        co_await lock_and_note(m, order, 2);
        CHECK(order == std::vector<int>{1, 1, 2, 2});
    });
}

TEST_CASE("try_lock takes a free mutex only; the guard gives it back") {
    mutex m;  // no loop needed
    {
        const auto guard = m.try_lock();
        CHECK(guard);
        CHECK(m.locked());
        CHECK_FALSE(m.try_lock());
    }
    CHECK_FALSE(m.locked());
}

TEST_CASE("a guard moves, keeps its lock in a move to itself, and unlocks what it is assigned over") {
    mutex a;
    mutex b;
    auto first = a.try_lock();
    auto second = std::move(first);
    CHECK_FALSE(first);
    CHECK(second);
    auto& same = second;
    second = std::move(same);
    CHECK(a.locked());
    second = b.try_lock();
    CHECK_FALSE(a.locked());
    CHECK(b.locked());
    second = mutex::guard();
    CHECK_FALSE(b.locked());
}

TEST_CASE("unlock of a guard that holds nothing is a logic_error") {
    mutex m;
    auto guard = m.try_lock();
    guard.unlock();
    CHECK_THROWS_AS(guard.unlock(), std::logic_error);
    CHECK_THROWS_AS(mutex::guard().unlock(), std::logic_error);
}

TEST_CASE("a task that is cancelled in line leaves it; the others keep their places") {
    run_virtual([]() -> task<> {
        mutex m;
        std::vector<int> order;
        std::vector<future<>> tasks;
        {
            const auto mine = co_await m.lock();
            for (int i = 0; i < 5; ++i) tasks.push_back(create_task(lock_and_note(m, order, i)));
            co_await skein::yield();
            for (const std::size_t i : {std::size_t(4), std::size_t(0), std::size_t(2)}) tasks[i].cancel();
            co_await skein::yield();
        }
        co_await tasks[3];
        CHECK(order == std::vector<int>{1, 1, 3, 3});
        CHECK_FALSE(m.locked());
    });
}

TEST_CASE("a mutex handed to a task that is then cancelled arrives, and is unlocked when it unwinds") {
    run_virtual([]() -> task<> {
        mutex m;
        std::vector<int> order;
        auto mine = co_await m.lock();
        auto cancelled = create_task(lock_and_note(m, order, 1));
        auto next = create_task(lock_and_note(m, order, 2));
        co_await skein::yield();
        mine.unlock();
        cancelled.cancel();
        CHECK_THROWS_AS(co_await cancelled, cancelled_error);
        co_await next;
        CHECK(order == std::vector<int>{1, 2, 2});  // 1 got it, and was stopped at its next wait
    });
}

TEST_CASE("a task that is cancelled already does not get a free mutex") {
    run_virtual([]() -> task<> {
        mutex m;
        bool locked = false;
        const auto body = [&]() -> task<> {
            try {
                co_await skein::sleep(1h);
            } catch (const cancelled_error&) {}
            const auto guard = co_await m.lock();
            locked = true;
        };
        auto work = create_task(body());
        co_await skein::yield();
        work.cancel();
        CHECK_THROWS_AS(co_await work, cancelled_error);
        CHECK_FALSE(locked);
        CHECK_FALSE(m.locked());
    });
}

TEST_CASE("lock takes a time limit; the guard comes through wait_for, gather and create_task") {
    run_virtual([]() -> task<> {
        mutex m;
        {
            const auto mine = co_await m.lock();
            CHECK_THROWS_AS((void)co_await skein::wait_for(m.lock(), 1s), skein::timeout_error);
            CHECK(virtual_loop::elapsed() == 1s);
        }
        {
            const auto guard = co_await skein::wait_for(m.lock(), 1s);
            CHECK(guard);
        }
        CHECK_FALSE(m.locked());
        mutex other;
        {
            const auto [a, b] = co_await skein::gather(m.lock(), other.lock());
            CHECK(m.locked());
            CHECK(other.locked());
        }
        task<mutex::guard> as_task = m.lock();
        CHECK_FALSE(m.locked());
        auto guard = co_await create_task(std::move(as_task));
        CHECK(m.locked());
    });
}
