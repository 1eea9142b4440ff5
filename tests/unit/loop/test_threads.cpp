// What several threads do at once, each with a loop of its own. Also built with the thread sanitizer.
#include "net/resolver.hpp"

#include <skein/skein.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using skein::create_task;
using skein::task;

// What the thread sanitizer gets wrong, since these two libraries are not built with it. libstdc++ counts the
// references to an exception: who drops the last one seems to race with those that looked at it before. libuv
// closes descriptors by a system call of its own: who gets the number next seems to race with who had it.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
    return "race:std::__exception_ptr::exception_ptr::_M_release\n"
           "race:std::runtime_error::~runtime_error\n"
           "race:std::logic_error::~logic_error\n"
           "race:std::exception::~exception\n"
           "race:uv_async_init\n"
           "race:uv_loop_init\n"
           "race:uv_pipe\n"  // that of the signals
           "race_top:pipe2\n"
           "race_top:eventfd\n"
           "race_top:epoll_create1\n";
}

namespace {

// Runs a function in so many threads at once.
template <class Fn>
void in_threads(int count, Fn body) {
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) threads.emplace_back(body, i);
    for (auto& one : threads) one.join();
}

task<int> number(int n) {
    co_await skein::sleep(1ms);
    co_await skein::yield();
    co_return n;
}

}  // namespace

TEST_CASE("many threads run loops at once, one after the other") {
    std::atomic<int> sum = 0;
    in_threads(6, [&](int n) {
        for (int round = 0; round < 5; ++round) {
            const auto main = [&]() -> task<int> {
                auto background = create_task(skein::sleep(1h));
                std::vector<task<int>> work;
                for (int i = 0; i < 50; ++i) work.push_back(number(n));
                int total = 0;
                for (const int one : co_await skein::gather(std::move(work))) total += one;
                co_return total;
            };
            sum += skein::run(main());
        }
    });
    CHECK(sum == 5 * 50 * (0 + 1 + 2 + 3 + 4 + 5));
}

TEST_CASE("loops share the thread pool") {
    std::atomic<int> sum = 0;
    in_threads(4, [&](int n) {
        const auto main = [&]() -> task<> {
            const auto call = [](int k) { return k; };
            for (int i = 0; i < 50; ++i) sum += co_await skein::to_thread(call, n);
        };
        skein::run(main());
    });
    CHECK(sum == 50 * (0 + 1 + 2 + 3));
}

TEST_CASE("names are looked up in threads, and lookups are abandoned, in several loops at once") {
    in_threads(3, [](int) {
        const auto main = []() -> task<> {
            auto& resolver = skein::net::system_resolver();
            for (int i = 0; i < 10; ++i) {
                const auto found = co_await resolver.resolve("localhost", skein::address_family::any);
                CHECK_FALSE(found.empty());
                auto abandoned = create_task(resolver.resolve("localhost", skein::address_family::any));
                co_await skein::yield();
                abandoned.cancel();
            }
        };
        skein::run(main());
    });
}

TEST_CASE("results of one loop's tasks are read by another thread once the loop has ended") {
    std::vector<skein::future<std::string>> results(4);
    in_threads(4, [&](int n) {
        const auto text = [](int k) -> task<std::string> {
            co_await skein::yield();
            co_return std::string(100, static_cast<char>('a' + k));
        };
        const auto main = [&]() -> task<> {
            auto work = create_task(text(n));
            results[static_cast<std::size_t>(n)] = work;
            co_await work;
        };
        skein::run(main());
    });
    for (int n = 0; n < 4; ++n)
        CHECK(results[static_cast<std::size_t>(n)].result() == std::string(100, static_cast<char>('a' + n)));
}
