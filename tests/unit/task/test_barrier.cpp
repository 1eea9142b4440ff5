// barrier: waiting until so many are there.
#include "virtual_loop.hpp"

#include <skein/barrier.hpp>
#include <skein/error.hpp>
#include <skein/future.hpp>
#include <skein/gather.hpp>
#include <skein/sleep.hpp>
#include <skein/timeout.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <vector>

using namespace std::chrono_literals;
using skein::barrier;
using skein::broken_barrier_error;
using skein::cancelled_error;
using skein::create_task;
using skein::future;
using skein::task;
using skein::tests::run_virtual;
using skein::tests::virtual_loop;

static_assert(!std::is_base_of_v<skein::error, broken_barrier_error>);

TEST_CASE("all go on when the last one comes; each gets its place in the order of arrival") {
    run_virtual([]() -> task<> {
        barrier b(3);
        auto first = create_task(b.wait());
        auto second = create_task(b.wait());
        co_await skein::yield();
        CHECK(b.n_waiting() == 2);
        CHECK_FALSE(first.done());
        CHECK(co_await b.wait() == 2);  // the last does not wait
        CHECK_FALSE(first.done());
        CHECK(b.n_waiting() == 0);
        CHECK(co_await first == 0);
        CHECK(co_await second == 1);
        CHECK(b.parties() == 3);
    });
}

TEST_CASE("round follows round, and nobody is in two of them") {
    run_virtual([]() -> task<> {
        constexpr int rounds = 50;
        barrier b(4);
        std::vector<int> reached(4, 0);
        const auto walk = [&](std::size_t who) -> task<> {
            for (int i = 0; i < rounds; ++i) {
                if (who % 2 == 1) co_await skein::yield();
                ++reached[who];
                co_await b.wait();
                for (const int other : reached) CHECK(other >= i + 1);
                for (const int other : reached) CHECK(other <= i + 2);
            }
        };
        co_await skein::gather(walk(0), walk(1), walk(2), walk(3));
        CHECK(reached == std::vector<int>(4, rounds));
        CHECK(b.n_waiting() == 0);
    });
}

TEST_CASE("a barrier for one task holds nobody; for none it is an invalid_argument") {
    run_virtual([]() -> task<> {
        barrier b(1);
        CHECK(co_await b.wait() == 0);
        CHECK(co_await b.wait() == 0);
        CHECK_THROWS_AS(barrier(0), std::invalid_argument);
        CHECK_THROWS_AS(barrier(-1), std::invalid_argument);
    });
}

TEST_CASE("a cancelled wait counts no more; places have no gap and come once each") {
    run_virtual([]() -> task<> {
        barrier b(3);
        std::vector<future<std::size_t>> waiting;
        for (int i = 0; i < 2; ++i) waiting.push_back(create_task(b.wait()));
        co_await skein::yield();
        waiting[0].cancel();
        CHECK(b.n_waiting() == 1);
        CHECK_THROWS_AS(co_await waiting[0], cancelled_error);
        CHECK_FALSE(b.broken());
        waiting.push_back(create_task(b.wait()));
        co_await skein::yield();
        CHECK(co_await b.wait() == 2);
        CHECK(co_await waiting[1] == 0);
        CHECK(co_await waiting[2] == 1);
    });
}

TEST_CASE("a cancel after the last one has come is too late for this wait") {
    run_virtual([]() -> task<> {
        barrier b(2);
        auto waiting = create_task(b.wait());
        co_await skein::yield();
        CHECK(co_await b.wait() == 1);
        waiting.cancel();
        CHECK(co_await waiting == 0);
    });
}

TEST_CASE("a task that is cancelled already does not fill a barrier") {
    run_virtual([]() -> task<> {
        barrier b(2);
        const auto body = [&]() -> task<> {
            try {
                co_await skein::sleep(1h);
            } catch (const cancelled_error&) {}
            co_await b.wait();
        };
        auto work = create_task(body());
        auto waiting = create_task(b.wait());
        co_await skein::yield();
        work.cancel();
        CHECK_THROWS_AS(co_await work, cancelled_error);
        CHECK(b.n_waiting() == 1);
        CHECK(co_await b.wait() == 1);
        co_await waiting;
    });
}

TEST_CASE("abort breaks a barrier for those who wait and all who come; reset mends it") {
    run_virtual([]() -> task<> {
        barrier b(2);
        auto waiting = create_task(b.wait());
        co_await skein::yield();
        b.abort();
        CHECK(b.broken());
        CHECK(b.n_waiting() == 0);
        CHECK_THROWS_AS(co_await waiting, broken_barrier_error);
        CHECK_THROWS_AS(co_await b.wait(), broken_barrier_error);
        b.abort();
        b.reset();
        CHECK_FALSE(b.broken());
        waiting = create_task(b.wait());
        co_await skein::yield();
        CHECK(co_await b.wait() == 1);
        CHECK(co_await waiting == 0);
    });
}

TEST_CASE("reset sends those who wait away, and the next round is whole") {
    run_virtual([]() -> task<> {
        barrier b(2);
        auto sent_away = create_task(b.wait());
        co_await skein::yield();
        b.reset();
        auto waiting = create_task(b.wait());
        co_await skein::yield();
        CHECK_THROWS_AS(co_await sent_away, broken_barrier_error);
        CHECK(b.n_waiting() == 1);
        CHECK(co_await b.wait() == 1);
        CHECK(co_await waiting == 0);
        b.reset();  // nobody is there
        CHECK_FALSE(b.broken());
    });
}

TEST_CASE("who has passed is not touched by an abort or reset that follows") {
    run_virtual([]() -> task<> {
        barrier b(2);
        auto waiting = create_task(b.wait());
        co_await skein::yield();
        co_await b.wait();
        b.abort();
        CHECK(co_await waiting == 0);
    });
}

TEST_CASE("the wait at a barrier takes a time limit, and stands in gather") {
    run_virtual([]() -> task<> {
        barrier b(2);
        CHECK_THROWS_AS(co_await skein::wait_for(b.wait(), 1s), skein::timeout_error);
        CHECK(virtual_loop::elapsed() == 1s);
        CHECK(b.n_waiting() == 0);
        const auto [x, y] = co_await skein::gather(b.wait(), skein::wait_for(b.wait(), 1s));
        CHECK(x + y == 1);
    });
}

TEST_CASE("who waits at a barrier that is destroyed is told") {
    run_virtual([]() -> task<> {
        std::optional<barrier> b(std::in_place, 2);
        auto waiting = create_task(b->wait());
        co_await skein::yield();
        b.reset();
        CHECK_THROWS_AS(co_await waiting, std::logic_error);
    });
}
