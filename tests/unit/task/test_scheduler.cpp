// In which order things run.
#include "virtual_loop.hpp"

#include <skein/future.hpp>
#include <skein/gather.hpp>
#include <skein/sleep.hpp>

#include <doctest/doctest.h>

#include <numeric>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using skein::task;
using skein::tests::run_virtual;
using skein::tests::virtual_loop;

namespace {

task<> append(std::string& order, char what, int times) {
    for (int i = 0; i < times; ++i) {
        order += what;
        co_await skein::yield();
    }
}

task<> append_after(std::string& order, char what, skein::clock::duration delay) {
    co_await skein::sleep(delay);
    order += what;
}

struct step final : skein::detail::ready_node {
    explicit step(int& count) : count_(count) {}
    void run() noexcept override { ++count_; }
    int& count_;
};

}  // namespace

TEST_CASE("what is ready runs first in, first out, and yield gives way once") {
    std::string order;
    run_virtual([&]() -> task<> {
        co_await skein::gather(append(order, 'a', 3), append(order, 'b', 1), append(order, 'c', 2));
    });
    CHECK(order == "abcaca");
}

TEST_CASE("a created task starts at the next turn of its creator's wait, not inside create_task") {
    std::string order;
    run_virtual([&]() -> task<> {
        auto first = skein::create_task(append(order, '1', 1));
        auto second = skein::create_task(append(order, '2', 1));
        order += 'm';
        co_await skein::yield();
        order += 'm';
        co_await first;
        co_await second;
    });
    CHECK(order == "m12m");
}

TEST_CASE("equal deadlines fire in the order in which they were set") {
    std::string order;
    run_virtual([&]() -> task<> {
        co_await skein::gather(append_after(order, 'a', 1s), append_after(order, 'b', 1s),
                               append_after(order, 'c', 500ms), append_after(order, 'd', 1s));
    });
    CHECK(order == "cabd");
}

TEST_CASE("a turn fires what is due before it runs what is ready") {
    std::string order;
    run_virtual(
        [&]() -> task<> { co_await skein::gather(append_after(order, 's', 1ms), append(order, 'y', 1)); });
    CHECK(order == "ys");
}

TEST_CASE("a turn ends after a bounded number of steps, so that input and output get their share") {
    virtual_loop loop;
    int count = 0;
    std::vector<step> steps(1000, step(count));
    for (auto& one : steps) loop.scheduler().push(one);
    CHECK(loop.scheduler().turn());
    CHECK(count > 0);
    CHECK(count < 1000);
    while (loop.scheduler().turn()) {}
    CHECK(count == 1000);
    CHECK_FALSE(loop.scheduler().turn());
}

TEST_CASE("two tasks that yield for ever do not keep a sleeper from waking up") {
    std::string order;
    run_virtual([&]() -> task<> {
        bool stop = false;
        const auto spin = [&]() -> task<> {
            while (!stop) co_await skein::yield();
        };
        const auto stopper = [&]() -> task<> {
            co_await skein::sleep_until(skein::clock::time_point::min());
            stop = true;
        };
        co_await skein::gather(spin(), spin(), stopper());
    });
}

TEST_CASE("one scheduler a thread") {
    virtual_loop loop;
    CHECK_THROWS_AS(virtual_loop(), std::logic_error);
    CHECK_FALSE(loop.scheduler().turn());
}

TEST_CASE("the exception handler that throws does not end the program") {
    virtual_loop loop;
    loop.scheduler().set_exception_handler(
        [](std::string_view, const std::exception_ptr&) { throw std::runtime_error("handler"); });
    loop.scheduler().report("what the handler failed at",
                            std::make_exception_ptr(std::runtime_error("goes to standard error")));
}
