// future, promise, create_task: results that several wait for.
#include "tasks.hpp"
#include "virtual_loop.hpp"

#include <skein/future.hpp>
#include <skein/gather.hpp>
#include <skein/shield.hpp>
#include <skein/sleep.hpp>
#include <skein/timeout.hpp>

#include <doctest/doctest.h>

#include <future>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

using namespace std::chrono_literals;
using skein::cancelled_error;
using skein::create_task;
using skein::future;
using skein::promise;
using skein::task;
using skein::tests::after;
using skein::tests::fail_after;
using skein::tests::run_virtual;
using skein::tests::virtual_loop;

namespace {

template <class T>
task<T> wait_on(future<T> waited) {
    co_return co_await waited;
}

struct counts_copies {
    explicit counts_copies(int& copies) : copies_(&copies) {}
    counts_copies(const counts_copies& other) : copies_(other.copies_) { ++*copies_; }
    counts_copies(counts_copies&&) = default;
    int* copies_;
};

}  // namespace

TEST_CASE("several tasks wait for one future, and are woken in order") {
    std::string order;
    run_virtual([&]() -> task<> {
        promise<int> source;
        const auto wait = [&](char name) -> task<> {
            auto shared = source.get_future();
            CHECK(co_await shared == 7);
            order += name;
        };
        const auto set = [&]() -> task<> {
            CHECK(source.set_value(7));
            order += 's';
            co_return;
        };
        co_await skein::gather(wait('a'), wait('b'), wait('c'), set());
    });
    CHECK(order == "sabc");
}

TEST_CASE("a future that is done is awaited without giving way") {
    run_virtual([&]() -> task<> {
        promise<std::string> source;
        source.set_value(std::size_t(3), 'x');
        bool other_ran = false;
        const auto other = [&]() -> task<> {
            other_ran = true;
            co_return;
        };
        auto running = create_task(other());
        CHECK(co_await source.get_future() == "xxx");
        CHECK_FALSE(other_ran);
        co_await running;
    });
}

TEST_CASE("a promise can be set once, and not after its future was cancelled") {
    promise<int> source;
    auto result = source.get_future();
    CHECK_FALSE(source.done());
    CHECK(source.set_value(1));
    CHECK_FALSE(source.set_value(2));
    CHECK_FALSE(source.set_exception(std::make_exception_ptr(1)));
    CHECK_FALSE(result.cancel());
    CHECK(result.result() == 1);

    promise<> cancelled;
    auto given_up = cancelled.get_future();
    CHECK(given_up.cancel());
    CHECK(given_up.done());
    CHECK(given_up.cancelled());
    CHECK(cancelled.done());
    CHECK_FALSE(cancelled.set_value());
    CHECK_THROWS_AS(given_up.result(), cancelled_error);
}

TEST_CASE("a promise that is dropped or assigned over breaks") {
    future<int> orphan, replaced;
    {
        promise<int> dropped;
        orphan = dropped.get_future();
        promise<int> moved = std::move(dropped);
        CHECK_FALSE(orphan.done());
    }
    CHECK_THROWS_AS(orphan.result(), std::future_error);
    {
        promise<int> source;
        replaced = source.get_future();
        source = promise<int>();
    }
    CHECK_THROWS_AS(replaced.result(), std::future_error);
    run_virtual([&]() -> task<> { CHECK_THROWS_AS(co_await orphan, std::future_error); });
}

TEST_CASE("a result is copied, unless the future is moved") {
    int copies = 0;
    run_virtual([&]() -> task<> {
        promise<counts_copies> source;
        auto f = source.get_future();
        source.set_value(copies);
        co_await f;
        CHECK(copies == 1);
        f.result();
        CHECK(copies == 2);
        auto g = f;
        co_await std::move(f);
        CHECK(copies == 2);
        CHECK_THROWS_AS(g.result(), std::logic_error);
    });
}

TEST_CASE("a result that cannot be copied goes to the first who asks") {
    run_virtual([&]() -> task<> {
        const auto make = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(4); };
        auto made = create_task(make());
        CHECK(*co_await made == 4);
        CHECK(made.done());
        CHECK_THROWS_AS(made.result(), std::logic_error);
        CHECK_THROWS_AS(co_await made, std::logic_error);
    });
}

TEST_CASE("containers of what cannot be copied are moved, however deep") {
    run_virtual([&]() -> task<> {
        using list = std::vector<std::unique_ptr<int>>;
        const auto make = []() -> task<std::tuple<int, std::optional<list>>> {
            list values;
            values.push_back(std::make_unique<int>(4));
            co_return std::tuple<int, std::optional<list>>(1, std::move(values));
        };
        auto made = create_task(make());
        auto [n, values] = co_await made;
        CHECK(*values->front() == 4);
        static_assert(skein::detail::is_copyable_v<std::vector<std::pair<const int, std::string>>>);
        static_assert(skein::detail::is_copyable_v<std::shared_ptr<std::unique_ptr<int>>>);
        static_assert(!skein::detail::is_copyable_v<std::map<int, std::unique_ptr<int>>>);
    });
}

TEST_CASE("result() and exception() before there is one are a logic_error") {
    promise<int> source;
    auto pending = source.get_future();
    CHECK_THROWS_AS(pending.result(), std::logic_error);
    CHECK_THROWS_AS(pending.exception(), std::logic_error);
    source.set_exception(std::make_exception_ptr(std::runtime_error("no")));
    CHECK_THROWS_WITH(pending.result(), "no");
    CHECK_THROWS_WITH(std::rethrow_exception(pending.exception()), "no");
}

TEST_CASE("a future or promise without a state is a logic_error") {
    future<int> none;
    CHECK_THROWS_AS(none.done(), std::logic_error);
    promise<int> from;
    const promise<int> to = std::move(from);
    CHECK_THROWS_AS(from.get_future(), std::logic_error);  // NOLINT: that is the question
    CHECK_THROWS_AS(from.set_value(1), std::logic_error);
    run_virtual([&]() -> task<> { CHECK_THROWS_AS(co_await none, std::logic_error); });
}

TEST_CASE("a task that awaits its own future is a logic_error, and ends as any other") {
    run_virtual([&]() -> task<> {
        future<int> self;
        const auto narcissus = [&]() -> task<int> { co_return co_await self; };
        self = create_task(narcissus());
        CHECK_THROWS_AS(co_await self, std::logic_error);
    });
}

TEST_CASE("cancelling a task that awaits a future cancels what it stands for, and its other waiters") {
    run_virtual([&]() -> task<> {
        auto work = create_task(after(1h, 1));
        auto waiter = create_task(wait_on(work));
        auto other = create_task(wait_on(work));
        co_await skein::yield();
        CHECK(waiter.cancel());
        CHECK_FALSE(waiter.done());
        CHECK_THROWS_AS(co_await waiter, cancelled_error);
        CHECK(work.cancelled());
        CHECK_THROWS_AS(co_await other, cancelled_error);
        CHECK(virtual_loop::elapsed() == 0s);
    });
}

TEST_CASE("cancelling a waiter cancels a promise's future") {
    run_virtual([&]() -> task<> {
        promise<int> source;
        auto waiter = create_task(wait_on(source.get_future()));
        co_await skein::yield();
        waiter.cancel();
        CHECK_THROWS_AS(co_await waiter, cancelled_error);
        CHECK_FALSE(source.set_value(1));
    });
}

TEST_CASE("a task is done only when it has unwound") {
    run_virtual([&]() -> task<> {
        const auto slow_end = []() -> task<> {
            const auto clean = []() -> task<> { co_await skein::sleep(5s); };
            const auto body = []() -> task<> { co_await skein::sleep(1h); };
            co_await skein::with_cleanup(body, clean);
        };
        auto work = create_task(slow_end());
        co_await skein::yield();
        CHECK(work.cancel());
        co_await skein::sleep(1s);
        CHECK_FALSE(work.done());
        CHECK(work.cancel());  // again: still true, and without effect
        CHECK_THROWS_AS(co_await work, cancelled_error);
        CHECK(virtual_loop::elapsed() == 5s);
        CHECK_FALSE(work.cancel());
    });
}

TEST_CASE("a value that was there before the cancel is delivered") {
    run_virtual([&]() -> task<> {
        promise<int> source;
        bool next_wait_threw = false;
        const auto waits = [&]() -> task<int> {
            const int value = co_await source.get_future();
            try {
                co_await skein::yield();
            } catch (const cancelled_error&) {
                next_wait_threw = true;
            }
            co_return value;
        };
        auto waiter = create_task(waits());
        co_await skein::yield();
        source.set_value(9);
        waiter.cancel();
        CHECK(co_await waiter == 9);
        CHECK(next_wait_threw);
    });
}

TEST_CASE("done callbacks run in a later step, in order; what they throw is reported") {
    virtual_loop loop;
    std::string order;
    loop.run([](std::string& out) -> task<> {
        promise<> source;
        auto f = source.get_future();
        f.add_done_callback([&out] { out += 'a'; });
        f.add_done_callback([] { throw std::runtime_error("in a callback"); });
        f.add_done_callback([&out] { out += 'b'; });
        source.set_value();
        out += '1';
        co_await skein::yield();
        out += '2';
        f.add_done_callback([&out] { out += 'c'; });
        out += '3';
        co_await skein::yield();
    }(order));
    CHECK(order == "1ab23c");
    REQUIRE(loop.reports().size() == 1);
    CHECK(loop.reports()[0] == "exception in a done callback");
}

TEST_CASE("a promise that outlives its loop calls back at once") {
    promise<> source;
    bool called = false;
    run_virtual([&]() -> task<> {
        source.get_future().add_done_callback([&called] { called = true; });
        co_return;
    });
    CHECK_FALSE(called);
    source.set_value();
    CHECK(called);
}

TEST_CASE("without a loop, create_task and add_done_callback are a logic_error") {
    promise<> source;
    CHECK_THROWS_AS(source.get_future().add_done_callback([] {}), std::logic_error);
    bool dropped = false;
    const auto work = [&]() -> task<> {
        dropped = true;
        co_return;
    };
    CHECK_THROWS_AS(create_task(work()), std::logic_error);
    CHECK_FALSE(dropped);
}

TEST_CASE("an exception that nobody retrieves is reported once, when the last handle goes") {
    virtual_loop loop;
    loop.run([](virtual_loop& l) -> task<> {
        auto kept = create_task(fail_after(0s, "kept"), "the kept one");
        auto copy = kept;
        create_task(fail_after(0s, "dropped"));
        co_await skein::sleep(1s);
        CHECK(l.reports().size() == 1);
        kept = {};
        CHECK(l.reports().size() == 1);
        copy = {};
    }(loop));
    REQUIRE(loop.reports().size() == 2);
    CHECK(loop.reports()[0].starts_with("exception of a task that nobody awaited, created at "));
    CHECK(loop.reports()[0].find("test_future.cpp:") != std::string::npos);
    CHECK(loop.reports()[1].find("(the kept one)") != std::string::npos);
}

TEST_CASE("an exception of a promise that nobody retrieves is reported; a broken promise is not") {
    virtual_loop loop;
    loop.run([]() -> task<> {
        promise<> failed, broken;
        auto lost = broken.get_future();
        failed.set_exception(std::make_exception_ptr(std::runtime_error("lost")));
        co_return;
    }());
    REQUIRE(loop.reports().size() == 1);
    CHECK(loop.reports()[0] == "exception of a promise that nobody awaited");
}

TEST_CASE("an exception that was looked at is not reported") {
    run_virtual([&]() -> task<> {
        auto seen = create_task(fail_after(0s, "seen"));
        co_await skein::sleep(1s);
        CHECK(seen.exception() != nullptr);
    });
}

TEST_CASE("a task that is cancelled is nothing to report") {
    run_virtual([&]() -> task<> {
        create_task(after(1h, 0));
        co_await skein::yield();
    });
    // The task was still there at the end of main: run_virtual() has cancelled it.
}

TEST_CASE("a callable and its arguments are kept until the task has ended") {
    run_virtual([&]() -> task<> {
        auto text = std::make_unique<std::string>("kept");
        const auto use = [](std::unique_ptr<std::string> mine, int n) -> task<std::string> {
            co_await skein::yield();
            co_return *mine + std::to_string(n);
        };
        auto made = create_task(use, std::move(text), 5);
        CHECK(co_await made == "kept5");
    });
}

TEST_CASE("shield(future) ends the wait and leaves the work alone") {
    run_virtual([&]() -> task<> {
        auto work = create_task(after(10s, 3));
        auto waiter = create_task(skein::shield(work));
        co_await skein::sleep(1s);
        waiter.cancel();
        CHECK_THROWS_AS(co_await waiter, cancelled_error);
        CHECK(virtual_loop::elapsed() == 1s);
        CHECK_FALSE(work.done());
        CHECK(co_await skein::shield(work) == 3);
        CHECK(virtual_loop::elapsed() == 10s);
    });
}

TEST_CASE("shield(future) of work that is cancelled gives cancelled_error") {
    run_virtual([&]() -> task<> {
        auto work = create_task(after(10s, 3));
        auto waiter = create_task(skein::shield(work));
        co_await skein::yield();
        work.cancel();
        CHECK_THROWS_AS(co_await waiter, cancelled_error);
    });
}

TEST_CASE("what awaits a copy of a handle leaves the value there; the last handle gives it away") {
    run_virtual([&]() -> task<> {
        const auto text = []() -> task<std::string> {
            co_await skein::sleep(1s);
            co_return "text";
        };
        auto named = create_task(text());
        CHECK(std::get<0>(co_await skein::gather(named)) == "text");
        CHECK(co_await skein::wait_for(named, 1s) == "text");
        CHECK(co_await create_task(named) == "text");
        CHECK(named.result() == "text");
        int copies = 0;
        const auto count = [&]() -> task<counts_copies> { co_return counts_copies(copies); };
        const auto nobody_else = co_await skein::gather(create_task(count()));
        CHECK(std::get<0>(nobody_else).copies_ == &copies);
        CHECK(copies == 0);
    });
}
