// Blocking calls on the thread pool.
#include <skein/skein.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using skein::cancelled_error;
using skein::create_task;
using skein::task;
using skein::to_thread;

TEST_CASE("to_thread runs a call in another thread, with its arguments, and gives its result") {
    skein::run([&]() -> task<> {
        const auto here = std::this_thread::get_id();
        const auto where = []() { return std::this_thread::get_id(); };
        CHECK(co_await to_thread(where) != here);
        const auto join = [](std::unique_ptr<std::string> a, const std::string& b) { return *a + b; };
        auto first = std::make_unique<std::string>("move");
        CHECK(co_await to_thread(join, std::move(first), std::string("-only")) == "move-only");
        bool ran = false;
        const auto nothing = [&] { ran = true; };
        co_await to_thread(nothing);
        CHECK(ran);
    });
}

TEST_CASE("what a call throws arrives in the task") {
    skein::run([&]() -> task<> {
        const auto fail = []() -> int { throw std::runtime_error("in the thread"); };
        CHECK_THROWS_WITH(co_await to_thread(fail), "in the thread");
        const auto cancelled = []() { throw cancelled_error(); };
        CHECK_THROWS_AS(co_await to_thread(cancelled), cancelled_error);
    });
}

TEST_CASE("the loop goes on while a call blocks") {
    skein::run([&]() -> task<> {
        std::promise<void> release;
        const auto block = [&] { release.get_future().wait(); };
        auto blocked = create_task(to_thread(block));
        for (int i = 0; i < 100; ++i) co_await skein::yield();
        CHECK_FALSE(blocked.done());
        release.set_value();
        co_await blocked;
    });
}

TEST_CASE("a call that runs is waited for, and its result is delivered; one that is queued never begins") {
    skein::run([&]() -> task<> {
        std::promise<void> release;
        const auto released = release.get_future().share();
        std::atomic<int> begun = 0;
        const auto block = [&] {
            ++begun;
            released.wait();
            return 5;
        };
        // More calls than the pool has threads, whatever its size is set to.
        std::vector<skein::future<int>> calls;
        std::size_t threads = 4;
        if (const char* size = std::getenv("UV_THREADPOOL_SIZE")) threads = std::stoul(size);
        for (std::size_t i = 0; i < threads; ++i) calls.push_back(create_task(to_thread(block)));
        while (begun < static_cast<int>(threads)) co_await skein::yield();

        auto queued = create_task(to_thread(block));
        co_await skein::yield();
        CHECK(queued.cancel());
        CHECK_THROWS_AS(co_await queued, cancelled_error);  // while all threads are blocked

        CHECK(calls[0].cancel());
        for (int i = 0; i < 100; ++i) co_await skein::yield();
        CHECK_FALSE(calls[0].done());
        release.set_value();
        for (auto& call : calls) CHECK(co_await call == 5);
        CHECK(begun == static_cast<int>(threads));
    });
}

TEST_CASE("to_thread in a cancelled task, or without a loop, calls nothing") {
    bool called = false;
    const auto call = [&] { called = true; };
    skein::run([&]() -> task<> {
        const auto body = [&]() -> task<> {
            try {
                co_await skein::sleep(std::chrono::hours(1));
            } catch (const cancelled_error&) {}
            co_await to_thread(call);
        };
        auto work = create_task(body());
        co_await skein::yield();
        work.cancel();
        CHECK_THROWS_AS(co_await work, cancelled_error);
    });
    CHECK_FALSE(called);
}

TEST_CASE("the end of run() waits for calls in the background") {
    std::atomic<bool> ended = false;
    std::promise<void> begun;
    skein::run([&]() -> task<> {
        const auto call = [&ended, &begun] {
            begun.set_value();
            for (int i = 0; i < 1000; ++i) std::this_thread::yield();
            ended = true;
        };
        auto wait_until_begun = begun.get_future();
        create_task(to_thread(call));
        co_await skein::yield();
        wait_until_begun.wait();
    });
    CHECK(ended);
}

TEST_CASE("a call in a thread sees the task-local values of the task that waits, and keeps its own there") {
    static skein::task_local<std::string> color("grey");
    const auto main = []() -> task<> {
        const auto red = color.set("red");
        const auto call = [] {
            std::string seen = color.get();
            const auto blue = color.set("blue");
            return seen + " " + color.get();
        };
        auto [first, second] = co_await skein::gather(skein::to_thread(call), skein::to_thread(call));
        CHECK(first == "red blue");
        CHECK(second == "red blue");
        CHECK(color.get() == "red");
    };
    skein::run(main());
}
