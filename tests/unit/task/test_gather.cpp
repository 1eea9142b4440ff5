// gather and settle.
#include "tasks.hpp"
#include "virtual_loop.hpp"

#include <skein/future.hpp>
#include <skein/gather.hpp>
#include <skein/shield.hpp>
#include <skein/sleep.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

using namespace std::chrono_literals;
using skein::cancelled_error;
using skein::create_task;
using skein::gather;
using skein::settle;
using skein::task;
using skein::tests::after;
using skein::tests::fail_after;
using skein::tests::gauge;
using skein::tests::measured;
using skein::tests::run_virtual;
using skein::tests::some_measured;
using skein::tests::unwind_slowly;
using skein::tests::virtual_loop;

TEST_CASE("gather gives results in the order of its arguments, whatever their order in time") {
    run_virtual([&]() -> task<> {
        const auto text = []() -> task<std::string> { co_return "text"; };
        const auto nothing = []() -> task<> { co_await skein::sleep(1s); };
        const auto unique = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(2); };
        auto [a, b, c, d] = co_await gather(after(3s, 1), text(), nothing(), unique());
        static_assert(std::is_same_v<decltype(c), std::monostate>);
        CHECK(a == 1);
        CHECK(b == "text");
        CHECK(*d == 2);
        CHECK(virtual_loop::elapsed() == 3s);
    });
}

TEST_CASE("gather of a vector gives results in its order") {
    run_virtual([&]() -> task<> {
        std::vector<task<int>> tasks;
        for (int i = 0; i < 10; ++i) tasks.push_back(after(std::chrono::seconds(10 - i), i));
        const auto values = co_await gather(std::move(tasks));
        CHECK(values == std::vector<int>({0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
        CHECK(virtual_loop::elapsed() == 10s);
    });
}

TEST_CASE("gather takes anything awaitable") {
    run_virtual([&]() -> task<> {
        skein::promise<int> source;
        auto made = create_task(after(1s, 5));
        source.set_value(6);
        const auto values = co_await gather(made, source.get_future(), skein::sleep(1s));
        CHECK(std::get<0>(values) == 5);
        CHECK(std::get<1>(values) == 6);
    });
}

TEST_CASE("what settle gives can be read where it may not be changed") {
    run_virtual([&]() -> task<> {
        std::vector<task<int>> tasks;
        tasks.push_back(after(1s, 5));
        tasks.push_back(fail_after<int>(1s, "no"));
        const auto all = co_await settle(std::move(tasks));
        CHECK(all[0].value() == 5);
        CHECK_THROWS_WITH_AS((void)all[1].value(), "no", std::runtime_error);
        std::vector<task<>> quiet;
        quiet.push_back([]() -> task<> { co_return; }());
        const auto nothing = co_await settle(std::move(quiet));
        nothing[0].value();
    });
}

TEST_CASE("gather and settle of nothing give nothing") {
    run_virtual([&]() -> task<> {
        CHECK((co_await gather(std::vector<task<int>>())).empty());
        CHECK((co_await settle(std::vector<task<int>>())).empty());
        co_await gather(std::vector<task<>>());
    });
}

TEST_CASE("the first error of a gather cancels the rest, waits until they have ended, and is thrown") {
    run_virtual([&]() -> task<> {
        bool ended = false;
        CHECK_THROWS_WITH(co_await gather(unwind_slowly(3s, ended), fail_after(1s, "first"), after(1h, 1)),
                          "first");
        CHECK(ended);
        CHECK(virtual_loop::elapsed() == 4s);
    });
}

TEST_CASE("an error in a child that had no wait before it stops those that have not begun") {
    run_virtual([&]() -> task<> {
        const auto at_once = []() -> task<int> {
            throw std::runtime_error("at once");
            co_return 0;
        };
        gauge g;
        CHECK_THROWS_WITH(co_await gather(at_once(), measured(g, 1)), "at once");
        CHECK(g.begun == 0);
    });
}

TEST_CASE("further errors of a gather are reported, not dropped") {
    virtual_loop loop;
    loop.run([]() -> task<> {
        CHECK_THROWS_WITH(co_await gather(fail_after(1s, "first"), fail_after(1s, "second")), "first");
    }());
    REQUIRE(loop.reports().size() == 1);
    CHECK(loop.reports()[0].starts_with("exception of a task in gather() after another one failed: "));
    CHECK(loop.reports()[0].find("fail_after (") != std::string::npos);  // which one
}

TEST_CASE("a child of a gather that is cancelled from elsewhere cancels the rest") {
    run_virtual([&]() -> task<> {
        auto inner = create_task(after(1h, 1));
        auto all = create_task(gather(inner, after(1h, 2)));
        co_await skein::sleep(1s);
        inner.cancel();
        CHECK_THROWS_AS(co_await all, cancelled_error);
        CHECK(virtual_loop::elapsed() == 1s);
    });
}

TEST_CASE("cancelling a task in a gather cancels all children and waits for them") {
    run_virtual([&]() -> task<> {
        bool ended = false;
        auto all = create_task(gather(unwind_slowly(3s, ended), after(1h, 2)));
        co_await skein::sleep(1s);
        all.cancel();
        CHECK_THROWS_AS(co_await all, cancelled_error);
        CHECK(ended);
        CHECK(virtual_loop::elapsed() == 4s);
    });
}

TEST_CASE("children of a gather in a cancelled task never begin") {
    run_virtual([&]() -> task<> {
        gauge g;
        const auto late = [&]() -> task<> {
            try {
                co_await skein::sleep(1h);
            } catch (const cancelled_error&) {}
            co_await gather(some_measured(g, 3), 2);
        };
        auto work = create_task(late());
        co_await skein::yield();
        work.cancel();
        CHECK_THROWS_AS(co_await work, cancelled_error);
        CHECK(g.begun == 0);
    });
}

TEST_CASE("a limit is the most that run at once, and is used") {
    for (const std::size_t limit : {std::size_t(1), std::size_t(3), std::size_t(100)}) {
        gauge g, h;
        run_virtual([&]() -> task<> {
            const auto values = co_await gather(some_measured(g, 20), limit);
            CHECK(values.size() == 20);
            CHECK(values[19] == 19);
            const auto outcomes = co_await settle(some_measured(h, 20), limit);
            CHECK(outcomes.size() == 20);
        });
        const int expected = static_cast<int>(std::min<std::size_t>(limit, 20));
        CHECK(g.most == expected);
        CHECK(h.most == expected);
        CHECK(g.begun == 20);
    }
}

TEST_CASE("when the last task begins in the last place that was free, all are still waited for") {
    run_virtual([]() -> task<> {
        std::vector<task<int>> work;
        for (int i = 1; i <= 5; ++i) work.push_back(after(std::chrono::seconds(i * i), i));
        const auto values = co_await gather(std::move(work), 3);
        CHECK(values == std::vector<int>{1, 2, 3, 4, 5});
        CHECK(virtual_loop::elapsed() == 1s + 16s + 4s + 8s);
    });
}

TEST_CASE("after an error in a limited gather nothing more begins") {
    run_virtual([&]() -> task<> {
        gauge g;
        auto tasks = some_measured(g, 10);
        tasks[0] = fail_after<int>(0s, "no");
        CHECK_THROWS_WITH(co_await gather(std::move(tasks), 2), "no");
        CHECK(g.begun == 1);
    });
}

TEST_CASE("a limit of 0 is an invalid_argument at the call") {
    CHECK_THROWS_AS(static_cast<void>(gather(std::vector<task<int>>(), 0)), std::invalid_argument);
    CHECK_THROWS_AS(static_cast<void>(gather(std::vector<task<>>(), 0)), std::invalid_argument);
    CHECK_THROWS_AS(static_cast<void>(settle(std::vector<task<int>>(), 0)), std::invalid_argument);
}

TEST_CASE("an empty task in a gather is a logic_error and nothing begins") {
    run_virtual([&]() -> task<> {
        gauge g;
        auto tasks = some_measured(g, 2);
        tasks.emplace_back();
        CHECK_THROWS_AS(co_await gather(std::move(tasks)), std::logic_error);
        CHECK_THROWS_AS(co_await gather(measured(g, 1), task<>()), std::logic_error);
        CHECK(g.begun == 0);
    });
}

TEST_CASE("settle gives what became of each, in order, and none stops the others") {
    run_virtual([&]() -> task<> {
        auto doomed = create_task(after(1h, 1));
        const auto wait_for_doomed = [&]() -> task<int> { co_return co_await doomed; };
        const auto cancel_doomed = [&]() -> task<int> {
            co_await skein::sleep(1s);
            doomed.cancel();
            co_return 4;
        };
        std::vector<task<int>> tasks;
        tasks.push_back(after(3s, 1));
        tasks.push_back(fail_after<int>(1s, "no"));
        tasks.push_back(wait_for_doomed());
        tasks.push_back(cancel_doomed());
        auto outcomes = co_await settle(std::move(tasks));
        REQUIRE(outcomes.size() == 4);
        CHECK(outcomes[0].value() == 1);
        CHECK_THROWS_WITH(outcomes[1].value(), "no");
        CHECK(outcomes[2].cancelled());
        CHECK(outcomes[3].value() == 4);
        CHECK(virtual_loop::elapsed() == 3s);
    });
}

TEST_CASE("settle of tasks without a result") {
    run_virtual([&]() -> task<> {
        const auto fail = []() -> task<> {
            throw std::runtime_error("no");
            co_return;
        };
        std::vector<task<>> tasks;
        tasks.push_back(skein::sleep(1s));
        tasks.push_back(fail());
        auto outcomes = co_await settle(std::move(tasks));
        CHECK(outcomes[0]);
        outcomes[0].value();
        CHECK_THROWS_WITH(outcomes[1].value(), "no");
    });
}

TEST_CASE("cancelling a task in settle cancels all children, begins no more, and is not an outcome") {
    run_virtual([&]() -> task<> {
        gauge g;
        auto all = create_task(settle(some_measured(g, 10), 4));
        co_await skein::yield();
        co_await skein::yield();
        all.cancel();
        CHECK_THROWS_AS(co_await all, cancelled_error);
        CHECK(g.begun == 4);
    });
}

TEST_CASE("a hundred thousand tasks in one gather") {
    run_virtual([&]() -> task<> {
        std::vector<task<int>> tasks;
        for (int i = 0; i < 100'000; ++i) tasks.push_back(after(std::chrono::milliseconds(i % 100), 1));
        long sum = 0;
        for (const int value : co_await gather(std::move(tasks), 1000)) sum += value;
        CHECK(sum == 100'000);
    });
}

TEST_CASE("starting many tasks does not keep others waiting") {
    for (const bool limited : {false, true}) {
        run_virtual([&]() -> task<> {
            gauge g;
            int begun_when_it_ran = -1;
            const auto other = [&]() -> task<> {
                co_await skein::yield();
                begun_when_it_ran = g.begun;
            };
            auto beside = create_task(other());
            co_await gather(some_measured(g, 10'000), limited ? 5'000 : skein::no_limit);
            CHECK(g.begun == 10'000);
            CHECK(g.most == (limited ? 5'000 : 10'000));
            CHECK(begun_when_it_ran < 1'000);
        });
    }
}

TEST_CASE("settle: a cancel that comes when all have ended takes nothing away") {
    run_virtual([&]() -> task<> {
        std::size_t got = 0;
        const auto all = [&]() -> task<> {
            std::vector<task<int>> tasks;
            tasks.push_back(after(1s, 1));
            tasks.push_back(fail_after<int>(1s, "no"));
            got = (co_await settle(std::move(tasks))).size();
            co_await skein::yield();
        };
        auto work = create_task(all());
        const auto cancel = [&]() -> task<> {
            co_await skein::sleep(1s);  // begun last, so it is woken after the others of this moment
            work.cancel();
        };
        co_await skein::yield();
        co_await skein::yield();
        co_await cancel();
        CHECK_THROWS_AS(co_await work, cancelled_error);
        CHECK(got == 2);
    });
}

TEST_CASE("settle: an error of a task that was told to end goes to the exception handler") {
    virtual_loop loop;
    loop.run([]() -> task<> {
        std::vector<task<int>> tasks;
        tasks.push_back(after(1h, 1));
        tasks.push_back(skein::tests::fail_when_cancelled("late"));
        auto work = create_task(settle(std::move(tasks)));
        co_await skein::sleep(1s);
        work.cancel();
        CHECK_THROWS_AS(co_await work, cancelled_error);
    }());
    REQUIRE(loop.reports().size() == 1);
    CHECK(loop.reports()[0].starts_with("exception of a task in settle() that was cancelled: "));
}
