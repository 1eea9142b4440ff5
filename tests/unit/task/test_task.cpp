// task<T>: laziness, ownership, chains of any length, exceptions.
#include "virtual_loop.hpp"

#include <skein/gather.hpp>
#include <skein/sleep.hpp>
#include <skein/task.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

using skein::task;
using skein::tests::run_virtual;

namespace {

task<int> number(int n) {
    co_return n;
}

task<> mark(bool& began, std::shared_ptr<int>) {
    began = true;
    co_return;
}

task<long> deep(long depth) {
    if (depth == 0) co_return 0;
    co_return 1 + co_await deep(depth - 1);
}

task<long> deep_and_waiting(long depth) {
    if (depth == 0) {
        co_await skein::yield();
        co_return 0;
    }
    co_return 1 + co_await deep_and_waiting(depth - 1);
}

task<long> thrown_through(int depth) {
    if (depth == 0) throw std::runtime_error("from below");
    co_return 1 + co_await thrown_through(depth - 1);
}

struct counted {
    explicit counted(int& alive) : alive_(&alive) { ++*alive_; }
    counted(const counted& other) : alive_(other.alive_) { ++*alive_; }
    ~counted() { --*alive_; }
    int* alive_;
};

task<counted> make_counted(int& alive) {
    co_return counted(alive);
}

struct throws_when_moved {
    throws_when_moved() = default;
    throws_when_moved(throws_when_moved&&) { throw std::runtime_error("moved"); }
};

task<throws_when_moved> give_unmovable() {
    co_return throws_when_moved();
}

}  // namespace

TEST_CASE("a task does nothing until it is awaited") {
    bool began = false;
    run_virtual([&]() -> task<> {
        auto work = mark(began, nullptr);
        co_await skein::yield();
        CHECK_FALSE(began);
        co_await work;
        CHECK(began);
    });
}

TEST_CASE("a task that is dropped never begins and drops its arguments") {
    bool began = false;
    auto argument = std::make_shared<int>(1);
    const std::weak_ptr<int> watch = argument;
    { auto dropped = mark(began, std::move(argument)); }
    CHECK_FALSE(began);
    CHECK(watch.expired());
}

TEST_CASE("awaiting a task is a call: nobody else runs in between") {
    std::string order;
    const auto other = [&]() -> task<> {
        order += 'x';
        co_return;
    };
    const auto caller = [&]() -> task<> {
        order += 'a';
        order += std::to_string(co_await number(1));
        order += 'b';
    };
    run_virtual([&]() -> task<> { co_await skein::gather(caller(), other()); });
    CHECK(order == "a1bx");
}

TEST_CASE("results: copied, moved, move-only, optional, nothing") {
    int alive = 0;
    run_virtual([&]() -> task<> {
        CHECK(co_await number(5) == 5);
        {
            auto value = co_await make_counted(alive);
            CHECK(alive == 1);
        }
        const auto unique = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(8); };
        CHECK(*co_await unique() == 8);
        const auto maybe = []() -> task<std::optional<std::string>> { co_return "text"; };
        CHECK(*co_await maybe() == "text");
    });
    CHECK(alive == 0);
}

TEST_CASE("a chain of a million awaits, one inside the other, is flat") {
    run_virtual([&]() -> task<> { CHECK(co_await deep(1'000'000) == 1'000'000); });
}

TEST_CASE("a chain of a million awaits that ends in a wait is flat on the way up and down") {
    run_virtual([&]() -> task<> { CHECK(co_await deep_and_waiting(1'000'000) == 1'000'000); });
}

TEST_CASE("a loop of a million awaits of tasks that are ready is flat") {
    run_virtual([&]() -> task<> {
        long sum = 0;
        for (int i = 0; i < 1'000'000; ++i) sum += co_await number(1);
        CHECK(sum == 1'000'000);
    });
}

TEST_CASE("chains of every length around the depth where starts stop nesting") {
    run_virtual([&]() -> task<> {
        for (const long depth : {62, 63, 64, 65, 66, 127, 128, 129}) {
            CHECK(co_await deep(depth) == depth);
            CHECK(co_await deep_and_waiting(depth) == depth);
        }
    });
}

TEST_CASE("an exception passes through ten thousand frames") {
    run_virtual([&]() -> task<> { CHECK_THROWS_WITH(co_await thrown_through(10'000), "from below"); });
}

TEST_CASE("a task cannot be awaited twice") {
    run_virtual([&]() -> task<> {
        auto once = number(1);
        CHECK(co_await once == 1);
        CHECK_THROWS_AS(co_await once, std::logic_error);
        CHECK_THROWS_AS(once.release(), std::logic_error);
    });
}

TEST_CASE("a task that was moved from is empty, and awaiting it is a logic_error") {
    run_virtual([&]() -> task<> {
        auto from = number(1);
        auto to = std::move(from);
        CHECK_FALSE(from);  // NOLINT: that is the question
        CHECK_THROWS_AS(co_await from, std::logic_error);
        CHECK(co_await to == 1);
        to = number(2);
        CHECK(co_await std::move(to) == 2);
    });
}

TEST_CASE("a result whose move throws arrives as that error") {
    CHECK_THROWS_WITH(run_virtual([&] { return give_unmovable(); }), "moved");
}

TEST_CASE("a skein operation awaited outside a skein task is a logic_error") {
    auto sleep = skein::sleep(std::chrono::seconds(1)).operator co_await();
    CHECK_THROWS_AS(static_cast<void>(sleep.await_ready()), std::logic_error);
}
