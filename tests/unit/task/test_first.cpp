// first and first_success.
#include "tasks.hpp"
#include "virtual_loop.hpp"

#include <skein/error.hpp>
#include <skein/first.hpp>
#include <skein/future.hpp>
#include <skein/sleep.hpp>
#include <skein/timeout.hpp>

#include <doctest/doctest.h>

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

using namespace std::chrono_literals;
using skein::cancelled_error;
using skein::create_task;
using skein::exception_group;
using skein::first;
using skein::first_success;
using skein::task;
using skein::tests::after;
using skein::tests::fail_after;
using skein::tests::fail_when_cancelled;
using skein::tests::gauge;
using skein::tests::measured;
using skein::tests::run_virtual;
using skein::tests::some_measured;
using skein::tests::unwind_slowly;
using skein::tests::value_when_cancelled;
using skein::tests::virtual_loop;

namespace {

// Tasks of one type, for the vector forms.
template <class... T>
std::vector<task<int>> all(T... tasks) {
    std::vector<task<int>> list;
    (list.push_back(std::move(tasks)), ...);
    return list;
}

task<std::shared_ptr<int>> lend(std::shared_ptr<int> what, skein::clock::duration delay) {
    try {
        co_await skein::sleep(delay);
    } catch (const cancelled_error&) {}
    co_return what;
}

std::string whats(const exception_group& group) {
    std::string text;
    for (const auto& one : group.exceptions()) {
        try {
            std::rethrow_exception(one);
        } catch (const std::exception& e) {
            text.append(e.what()).append(";");
        } catch (const cancelled_error&) {
            text.append("cancelled;");
        }
    }
    return text;
}

}  // namespace

// ---- first

TEST_CASE("first gives the value of who ends first, and says who that was") {
    run_virtual([&]() -> task<> {
        const auto text = []() -> task<std::string> {
            co_await skein::sleep(1s);
            co_return "text";
        };
        auto winner = co_await first(after(2s, 1), text(), after(3s, 2), skein::sleep(4s));
        static_assert(std::is_same_v<decltype(winner), std::variant<int, std::string, int, std::monostate>>);
        REQUIRE(winner.index() == 1);
        CHECK(std::get<1>(winner) == "text");
        CHECK(virtual_loop::elapsed() == 1s);
    });
}

TEST_CASE("first: of two with the same type the index tells which one it was") {
    run_virtual([&]() -> task<> {
        auto winner = co_await first(after(2s, 1), after(1s, 2));
        REQUIRE(winner.index() == 1);
        CHECK(std::get<1>(winner) == 2);
        winner = co_await first(after(1s, 3), after(2s, 4));
        REQUIRE(winner.index() == 0);
        CHECK(std::get<0>(winner) == 3);
    });
}

TEST_CASE("first takes what can only be moved, void, and anything awaitable") {
    run_virtual([&]() -> task<> {
        const auto unique = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(5); };
        auto one = co_await first(unique());
        CHECK(*std::get<0>(one) == 5);
        auto work = create_task(after(2s, 1));
        const auto two = co_await first(work, skein::sleep(1s));
        CHECK(two.index() == 1);
        CHECK(work.cancelled());  // as a future is whose awaiting task is cancelled
    });
}

TEST_CASE("first of those that end in the same turn is who came first; the rest never begins") {
    run_virtual([&]() -> task<> {
        const auto at_once = []() -> task<int> { co_return 7; };
        gauge g;
        const auto winner = co_await first(at_once(), measured(g, 1));
        CHECK(winner.index() == 0);
        CHECK(g.begun == 0);
        const auto value = co_await first(all(after(1s, 1), after(1s, 2), after(1s, 3)));
        CHECK(value == 1);
    });
}

TEST_CASE("first waits until the losers have ended") {
    run_virtual([&]() -> task<> {
        bool ended = false;
        const auto winner = co_await first(unwind_slowly(3s, ended), after(1s, 1));
        CHECK(winner.index() == 1);
        CHECK(ended);
        CHECK(virtual_loop::elapsed() == 4s);
    });
}

TEST_CASE("first destroys the values of the losers when they come, not at the end") {
    run_virtual([&]() -> task<> {
        const auto one = std::make_shared<int>(1);
        const auto two = std::make_shared<int>(2);
        bool ended = false;
        const auto race = [&]() -> task<> {
            auto winner = co_await first(lend(one, 1s), lend(two, 1h), unwind_slowly(5s, ended));
            CHECK(winner.index() == 0);
            CHECK(one.use_count() == 2);
        };
        auto running = create_task(race());
        co_await skein::sleep(2s);  // won at 1 s; the third still unwinds
        CHECK_FALSE(ended);
        CHECK(two.use_count() == 1);
        co_await running;
        CHECK(one.use_count() == 1);
    });
}

TEST_CASE("first: an error that comes first is thrown, after the others have ended") {
    run_virtual([&]() -> task<> {
        bool ended = false;
        CHECK_THROWS_WITH(co_await first(fail_after<int>(1s, "first"), unwind_slowly(3s, ended)), "first");
        CHECK(ended);
        CHECK_THROWS_WITH(co_await first(all(after(2s, 1), fail_after<int>(1s, "of many"))), "of many");
    });
}

TEST_CASE("errors of those that have lost are reported, not dropped") {
    virtual_loop loop;
    loop.run([]() -> task<> {
        const auto winner = co_await first(after(1s, 4), fail_when_cancelled("late"), fail_after(1s, "same"));
        CHECK(std::get<0>(winner) == 4);
        const auto value = co_await first(all(after(1s, 5), fail_when_cancelled("late")));
        CHECK(value == 5);
    }());
    CHECK(loop.reports() == std::vector<std::string>(3, "exception of a task in first() that had lost"));
}

TEST_CASE("first: one that is cancelled from elsewhere counts as an error") {
    run_virtual([&]() -> task<> {
        auto doomed = create_task(after(1h, 1));
        auto race = create_task(first(doomed, after(2h, 2)));
        co_await skein::sleep(1s);
        doomed.cancel();
        CHECK_THROWS_AS(co_await race, cancelled_error);
        CHECK(virtual_loop::elapsed() == 1s);
    });
}

TEST_CASE("cancelling a task in first cancels all and waits for them") {
    run_virtual([&]() -> task<> {
        bool ended = false;
        auto race = create_task(first(unwind_slowly(3s, ended), after(1h, 1)));
        co_await skein::sleep(1s);
        race.cancel();
        CHECK_THROWS_AS(co_await race, cancelled_error);
        CHECK(ended);
        CHECK(virtual_loop::elapsed() == 4s);
    });
}

TEST_CASE("first: a value that comes in spite of a cancel is given, whoever ended before as it was told") {
    run_virtual([&]() -> task<> {
        int got = 0;
        const auto race = [&]() -> task<> {
            const auto winner = co_await first(after(1h, 1), value_when_cancelled(6));
            got = std::get<1>(winner);
        };
        auto running = create_task(race());
        co_await skein::sleep(1s);
        running.cancel();
        co_await running;
        CHECK(got == 6);
    });
}

TEST_CASE("first: a cancel after the race is won does not take the value away") {
    run_virtual([&]() -> task<> {
        bool ended = false;
        int got = 0;
        const auto race = [&]() -> task<> {
            const auto winner = co_await first(after(1s, 8), unwind_slowly(10s, ended));
            got = std::get<0>(winner);
        };
        auto running = create_task(race());
        co_await skein::sleep(5s);
        running.cancel();
        co_await running;
        CHECK(got == 8);
        CHECK(ended);
    });
}

TEST_CASE("first in a cancelled task begins nothing") {
    run_virtual([&]() -> task<> {
        gauge g;
        const auto late = [&]() -> task<> {
            try {
                co_await skein::sleep(1h);
            } catch (const cancelled_error&) {}
            CHECK_THROWS_AS(co_await first(measured(g, 1), measured(g, 2)), cancelled_error);
            CHECK_THROWS_AS(co_await first(some_measured(g, 3)), cancelled_error);
            CHECK_THROWS_AS(co_await first_success(some_measured(g, 3)), cancelled_error);
        };
        auto work = create_task(late());
        co_await skein::yield();
        work.cancel();
        co_await work;
        CHECK(g.begun == 0);
    });
}

TEST_CASE("first is what a time limit can be made of, and takes one itself") {
    run_virtual([&]() -> task<> {
        CHECK((co_await first(skein::sleep(1s), after(2s, 1))).index() == 0);
        CHECK_THROWS_AS(co_await skein::wait_for(first(after(1h, 1), after(2h, 2)), 3s),
                        skein::timeout_error);
        CHECK(virtual_loop::elapsed() == 4s);
    });
}

TEST_CASE("the first of no tasks is an invalid_argument, an empty task a logic_error, and nothing begins") {
    CHECK_THROWS_AS((void)first(std::vector<task<int>>()), std::invalid_argument);
    CHECK_THROWS_AS((void)first(std::vector<task<>>()), std::invalid_argument);
    CHECK_THROWS_AS((void)first_success(std::vector<task<int>>()), std::invalid_argument);
    run_virtual([&]() -> task<> {
        gauge g;
        CHECK_THROWS_AS((void)first(all(measured(g, 1), task<int>())), std::logic_error);
        CHECK_THROWS_AS((void)first(measured(g, 1), task<>()), std::logic_error);
        CHECK_THROWS_AS((void)first_success(all(measured(g, 1)), 0), std::invalid_argument);
        CHECK(g.begun == 0);
        co_return;
    });
}

TEST_CASE("first of a thousand, and of tasks without a result") {
    run_virtual([&]() -> task<> {
        std::vector<task<int>> many;
        for (int i = 0; i < 1000; ++i) many.push_back(after(std::chrono::seconds(1 + (i * 7 + 3) % 1000), i));
        CHECK(co_await first(std::move(many)) == 571);  // 571 * 7 + 3 is 4000
        std::vector<task<>> plain;
        plain.push_back(skein::sleep(5s));
        plain.push_back(skein::sleep(1s));
        co_await first(std::move(plain));
        CHECK(virtual_loop::elapsed() == 2s);
    });
}

// ---- first_success

TEST_CASE("first_success gives the first value, whatever failed before it") {
    run_virtual([&]() -> task<> {
        bool ended = false;
        const auto value = co_await first_success(
            all(fail_after<int>(1s, "a"), unwind_slowly(2s, ended), after(3s, 9), fail_after<int>(2s, "b")));
        CHECK(value == 9);
        CHECK(ended);
        CHECK(virtual_loop::elapsed() == 5s);
    });
}

TEST_CASE("first_success throws all errors, in the order of the tasks, if none succeeds") {
    run_virtual([&]() -> task<> {
        auto doomed = create_task(after(1h, 1));
        const auto wait_for_doomed = [&]() -> task<int> { co_return co_await doomed; };
        const auto doom = [&]() -> task<int> {
            co_await skein::sleep(1s);
            doomed.cancel();
            throw std::runtime_error("doom");
        };
        try {
            co_await first_success(all(fail_after<int>(3s, "a"), wait_for_doomed(), doom()));
            FAIL("no error");
        } catch (const exception_group& group) {
            CHECK(whats(group) == "a;cancelled;doom;");
            CHECK(std::string(group.what()) == "none of 3 tasks succeeded: a");
        }
        CHECK(virtual_loop::elapsed() == 3s);
        CHECK_THROWS_WITH(co_await first_success(all(fail_after<int>(1s, "b"))), "the only task failed: b");
    });
}

TEST_CASE("first_success with a limit of 1 tries one after another, and no more than it needs") {
    run_virtual([&]() -> task<> {
        gauge g;
        auto tasks = all(fail_after<int>(1s, "a"), fail_after<int>(1s, "b"), measured(g, 3), measured(g, 4));
        CHECK(co_await first_success(std::move(tasks), 1) == 3);
        CHECK(g.begun == 1);
        CHECK(virtual_loop::elapsed() == 3s);
    });
}

TEST_CASE("first_success: who loses is cancelled; what it throws then is reported") {
    virtual_loop loop;
    loop.run([]() -> task<> {
        CHECK(co_await first_success(all(fail_when_cancelled("late"), after(1s, 1))) == 1);
    }());
    CHECK(loop.reports() == std::vector<std::string>({"exception of a task in first() that had lost"}));
}

TEST_CASE("cancelling a task in first_success throws cancelled_error, not the errors so far") {
    run_virtual([&]() -> task<> {
        auto race = create_task(first_success(all(fail_after<int>(1s, "a"), after(1h, 1))));
        co_await skein::sleep(2s);
        race.cancel();
        CHECK_THROWS_AS(co_await race, cancelled_error);
        CHECK(virtual_loop::elapsed() == 2s);
    });
}
