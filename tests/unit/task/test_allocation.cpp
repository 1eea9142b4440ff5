// Tasks in steady state cost no memory from the heap.
#include "virtual_loop.hpp"

#include <skein/as_completed.hpp>
#include <skein/barrier.hpp>
#include <skein/condition.hpp>
#include <skein/event.hpp>
#include <skein/future.hpp>
#include <skein/gather.hpp>
#include <skein/mutex.hpp>
#include <skein/queue.hpp>
#include <skein/semaphore.hpp>
#include <skein/sleep.hpp>
#include <skein/timeout.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <new>
#include <ranges>

using namespace std::chrono_literals;
using skein::task;
using skein::tests::run_virtual;

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define SKEIN_COUNTS_ALLOCATIONS
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#undef SKEIN_COUNTS_ALLOCATIONS
#endif
#endif
#endif

#if defined(SKEIN_COUNTS_ALLOCATIONS)

namespace {
thread_local long allocations = 0;
}

void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace {

task<int> number(int n) {
    co_return n;
}

task<long> round_of_everything() {
    long sum = co_await number(1);
    sum += co_await skein::create_task(number(2));
    co_await skein::yield();
    co_await skein::sleep(1s);
    sum += co_await skein::wait_for(number(3), 1s);
    skein::promise<int> source;
    source.set_value(4);
    sum += co_await source.get_future();
    co_return sum;
}

/// Two tasks that hand things to each other, and wait for each other in every way there is.
struct everything_shared {
    skein::event turned_on;
    skein::mutex lock;
    skein::condition changed{lock};
    skein::semaphore permits{1};
    skein::barrier both{2};
    skein::queue<int> narrow{1};
    skein::queue<int> wide;
    skein::priority_queue<int> sorted;
    skein::lifo_queue<int> stacked;
    bool ready = false;

    task<> first() {
        co_await turned_on.wait();
        {
            auto guard = co_await lock.lock();
            const auto is_ready = [&] { return ready; };
            co_await changed.wait(guard, is_ready);
        }
        {
            const auto permit = co_await permits.acquire();
            co_await skein::yield();
        }
        co_await both.wait();
        for (int i = 0; i < 20; ++i) {
            co_await narrow.put(i);
            co_await wide.put(i);
            co_await sorted.put(-i);
            co_await stacked.put(i);
        }
    }
    task<> second() {
        co_await skein::yield();
        turned_on.set();
        co_await skein::yield();
        {
            const auto guard = co_await lock.lock();
            ready = true;
            changed.notify_one();
        }
        {
            const auto permit = co_await permits.acquire();
            co_await skein::yield();
        }
        co_await both.wait();
        for (int i = 0; i < 20; ++i) {
            co_await narrow.get();
            narrow.task_done();
        }
        co_await narrow.join();
        for (int i = 0; i < 20; ++i) {
            co_await wide.get();
            co_await sorted.get();
            co_await stacked.get();
        }
    }
    task<> round() {
        turned_on.clear();
        ready = false;
        auto other = skein::create_task(first());
        co_await second();
        co_await other;
    }
};

}  // namespace

TEST_CASE("await, create_task, yield, sleep, wait_for and promise allocate nothing once warm") {
    run_virtual([]() -> task<> {
        for (int i = 0; i < 100; ++i) co_await round_of_everything();
        const long before = allocations;
        CHECK(before > 0);  // the count counts
        for (int i = 0; i < 1000; ++i) co_await round_of_everything();
        CHECK(allocations == before);
    });
}

TEST_CASE("locks, conditions, semaphores, barriers and queues allocate nothing once warm") {
    run_virtual([]() -> task<> {
        everything_shared shared;
        for (int i = 0; i < 100; ++i) co_await shared.round();
        const long before = allocations;
        for (int i = 0; i < 1000; ++i) co_await shared.round();
        CHECK(allocations == before);
    });
}

TEST_CASE("a range of tasks of which nothing is kept: a million in the memory of some") {
    run_virtual([]() -> task<> {
        const auto each = [](skein::outcome<int>) -> task<> { co_return; };
        const auto wait = [](int) -> task<> { co_await skein::yield(); };
        const auto take = [&](int count) -> task<> {
            co_await skein::as_completed(std::views::iota(0, count) | std::views::transform(number), 100,
                                         each);
            co_await skein::gather(std::views::iota(0, count) | std::views::transform(wait), 100);
        };
        co_await take(1000);
        const long before = allocations;
        co_await take(1'000'000);
        CHECK(allocations == before);
    });
}

#endif
