// as_completed.
#include "tasks.hpp"
#include "virtual_loop.hpp"

#include <skein/as_completed.hpp>
#include <skein/future.hpp>
#include <skein/sleep.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using skein::as_completed;
using skein::cancelled_error;
using skein::create_task;
using skein::outcome;
using skein::task;
using skein::tests::after;
using skein::tests::fail_after;
using skein::tests::fail_when_cancelled;
using skein::tests::gauge;
using skein::tests::measured;
using skein::tests::run_virtual;
using skein::tests::some_measured;
using skein::tests::unwind_slowly;
using skein::tests::virtual_loop;

namespace {

constexpr const char* not_taken = "exception of a task in as_completed() that nobody took";

// Tasks that end after so many seconds, and give that number.
template <class... Seconds>
std::vector<task<int>> ending_after(Seconds... s) {
    std::vector<task<int>> tasks;
    (tasks.push_back(after(std::chrono::seconds(s), s)), ...);
    return tasks;
}

}  // namespace

TEST_CASE("as_completed hands over each outcome in the order of ending") {
    run_virtual([&]() -> task<> {
        std::string order;
        auto tasks = ending_after(3, 1, 2);
        tasks.push_back(fail_after<int>(1500ms, "no"));
        const auto note = [&](outcome<int> one) -> task<> {
            order += one ? std::to_string(one.value()) : "x";
            CHECK((one || virtual_loop::elapsed() == 1500ms));
            co_return;
        };
        co_await as_completed(std::move(tasks), note);
        CHECK(order == "1x23");
        CHECK(virtual_loop::elapsed() == 3s);
    });
}

TEST_CASE("as_completed of nothing calls nobody") {
    run_virtual([&]() -> task<> {
        const auto never = [](outcome<int>) -> task<> {
            FAIL_CHECK("called");
            co_return;
        };
        co_await as_completed(std::vector<task<int>>(), never);
        co_await as_completed(std::vector<task<int>>(), 3, never);
    });
}

TEST_CASE("as_completed calls one at a time; the tasks go on meanwhile") {
    run_virtual([&]() -> task<> {
        int inside = 0;
        std::string order;
        const auto slow = [&](outcome<int> one) -> task<> {
            CHECK(++inside == 1);
            co_await skein::sleep(2s);
            --inside;
            order += std::to_string(one.value());
        };
        co_await as_completed(ending_after(1, 1, 2, 2), slow);
        CHECK(order == "1122");
        CHECK(virtual_loop::elapsed() == 9s);
    });
}

TEST_CASE("as_completed: a result that waits for its turn counts toward the limit") {
    for (const std::size_t limit : {std::size_t(1), std::size_t(3), std::size_t(50)}) {
        run_virtual([&]() -> task<> {
            gauge g;
            int handed = 0;
            const auto slow = [&](outcome<int>) -> task<> {
                ++handed;
                CHECK(g.begun <= handed + static_cast<int>(limit));
                co_await skein::sleep(10s);
            };
            co_await as_completed(some_measured(g, 20), limit, slow);
            CHECK(handed == 20);
            CHECK(g.most == static_cast<int>(std::min<std::size_t>(limit, 20)));
        });
    }
}

TEST_CASE("as_completed: false stops, cancels the rest and waits for it; nothing more begins") {
    run_virtual([&]() -> task<> {
        gauge g;
        bool ended = false;
        std::vector<task<int>> tasks;
        tasks.push_back(after(1s, 1));
        tasks.push_back(after(2s, 2));
        tasks.push_back(unwind_slowly(5s, ended));
        for (int i = 0; i < 5; ++i) tasks.push_back(measured(g, i));
        std::string order;
        const auto until_two = [&](outcome<int> one) -> task<bool> {
            order += std::to_string(one.value());
            co_return one.value() != 2;
        };
        co_await as_completed(std::move(tasks), 3, until_two);
        CHECK(order == "12");
        CHECK(ended);
        CHECK(g.begun == 1);
        CHECK(virtual_loop::elapsed() == 7s);
    });
}

TEST_CASE("as_completed: what each throws ends it, after the rest was cancelled and has ended") {
    run_virtual([&]() -> task<> {
        bool ended = false;
        std::vector<task<int>> tasks;
        tasks.push_back(after(1s, 1));
        tasks.push_back(unwind_slowly(5s, ended));
        const auto fail = [](outcome<int>) -> task<> {
            throw std::runtime_error("each");
            co_return;
        };
        CHECK_THROWS_WITH(co_await as_completed(std::move(tasks), fail), "each");
        CHECK(ended);
        CHECK(virtual_loop::elapsed() == 6s);
        const auto fail_at_the_call = [](outcome<int>) -> task<> { throw std::runtime_error("call"); };
        CHECK_THROWS_WITH(co_await as_completed(ending_after(1, 2), fail_at_the_call), "call");
    });
}

TEST_CASE("as_completed: errors that nobody was handed are reported") {
    virtual_loop loop;
    loop.run([]() -> task<> {
        std::vector<task<int>> tasks;
        tasks.push_back(after(1s, 1));
        tasks.push_back(fail_after<int>(1s, "in the same turn"));
        tasks.push_back(fail_when_cancelled("while unwinding"));
        tasks.push_back(after(1h, 2));
        const auto one_is_enough = [](outcome<int>) -> task<bool> { co_return false; };
        co_await as_completed(std::move(tasks), one_is_enough);
    }());
    CHECK(loop.reports() == std::vector<std::string>({not_taken, not_taken}));
}

TEST_CASE("as_completed: a task that is cancelled from elsewhere is an outcome like others") {
    run_virtual([&]() -> task<> {
        auto doomed = create_task(after(1h, 1));
        const auto wait_for_doomed = [&]() -> task<int> { co_return co_await doomed; };
        const auto doom = [&]() -> task<int> {
            co_await skein::sleep(1s);
            doomed.cancel();
            co_await skein::sleep(1s);
            co_return 2;
        };
        std::vector<task<int>> tasks;
        tasks.push_back(wait_for_doomed());
        tasks.push_back(doom());
        std::string order;
        const auto note = [&](outcome<int> one) -> task<> {
            order += one.cancelled() ? "c" : std::to_string(one.value());
            co_return;
        };
        co_await as_completed(std::move(tasks), note);
        CHECK(order == "c2");
    });
}

TEST_CASE("cancelling as_completed while it waits: all are cancelled, each sees none of them") {
    run_virtual([&]() -> task<> {
        bool ended = false;
        int calls = 0;
        const auto count = [&](outcome<int>) -> task<> {
            ++calls;
            co_return;
        };
        std::vector<task<int>> tasks;
        tasks.push_back(after(1s, 1));
        tasks.push_back(unwind_slowly(3s, ended));
        auto work = create_task(as_completed(std::move(tasks), count));
        co_await skein::sleep(2s);
        work.cancel();
        CHECK_THROWS_AS(co_await work, cancelled_error);
        CHECK(ended);
        CHECK(calls == 1);
        CHECK(virtual_loop::elapsed() == 5s);
    });
}

TEST_CASE("cancelling as_completed inside each: each is cancelled where it waits, and so is the rest") {
    run_virtual([&]() -> task<> {
        bool ended = false;
        std::string seen;
        const auto slow = [&](outcome<int>) -> task<> {
            seen += "b";
            try {
                co_await skein::sleep(1h);
            } catch (const cancelled_error&) {  // swallowed, in vain
                seen += "c";
            }
        };
        std::vector<task<int>> tasks;
        tasks.push_back(after(1s, 1));
        tasks.push_back(after(1s, 2));
        tasks.push_back(unwind_slowly(3s, ended));
        auto work = create_task(as_completed(std::move(tasks), slow));
        co_await skein::sleep(2s);
        work.cancel();
        CHECK_THROWS_AS(co_await work, cancelled_error);
        CHECK(seen == "bc");
        CHECK(ended);
        CHECK(virtual_loop::elapsed() == 5s);
    });
}

TEST_CASE("as_completed in a cancelled task begins nothing") {
    run_virtual([&]() -> task<> {
        gauge g;
        const auto nothing = [](outcome<int>) -> task<> { co_return; };
        const auto late = [&]() -> task<> {
            try {
                co_await skein::sleep(1h);
            } catch (const cancelled_error&) {}
            co_await as_completed(some_measured(g, 3), 2, nothing);
        };
        auto work = create_task(late());
        co_await skein::yield();
        work.cancel();
        CHECK_THROWS_AS(co_await work, cancelled_error);
        CHECK(g.begun == 0);
    });
}

TEST_CASE("as_completed keeps the callable and its arguments, and passes these as lvalues") {
    run_virtual([&]() -> task<> {
        auto sum = std::make_unique<int>(0);
        int& total = *sum;
        auto owner = std::make_unique<int>(1);
        int* const kept = owner.get();
        auto work = as_completed(
            ending_after(1, 2, 3), 2,
            [owner = std::move(owner), kept](outcome<int> one, std::unique_ptr<int>& into,
                                             int factor) -> task<> {
                CHECK(owner.get() == kept);
                co_await skein::sleep(1s);
                *into += one.value() * factor;
                CHECK(*owner == 1);
            },
            std::move(sum), 10);
        const auto watch = [&]() -> task<> {
            co_await skein::sleep(3500ms);
            CHECK(total == 30);
        };
        auto watching = create_task(watch());
        co_await work;
        co_await watching;
    });
}

TEST_CASE("as_completed hands over what can only be moved, and tasks without a result") {
    run_virtual([&]() -> task<> {
        std::vector<task<std::unique_ptr<int>>> tasks;
        const auto unique = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(4); };
        tasks.push_back(unique());
        std::unique_ptr<int> got;
        const auto keep = [&](outcome<std::unique_ptr<int>> one) -> task<> {
            got = std::move(one).value();
            co_return;
        };
        co_await as_completed(std::move(tasks), keep);
        CHECK(*got == 4);

        std::vector<task<>> plain;
        plain.push_back(skein::sleep(1s));
        plain.push_back(fail_after(1s, "no"));
        std::string order;
        const auto note = [&](outcome<void> one) -> task<> {
            order += one ? "v" : "x";
            co_return;
        };
        co_await as_completed(std::move(plain), note);
        CHECK(order == "vx");
    });
}

TEST_CASE("as_completed: a limit of 0 is an invalid_argument, an empty task a logic_error, at the call") {
    const auto nothing = [](outcome<int>) -> task<> { co_return; };
    CHECK_THROWS_AS((void)as_completed(std::vector<task<int>>(), 0, nothing), std::invalid_argument);
    std::vector<task<int>> tasks(1);
    CHECK_THROWS_AS((void)as_completed(std::move(tasks), nothing), std::logic_error);
}
