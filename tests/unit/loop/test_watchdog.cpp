// The watchdog: what blocks the loop is named while it does, once. No test here depends on how long a thing
// takes: the step that blocks goes on when the watchdog has spoken.
#include <skein/skein.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using skein::task;

namespace {

/// What the watchdog says, and a way to block until it has.
class listener {
public:
    skein::run_options options() {
        skein::run_options o;
        o.watchdog = 1ms;
        o.on_blocked = [this](const skein::blocked_task& blocked) {
            const std::lock_guard lock(mutex_);
            seen_.push_back(blocked);
            heard_.notify_all();
        };
        return o;
    }
    /// Blocks this thread until there are so many words about one that `what` is part of.
    void wait_for(const std::string& what, std::size_t count = 1) {
        std::unique_lock lock(mutex_);
        heard_.wait(lock, [&] { return count_locked(what) >= count; });
    }
    std::size_t count(const std::string& what) {
        const std::lock_guard lock(mutex_);
        return count_locked(what);
    }
    std::vector<skein::blocked_task> seen() {
        const std::lock_guard lock(mutex_);
        return seen_;
    }

private:
    std::size_t count_locked(const std::string& what) const {
        std::size_t n = 0;
        for (const auto& one : seen_) n += one.what().find(what) != std::string::npos;
        return n;
    }

    std::mutex mutex_;
    std::condition_variable heard_;
    std::vector<skein::blocked_task> seen_;
};

task<> block_until_heard(listener& ears, std::string name) {
    co_await skein::yield();
    ears.wait_for(name);
}

}  // namespace

TEST_CASE("a task that blocks the loop is named while it does: name, where created, function, how long") {
    listener ears;
    const auto main = [&]() -> task<> {
        co_await skein::create_task(block_until_heard(ears, "\"greedy\""), "greedy");
    };
    skein::run(main(), ears.options());
    for (const auto& one : ears.seen()) {
        if (one.name() != "greedy") continue;
        CHECK(one.elapsed() >= 1ms);
        CHECK(std::string(one.created().file_name()).find("test_watchdog.cpp") != std::string::npos);
        CHECK(std::string(one.function().function_name()).find("block_until_heard") != std::string::npos);
        CHECK(one.what().find("blocks the loop for") != std::string::npos);
    }
    CHECK(ears.count("\"greedy\"") >= 1);
}

TEST_CASE("each blocking step is reported once, and another one of the same task again") {
    listener ears;
    const auto blocks_twice = [&]() -> task<> {
        ears.wait_for("\"twice\"", 1);
        co_await skein::yield();
        ears.wait_for("\"twice\"", 2);
        // A third report could only come for a step that has been reported already.
        std::this_thread::sleep_for(20ms);
        CHECK(ears.count("\"twice\"") == 2);
    };
    const auto main = [&]() -> task<> { co_await skein::create_task(blocks_twice(), "twice"); };
    skein::run(main(), ears.options());
    CHECK(ears.count("\"twice\"") == 2);
}

TEST_CASE("it says what a callback is, and sees tasks after the loop was idle") {
    listener ears;
    const auto main = [&]() -> task<> {
        co_await skein::sleep(5ms);
        auto done = skein::create_task(skein::yield());
        done.add_done_callback([&] { ears.wait_for("a callback blocks"); });
        co_await done;
        co_await skein::sleep(5ms);
        co_await skein::create_task(block_until_heard(ears, "\"late\""), "late");
    };
    skein::run(main(), ears.options());
    CHECK(ears.count("a callback blocks") >= 1);
    CHECK(ears.count("\"late\"") >= 1);
}

TEST_CASE("a task may end, and be gone, in the step that is watched") {
    listener ears;
    struct blocks_at_its_end {
        listener& ears;
        bool armed = true;
        explicit blocks_at_its_end(listener& l) noexcept : ears(l) {}
        blocks_at_its_end(blocks_at_its_end&& other) noexcept
            : ears(other.ears), armed(std::exchange(other.armed, false)) {}
        ~blocks_at_its_end() {
            if (armed) ears.wait_for("\"ending\"");
        }
    };
    const auto ends = [](blocks_at_its_end) -> task<> { co_await skein::yield(); };
    const auto main = [&]() -> task<> {
        skein::create_task(ends(blocks_at_its_end(ears)), "ending");
        co_await skein::sleep(1ms);
    };
    skein::run(main(), ears.options());
    CHECK(ears.count("\"ending\"") >= 1);
}

TEST_CASE("many short steps under watch, in two loops at once, end in order") {
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i)
        threads.emplace_back([] {
            skein::run_options options;
            options.watchdog = 1h;
            const auto yields = []() -> task<> {
                for (int k = 0; k < 2000; ++k) co_await skein::yield();
            };
            const auto main = [&]() -> task<> {
                co_await skein::gather(yields(), yields(), skein::sleep(1ms));
            };
            for (int k = 0; k < 10; ++k) skein::run(main(), options);
        });
    for (auto& one : threads) one.join();
}

TEST_CASE("a callback of the watchdog that throws does no harm") {
    skein::run_options options;
    std::atomic<bool> called = false;
    options.watchdog = 1ms;
    options.on_blocked = [&](const skein::blocked_task&) {
        called = true;
        throw std::runtime_error("expected on standard error");
    };
    const auto main = [&]() -> task<> {
        while (!called) {}
        co_return;
    };
    skein::run(main(), options);
    CHECK(called);
}
