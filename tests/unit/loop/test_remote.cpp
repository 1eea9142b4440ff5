// The way into a loop from other threads. Also built with the thread sanitizer.
#include <skein/skein.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using skein::cancelled_error;
using skein::remote;
using skein::task;

namespace {

// A thread that is joined.
class worker {
public:
    template <class Fn>
    explicit worker(Fn work) : thread_(std::move(work)) {}
    ~worker() { thread_.join(); }
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;

private:
    std::thread thread_;
};

// A loop in a thread of its own, until it is told to stop.
class loop_thread {
public:
    loop_thread() : thread_([this] { skein::run(main()); }) { to_ = started_.get_future().get(); }
    ~loop_thread() { stop(); }
    loop_thread(const loop_thread&) = delete;
    loop_thread& operator=(const loop_thread&) = delete;

    const remote& loop() const { return to_; }
    void stop() {
        if (!thread_.joinable()) return;
        CHECK(to_.post([this] { stop_.set_value(); }));
        thread_.join();
    }

private:
    task<> main() {
        stop_ = skein::promise<>();
        auto stopped = stop_.get_future();
        started_.set_value(skein::this_remote());
        co_await stopped;
        stop_ = skein::promise<>();
    }

    std::promise<remote> started_;
    skein::promise<> stop_;
    remote to_;
    std::thread thread_;
};

task<int> twice(int n) {
    co_await skein::yield();
    co_return 2 * n;
}
task<int> fail() {
    co_await skein::yield();
    throw std::runtime_error("as told");
}
task<std::thread::id> thread_of_loop() {
    co_return std::this_thread::get_id();
}

}  // namespace

TEST_CASE("submit gives another thread the value of a task, its error, and nothing at all") {
    loop_thread there;
    const auto& loop = there.loop();
    CHECK(loop.submit(twice, 21).get() == 42);
    CHECK_THROWS_WITH(loop.submit(fail).get(), "as told");
    bool ran = false;
    loop.submit([&]() -> task<> {
            ran = true;
            co_return;
        })
        .get();
    CHECK(ran);
    CHECK(loop.submit(thread_of_loop).get() != std::this_thread::get_id());
    CHECK(loop.submit(thread_of_loop).get() == loop.submit(thread_of_loop).get());
}

TEST_CASE("submit moves arguments and results, and takes callables that only move") {
    loop_thread there;
    const auto& loop = there.loop();
    const auto add = [](std::unique_ptr<int> a, std::string b) -> task<std::unique_ptr<std::string>> {
        co_await skein::yield();
        co_return std::make_unique<std::string>(std::to_string(*a) + b);
    };
    auto four = std::make_unique<int>(4);
    CHECK(*loop.submit(add, std::move(four), std::string("2")).get() == "42");
    auto kept = std::make_unique<int>(7);
    CHECK(loop.submit([kept = std::move(kept)]() -> task<int> { co_return *kept; }).get() == 7);
}

TEST_CASE("a submitted task that throws cancelled_error by itself says so") {
    loop_thread there;
    const auto gives_up = []() -> task<> {
        throw cancelled_error();
        co_return;
    };
    CHECK_THROWS_AS(there.loop().submit(gives_up).get(), cancelled_error);
}

TEST_CASE("what one thread posts runs in the order in which it was posted, tasks begin in it too") {
    std::vector<int> order;
    {
        loop_thread there;
        for (int i = 0; i < 1000; ++i) {
            if (i % 10 != 0) {
                CHECK(there.loop().post([&order](int n) { order.push_back(n); }, i));
                continue;
            }
            CHECK(there.loop().post([&order]() -> task<> {
                order.push_back(-1);
                co_return;
            }));
        }
        there.loop().submit(twice, 1).get();
    }
    std::vector<int> calls;
    for (const int n : order)
        if (n >= 0) calls.push_back(n);
    CHECK(order.size() == 1000);
    CHECK(calls.size() == 900);
    CHECK(std::is_sorted(calls.begin(), calls.end()));
}

TEST_CASE("many threads submit to one loop at once, and each gets its own answers") {
    loop_thread there;
    std::atomic<int> right = 0;
    {
        std::vector<std::unique_ptr<worker>> workers;
        for (int w = 0; w < 8; ++w)
            workers.push_back(std::make_unique<worker>([&, w] {
                for (int i = 0; i < 200; ++i)
                    if (there.loop().submit(twice, w * 1000 + i).get() == 2 * (w * 1000 + i)) ++right;
            }));
    }
    CHECK(right == 1600);
}

TEST_CASE("two loops in two threads can work for each other") {
    loop_thread a;
    loop_thread b;
    const remote to_b = b.loop();
    // A task of a waits for one of b without blocking its loop: b posts the answer back.
    const auto ask = [to_b](int n) -> task<int> {
        const auto answer = std::make_shared<skein::promise<int>>();
        auto result = answer->get_future();
        const auto work = [](remote back, std::shared_ptr<skein::promise<int>> to, int k) -> task<> {
            const int value = co_await twice(k);
            // The promise belongs to the other thread: it goes home to be set and dropped.
            back.post([to = std::move(to), value]() mutable { to->set_value(value); });
        };
        to_b.post(work, skein::this_remote(), std::move(answer), n);
        co_return co_await result;
    };
    for (int i = 0; i < 50; ++i) CHECK(a.loop().submit(ask, i).get() == 2 * i);
}

TEST_CASE("what a posted call or task throws goes to the exception handler") {
    std::vector<std::string> seen;
    skein::run_options options;
    options.exception_handler = [&](std::string_view context, const std::exception_ptr& error) {
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& e) {
            seen.push_back(std::string(context) + ": " + e.what());
        }
    };
    const auto main = []() -> task<> {
        const remote here = skein::this_remote();
        here.post([] { throw std::runtime_error("call"); });
        here.post(fail);
        for (int i = 0; i < 5; ++i) co_await skein::sleep(1ms);
    };
    skein::run(main(), options);
    REQUIRE(seen.size() == 2);
    CHECK(seen[0] == "exception in a call that a remote posted: call");
    CHECK(seen[1].find("as told") != std::string::npos);
}

TEST_CASE("a remote may outlive its loop: it takes nothing then, and says so") {
    remote old;
    CHECK_FALSE(old.post([] {}));  // of no loop
    {
        loop_thread there;
        old = there.loop();
    }
    bool called = false;
    CHECK_FALSE(old.post([&] { called = true; }));
    CHECK_FALSE(old.post(twice, 1));
    CHECK_THROWS_AS(old.submit(twice, 1).get(), skein::loop_ended);
    CHECK_THROWS_WITH(old.submit(twice, 1).get(), "the loop has ended, and with it what was submitted to it");
    worker([old] { CHECK_FALSE(old.post([] {})); });
    old = remote();
    CHECK_FALSE(called);
}

TEST_CASE("a loop that ends tells those who still wait for it") {
    std::promise<void> begun;
    const auto waits = [&]() -> task<> {
        begun.set_value();
        co_await skein::sleep(1h);
    };
    auto there = std::make_unique<loop_thread>();
    auto answer = there->loop().submit(waits);
    begun.get_future().wait();
    there.reset();
    CHECK_THROWS_AS(answer.get(), skein::loop_ended);
}

TEST_CASE("a submitted task that ends well although the loop ends still answers") {
    std::promise<void> begun;
    const auto stubborn = [&]() -> task<int> {
        begun.set_value();
        try {
            co_await skein::sleep(1h);
        } catch (const cancelled_error&) {}
        co_return 5;
    };
    auto there = std::make_unique<loop_thread>();
    auto answer = there->loop().submit(stubborn);
    begun.get_future().wait();
    there.reset();
    CHECK(answer.get() == 5);
}

TEST_CASE("while a loop unwinds it takes calls but no tasks; at the end, nothing") {
    remote here;
    bool call_taken = false;
    bool task_taken = true;
    bool submitted_in_vain = false;
    bool last_call_ran = false;
    const auto clean_up = [&]() -> task<> {
        auto heard = skein::promise<>();
        auto reply = heard.get_future();
        // A helper thread, which the clean-up waits for, may still report.
        std::thread helper([&] {
            task_taken = here.post(twice, 1);
            try {
                here.submit(twice, 1).get();
            } catch (const skein::loop_ended&) {
                submitted_in_vain = true;
            }
            call_taken = here.post([&] { heard.set_value(); });
        });
        co_await reply;
        helper.join();
        here.post([&] { last_call_ran = true; });
    };
    const auto main = [&]() -> task<> {
        here = skein::this_remote();
        const auto body = []() -> task<> { co_await skein::sleep(1h); };
        skein::create_task(skein::with_cleanup(body, clean_up));
        co_await skein::yield();
        co_await skein::yield();
    };
    skein::run(main());
    CHECK(call_taken);
    CHECK_FALSE(task_taken);
    CHECK(submitted_in_vain);
    CHECK(last_call_ran);
    CHECK_FALSE(here.post([] {}));
}

TEST_CASE("a call that is taken last may still create a task, which is cancelled") {
    bool began = false;
    bool ended = false;
    const auto late = [&]() -> task<> {
        began = true;
        try {
            co_await skein::sleep(1h);
        } catch (const cancelled_error&) {
            ended = true;
            throw;
        }
    };
    const auto main = [&]() -> task<> {
        skein::this_remote().post([&] { skein::create_task(late()); });
        co_return;
    };
    skein::run(main());
    CHECK(began);
    CHECK(ended);
}

TEST_CASE("threads that never stop posting do not keep a loop from ending") {
    std::atomic<bool> stop = false;
    std::atomic<int> refused = 0;
    std::vector<std::unique_ptr<worker>> workers;
    const auto main = [&]() -> task<> {
        const remote here = skein::this_remote();
        for (int i = 0; i < 3; ++i)
            workers.push_back(std::make_unique<worker>([&stop, &refused, here] {
                while (!stop) {
                    const bool call = here.post([] {});
                    try {
                        here.submit(twice, 1).get();
                    } catch (const skein::loop_ended&) {}
                    if (!call) ++refused;
                }
            }));
        co_await skein::sleep(5ms);
    };
    skein::run(main());  // returns
    while (refused < 3) std::this_thread::yield();
    stop = true;
    workers.clear();
}

TEST_CASE("this_remote without a loop is a logic_error") {
    CHECK_THROWS_AS(static_cast<void>(skein::this_remote()), std::logic_error);
}
