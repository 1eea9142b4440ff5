// Tasks that wait for each other in a circle: they never end, but they can be cancelled, so run() ends.
#include "virtual_loop.hpp"

#include <skein/as_completed.hpp>
#include <skein/error.hpp>
#include <skein/future.hpp>
#include <skein/gather.hpp>
#include <skein/sleep.hpp>
#include <skein/task_group.hpp>
#include <skein/timeout.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using skein::cancelled_error;
using skein::create_task;
using skein::future;
using skein::task;
using skein::tests::run_virtual;
using skein::tests::virtual_loop;

namespace {

task<> follow(std::vector<future<>>& all, std::size_t whom) {
    co_await all.at(whom);
}

}  // namespace

TEST_CASE("a circle of tasks that await each other ends when one of them is cancelled") {
    for (const std::size_t first : {0u, 1u, 2u}) {
        run_virtual([&]() -> task<> {
            std::vector<future<>> circle;
            for (std::size_t i = 0; i < 3; ++i) circle.push_back(create_task(follow(circle, (i + 1) % 3)));
            auto outside = create_task(follow(circle, 1));  // leads to it, and is no part of it
            co_await skein::sleep(1s);
            CHECK(circle[first].cancel());
            CHECK_THROWS_AS(co_await outside, cancelled_error);
            for (auto& one : circle) {
                CHECK_THROWS_AS(co_await one, cancelled_error);
                CHECK(one.cancelled());
            }
            CHECK(virtual_loop::elapsed() == 1s);
        });
    }
}

TEST_CASE("a circle that nobody has broken ends with the loop") {
    std::vector<future<>> circle;
    run_virtual([&]() -> task<> {
        circle.push_back(create_task(follow(circle, 1)));
        circle.push_back(create_task(follow(circle, 0)));
        co_await skein::yield();
    });
    CHECK(circle[0].cancelled());
    CHECK(circle[1].cancelled());
}

TEST_CASE("a circle through scopes: who waits for a task that waits for it leaves, the scopes wait") {
    std::vector<std::string> log;
    run_virtual([&]() -> task<> {
        future<int> self;
        const auto inner = [&]() -> task<int> {
            try {
                co_return co_await self;
            } catch (const cancelled_error&) {
                log.emplace_back("inner");
                throw;
            }
        };
        const auto outer = [&]() -> task<int> {
            try {
                const auto values = co_await skein::gather(inner(), inner());
                co_return std::get<0>(values);
            } catch (const cancelled_error&) {
                log.emplace_back("outer");
                throw;
            }
        };
        self = create_task(outer());
        co_await skein::yield();
        co_await skein::yield();
        self.cancel();
        CHECK_THROWS_AS(co_await self, cancelled_error);
    });
    CHECK(log == std::vector<std::string>{"inner", "inner", "outer"});
}

TEST_CASE("a circle through a scope that ends by its owner's will, who does not wait yet") {
    for (const bool throws : {false, true}) {
        std::vector<std::string> log;
        run_virtual([&]() -> task<> {
            future<> self;
            const auto waits_for_owner = [&]() -> task<> {
                try {
                    co_await self;
                } catch (const cancelled_error&) {
                    log.emplace_back("inner");
                    throw;
                }
            };
            const auto ends = []() -> task<> { co_return; };
            const auto stop = [&](skein::outcome<void>) -> task<bool> {
                if (throws) throw std::runtime_error("enough");
                co_return false;
            };
            const auto outer = [&]() -> task<> {
                std::vector<task<>> both;
                both.push_back(waits_for_owner());
                both.push_back(ends());
                try {
                    co_await skein::as_completed(std::move(both), stop);
                } catch (const std::runtime_error& e) {
                    log.emplace_back(e.what());
                }
                log.emplace_back("outer");
                co_await skein::yield();
            };
            self = create_task(outer());
            CHECK_THROWS_AS(co_await self, cancelled_error);
        });
        if (throws)
            CHECK(log == std::vector<std::string>{"inner", "enough", "outer"});
        else
            CHECK(log == std::vector<std::string>{"inner", "outer"});
    }
}

TEST_CASE("a circle through a task that was about to run when it was cancelled") {
    run_virtual([&]() -> task<> {
        future<> self;
        bool left = false;
        const auto waits_for_owner = [&]() -> task<> {
            try {
                co_await self;
            } catch (const cancelled_error&) {
                left = true;
                throw;
            }
        };
        const auto ends = []() -> task<> { co_return; };
        const auto middle = [&]() -> task<> {  // has a place free again, and is to fill it
            std::vector<task<>> three;
            three.push_back(waits_for_owner());
            three.push_back(ends());
            three.push_back(ends());
            (void)co_await skein::settle(std::move(three), 2);
        };
        const auto stop = [](skein::outcome<void>) -> task<bool> { co_return false; };
        const auto outer = [&]() -> task<> {
            std::vector<task<>> both;
            both.push_back(middle());
            both.push_back(ends());
            co_await skein::as_completed(std::move(both), stop);
        };
        self = create_task(outer());
        try {
            co_await self;
        } catch (const cancelled_error&) {}
        CHECK(left);
    });
}

TEST_CASE("a time limit on one's own future ends it") {
    run_virtual([&]() -> task<> {
        future<int> self;
        const auto narcissus = [&]() -> task<int> { co_return co_await skein::wait_for(self, 1s); };
        self = create_task(narcissus());
        CHECK_THROWS_AS(co_await self, cancelled_error);
        CHECK(virtual_loop::elapsed() == 1s);
    });
}

TEST_CASE("who leads to a circle without being in it waits until what it awaits has unwound") {
    run_virtual([&]() -> task<> {
        std::vector<future<>> circle;
        bool unwound = false;
        const auto slow = [&]() -> task<> {
            try {
                co_await circle.at(1);
            } catch (const cancelled_error&) {
                unwound = true;
                throw;
            }
        };
        circle.push_back(create_task(slow()));
        circle.push_back(create_task(follow(circle, 0)));
        auto outside = create_task(follow(circle, 0));
        co_await skein::yield();
        co_await skein::yield();
        outside.cancel();
        CHECK_THROWS_AS(co_await outside, cancelled_error);
        CHECK(unwound);
    });
}

TEST_CASE("a circle does not concern those who are cancelled on the way") {
    run_virtual([&]() -> task<> {
        future<> self;
        skein::promise<> never;
        const auto narcissus = [&]() -> task<> { co_await skein::wait_for(self, 1s); };
        const auto waits = [&]() -> task<> { co_await never.get_future(); };
        const auto outer = [&]() -> task<> { co_await skein::gather(narcissus(), waits()); };
        self = create_task(outer());
        CHECK_THROWS_AS(co_await self, cancelled_error);
        CHECK(never.done());
        CHECK(virtual_loop::elapsed() == 1s);
    });
}
