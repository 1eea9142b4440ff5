// Tasks in steady state cost no memory from the heap.
#include "virtual_loop.hpp"

#include <skein/as_completed.hpp>
#include <skein/future.hpp>
#include <skein/gather.hpp>
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
