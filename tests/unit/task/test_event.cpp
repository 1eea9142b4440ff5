// event: a flag that tasks wait for.
#include "virtual_loop.hpp"

#include <skein/error.hpp>
#include <skein/event.hpp>
#include <skein/future.hpp>
#include <skein/gather.hpp>
#include <skein/sleep.hpp>
#include <skein/timeout.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <vector>

using namespace std::chrono_literals;
using skein::cancelled_error;
using skein::create_task;
using skein::event;
using skein::future;
using skein::task;
using skein::tests::run_virtual;
using skein::tests::virtual_loop;

namespace {

task<> wait_and_note(event& e, std::vector<int>& order, int who) {
    co_await e.wait();
    order.push_back(who);
}

}  // namespace

TEST_CASE("set wakes everybody who waits, in order of arrival, and nobody inside set") {
    run_virtual([]() -> task<> {
        event e;
        std::vector<int> order;
        for (int i = 0; i < 5; ++i) create_task(wait_and_note(e, order, i));
        co_await skein::yield();
        CHECK(order.empty());
        e.set();
        CHECK(order.empty());
        co_await skein::yield();
        CHECK(order == std::vector<int>{0, 1, 2, 3, 4});
    });
}

TEST_CASE("the wait for an event that is set is none") {
    run_virtual([]() -> task<> {
        event e;
        CHECK_FALSE(e.is_set());
        e.set();
        e.set();
        CHECK(e.is_set());
        bool other_ran = false;
        const auto other = [&]() -> task<> {
            other_ran = true;
            co_return;
        };
        auto started = create_task(other());
        co_await e.wait();
        CHECK_FALSE(other_ran);
        co_await started;  // it uses what is here
    });
}

TEST_CASE("who was woken goes on though the event is cleared at once; who comes after waits") {
    run_virtual([]() -> task<> {
        event e;
        std::vector<int> order;
        create_task(wait_and_note(e, order, 1));
        co_await skein::yield();
        e.set();
        e.clear();
        auto late = create_task(wait_and_note(e, order, 2));
        co_await skein::yield();
        CHECK(order == std::vector<int>{1});
        CHECK_FALSE(late.done());
        e.set();
        co_await late;
    });
}

TEST_CASE("a cancelled task leaves the event; the others still wait") {
    run_virtual([]() -> task<> {
        event e;
        std::vector<int> order;
        auto a = create_task(wait_and_note(e, order, 1));
        auto b = create_task(wait_and_note(e, order, 2));
        auto c = create_task(wait_and_note(e, order, 3));
        co_await skein::yield();
        b.cancel();
        CHECK_THROWS_AS(co_await b, cancelled_error);
        e.set();
        co_await c;
        CHECK(order == std::vector<int>{1, 3});
    });
}

TEST_CASE("a cancel after set comes too late for this wait, and is seen at the next") {
    run_virtual([]() -> task<> {
        event e;
        bool woken = false;
        const auto body = [&]() -> task<> {
            co_await e.wait();
            woken = true;
            co_await e.wait();  // set, but the task is cancelled
        };
        auto work = create_task(body());
        co_await skein::yield();
        e.set();
        work.cancel();
        CHECK_THROWS_AS(co_await work, cancelled_error);
        CHECK(woken);
    });
}

TEST_CASE("the wait for an event takes a time limit, and stands in gather and create_task") {
    run_virtual([]() -> task<> {
        event e;
        CHECK_THROWS_AS(co_await skein::wait_for(e.wait(), 1s), skein::timeout_error);
        CHECK(virtual_loop::elapsed() == 1s);
        auto waiting = create_task(e.wait());
        std::vector<task<>> both;
        both.push_back(e.wait());
        both.push_back(e.wait());
        e.set();
        co_await skein::gather(std::move(both));
        co_await skein::gather(e.wait(), e.wait());
        co_await waiting;
        co_await skein::wait_for(e.wait(), 1s);
    });
}

TEST_CASE("who waits for an event that is destroyed is told") {
    run_virtual([]() -> task<> {
        std::optional<event> e(std::in_place);
        auto a = create_task(e->wait());
        auto b = create_task(e->wait());
        co_await skein::yield();
        e.reset();
        b.cancel();  // too late: the wait is over
        CHECK_THROWS_AS(co_await a, std::logic_error);
        CHECK_THROWS_AS(co_await b, std::logic_error);
    });
}

TEST_CASE("an event needs no loop until somebody waits") {
    event e;
    e.set();
    e.clear();
    e.set();
    run_virtual([&]() -> task<> { co_await e.wait(); });
    run_virtual([&]() -> task<> { co_await e.wait(); });
    CHECK(e.is_set());
}

TEST_CASE("100,000 tasks wait for an event; cancelling every other one, from either end, is quick") {
    constexpr std::size_t count = 100'000;
    for (const bool backwards : {false, true}) {
        run_virtual([&]() -> task<> {
            event e;
            std::size_t woken = 0;
            const auto body = [&]() -> task<> {
                co_await e.wait();
                ++woken;
            };
            std::vector<future<>> tasks;
            for (std::size_t i = 0; i < count; ++i) tasks.push_back(create_task(body()));
            co_await skein::yield();
            for (std::size_t i = 0; i < count; i += 2) tasks[backwards ? count - 1 - i : i].cancel();
            e.set();
            co_await skein::sleep(1s);
            CHECK(woken == count / 2);
        });
    }
}
