// semaphore and bounded_semaphore: at most so many at a time, in order.
#include "virtual_loop.hpp"

#include <skein/error.hpp>
#include <skein/future.hpp>
#include <skein/gather.hpp>
#include <skein/semaphore.hpp>
#include <skein/sleep.hpp>
#include <skein/timeout.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using skein::bounded_semaphore;
using skein::cancelled_error;
using skein::create_task;
using skein::future;
using skein::semaphore;
using skein::task;
using skein::tests::run_virtual;
using skein::tests::virtual_loop;

static_assert(!std::is_copy_constructible_v<semaphore::permit>);
static_assert(std::is_nothrow_move_constructible_v<semaphore::permit>);
static_assert(std::is_same_v<semaphore::permit, bounded_semaphore::permit>);
static_assert(!std::is_convertible_v<bounded_semaphore*, semaphore*>);  // whose release() has no bound

namespace {

task<> acquire_and_note(semaphore& s, std::vector<int>& order, int who) {
    const auto permit = co_await s.acquire();
    order.push_back(who);
    co_await skein::yield();
}

}  // namespace

TEST_CASE("at most as many as there are permits run at a time; the others follow in order of arrival") {
    run_virtual([]() -> task<> {
        semaphore s(3);
        int running = 0;
        int most = 0;
        std::vector<int> order;
        const auto body = [&](int who) -> task<> {
            const auto permit = co_await s.acquire();
            order.push_back(who);
            most = std::max(most, ++running);
            co_await skein::sleep(1s);
            --running;
        };
        std::vector<task<>> tasks;
        for (int i = 0; i < 10; ++i) tasks.push_back(body(i));
        co_await skein::gather(std::move(tasks));
        CHECK(most == 3);
        CHECK(order == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
        CHECK(virtual_loop::elapsed() == 4s);
        CHECK(s.available() == 3);
    });
}

TEST_CASE("a free permit is taken without giving way") {
    run_virtual([]() -> task<> {
        semaphore s(2);
        bool other_ran = false;
        const auto other = [&]() -> task<> {
            other_ran = true;
            co_return;
        };
        auto started = create_task(other());
        const auto a = co_await s.acquire();
        CHECK_FALSE(s.locked());
        const auto b = co_await s.acquire();
        CHECK(s.locked());
        CHECK_FALSE(other_ran);
        co_await started;  // it uses what is here
    });
}

TEST_CASE("a permit goes straight to who waits: nobody gets in between") {
    run_virtual([]() -> task<> {
        semaphore s;
        std::vector<int> order;
        auto mine = co_await s.acquire();
        create_task(acquire_and_note(s, order, 1));
        co_await skein::yield();
        mine.release();
        CHECK_FALSE(mine);
        CHECK(s.locked());
        CHECK_FALSE(s.try_acquire());
        co_await acquire_and_note(s, order, 2);
        CHECK(order == std::vector<int>{1, 2});
    });
}

TEST_CASE("try_acquire takes a free permit only") {
    semaphore s(1);  // no loop needed
    {
        const auto permit = s.try_acquire();
        CHECK(permit);
        CHECK_FALSE(s.try_acquire());
    }
    CHECK(s.available() == 1);
}

TEST_CASE("a permit moves, and gives back what it is assigned over") {
    semaphore a(1);
    semaphore b(1);
    auto first = a.try_acquire();
    auto second = std::move(first);
    CHECK_FALSE(first);
    auto& same = second;
    second = std::move(same);
    CHECK(a.locked());
    second = b.try_acquire();
    CHECK_FALSE(a.locked());
    CHECK(b.locked());
}

TEST_CASE("release adds a permit: a semaphore of none counts events") {
    run_virtual([]() -> task<> {
        semaphore events(0);
        std::vector<int> order;
        const auto consume = [&](int who) -> task<> {
            auto permit = co_await events.acquire();
            permit.forget();
            order.push_back(who);
        };
        events.release();
        create_task(consume(1));
        create_task(consume(2));
        co_await skein::yield();
        CHECK(order == std::vector<int>{1});
        events.release();
        events.release();
        co_await skein::yield();
        CHECK(order == std::vector<int>{1, 2});
        CHECK(events.available() == 1);
    });
}

TEST_CASE("less than no permits is an invalid_argument; an empty permit gives nothing back") {
    CHECK_THROWS_AS(semaphore(-1), std::invalid_argument);
    CHECK_THROWS_AS(bounded_semaphore(-1), std::invalid_argument);
    CHECK(semaphore().available() == 1);
    CHECK(bounded_semaphore().available() == 1);
    CHECK(semaphore(0).locked());
    CHECK_THROWS_AS(semaphore::permit().release(), std::logic_error);
    CHECK_THROWS_AS(semaphore::permit().forget(), std::logic_error);
    semaphore s(1);
    auto permit = s.try_acquire();
    permit.release();
    CHECK_THROWS_AS(permit.release(), std::logic_error);
    CHECK(s.available() == 1);
}

TEST_CASE("a bounded_semaphore refuses a release that would add to what it began with") {
    bounded_semaphore s(2);
    CHECK_THROWS_AS(s.release(), std::logic_error);
    {
        auto a = s.try_acquire();
        auto b = s.try_acquire();
        CHECK(s.locked());
        CHECK_THROWS_AS(s.release(), std::logic_error);  // both come back by themselves
        a.forget();
        s.release();
        CHECK(s.available() == 1);
        CHECK_THROWS_AS(s.release(), std::logic_error);
    }
    CHECK(s.available() == 2);
}

TEST_CASE("a task that is cancelled in line leaves it; the others keep their places (semaphore)") {
    run_virtual([]() -> task<> {
        semaphore s(0);
        std::vector<int> order;
        std::vector<future<>> tasks;
        for (int i = 0; i < 5; ++i) tasks.push_back(create_task(acquire_and_note(s, order, i)));
        co_await skein::yield();
        for (const std::size_t i : {std::size_t(4), std::size_t(0), std::size_t(2)}) tasks[i].cancel();
        s.release();
        co_await tasks[3];
        CHECK(order == std::vector<int>{1, 3});
        CHECK(s.available() == 1);
    });
}

TEST_CASE("a permit handed to a task that is then cancelled arrives, and comes back when it unwinds") {
    run_virtual([]() -> task<> {
        semaphore s(0);
        std::vector<int> order;
        auto cancelled = create_task(acquire_and_note(s, order, 1));
        auto next = create_task(acquire_and_note(s, order, 2));
        co_await skein::yield();
        s.release();
        cancelled.cancel();
        CHECK_THROWS_AS(co_await cancelled, cancelled_error);
        co_await next;
        CHECK(order == std::vector<int>{1, 2});
        CHECK(s.available() == 1);
    });
}

TEST_CASE("a task that is cancelled already does not get a free permit") {
    run_virtual([]() -> task<> {
        semaphore s(1);
        const auto body = [&]() -> task<> {
            try {
                co_await skein::sleep(1h);
            } catch (const cancelled_error&) {}
            const auto permit = co_await s.acquire();
            FAIL_CHECK("acquired");
        };
        auto work = create_task(body());
        co_await skein::yield();
        work.cancel();
        CHECK_THROWS_AS(co_await work, cancelled_error);
        CHECK(s.available() == 1);
    });
}

TEST_CASE("acquire takes a time limit; a permit that comes in the very turn of the timeout is not lost") {
    run_virtual([]() -> task<> {
        semaphore s(0);
        CHECK_THROWS_AS((void)co_await skein::wait_for(s.acquire(), 1s), skein::timeout_error);
        const auto give = [&]() -> task<> {
            co_await skein::sleep(1s);
            s.release();
        };
        create_task(give());
        int acquired = 0;
        try {
            const auto permit = co_await skein::wait_for(s.acquire(), 1s);
            acquired = 1;
        } catch (const skein::timeout_error&) {}
        co_await skein::sleep(1s);
        CHECK(s.available() == 1);
        CHECK(acquired <= 1);
        const auto permit = co_await skein::wait_for(s.acquire(), 1s);
        CHECK(permit);
    });
}

TEST_CASE("who waits for a semaphore that is destroyed is told") {
    run_virtual([]() -> task<> {
        std::optional<semaphore> s(std::in_place, 0);
        auto waiting = create_task(s->acquire());
        co_await skein::yield();
        s.reset();
        CHECK_THROWS_AS((void)co_await waiting, std::logic_error);
    });
}

TEST_CASE("100,000 tasks wait for a semaphore; most are cancelled, last first; the others get their turn") {
    constexpr std::size_t count = 100'000;
    run_virtual([&]() -> task<> {
        semaphore s(1);
        std::size_t ran = 0;
        const auto body = [&]() -> task<> {
            const auto permit = co_await s.acquire();
            ++ran;
        };
        std::vector<future<>> tasks;
        {
            const auto mine = co_await s.acquire();
            for (std::size_t i = 0; i < count; ++i) tasks.push_back(create_task(body()));
            co_await skein::yield();
            for (std::size_t i = count; i-- > 0;)
                if (i % 4 != 0) tasks[i].cancel();
        }
        co_await skein::sleep(1s);
        CHECK(ran == count / 4);
        CHECK(s.available() == 1);
    });
}
