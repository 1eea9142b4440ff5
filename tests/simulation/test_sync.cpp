// Locks, queues, and what waits for the first of several, with a fault at each of their waits: nothing that
// was handed over is lost, and who comes later is not held up by who was cancelled.
#include "sweep.hpp"

#include <chrono>
#include <vector>

using namespace simulation;
using namespace std::chrono_literals;
using skein::gather;
using skein::sleep;

namespace {

task<int> later(std::chrono::seconds delay, int value) {
    co_await sleep(delay);
    co_return value;
}

std::vector<task<int>> some(int count) {
    std::vector<task<int>> all;
    for (int i = 1; i <= count; ++i) all.push_back(later(std::chrono::seconds(i), i));
    return all;
}

/// Checks at its own end, however that came, that a lock can be had again at once.
struct free_at_the_end {
    skein::mutex& lock;
    ~free_at_the_end() { CHECK_FALSE(lock.locked()); }
};

}  // namespace

TEST_CASE("mutex: three take turns") {
    sweep("mutex", []() -> task<> {
        skein::mutex door;
        const free_at_the_end check{door};
        int inside = 0;
        const auto pass = [&]() -> task<> {
            const auto permit = co_await door.lock();
            CHECK(++inside == 1);
            try {
                co_await sleep(1s);
            } catch (...) {
                --inside;
                throw;
            }
            --inside;
        };
        co_await gather(pass(), pass(), pass());
    });
}

TEST_CASE("semaphore: four share two permits") {
    sweep("semaphore", []() -> task<> {
        skein::semaphore permits(2);
        struct at_end {
            skein::semaphore& all;
            ~at_end() { CHECK(all.available() == 2); }
        } check{permits};
        const auto pass = [&]() -> task<> {
            const auto permit = co_await permits.acquire();
            co_await sleep(1s);
        };
        co_await gather(pass(), pass(), pass(), pass());
    });
}

TEST_CASE("event: two wait for a third") {
    sweep("event", []() -> task<> {
        skein::event go;
        const auto wait = [&]() -> task<> { co_await go.wait(); };
        const auto give = [&]() -> task<> {
            co_await sleep(1s);
            go.set();
        };
        co_await gather(wait(), wait(), give());
    });
}

TEST_CASE("condition: a cancelled waiter has the mutex while it unwinds, and gives it back") {
    sweep("condition", []() -> task<> {
        skein::mutex door;
        skein::condition changed(door);
        const free_at_the_end check{door};
        int stock = 0;
        const auto take = [&]() -> task<> {
            auto permit = co_await door.lock();
            co_await changed.wait(permit, [&] { return stock > 0; });
            --stock;
        };
        const auto put = [&]() -> task<> {
            for (int i = 0; i < 2; ++i) {
                co_await sleep(1s);
                const auto permit = co_await door.lock();
                ++stock;
                changed.notify_one();
            }
        };
        co_await gather(take(), take(), put());
        CHECK(stock == 0);
    });
}

TEST_CASE("barrier: three meet, and who is cancelled is not counted") {
    sweep("barrier", []() -> task<> {
        skein::barrier meeting(3);
        const auto come = [&](int after) -> task<> {
            co_await sleep(std::chrono::seconds(after));
            co_await meeting.wait();
        };
        co_await gather(come(1), come(2), come(3));
        CHECK(meeting.n_waiting() == 0);
    });
}

TEST_CASE("queue: what was put and not taken is still there") {
    sweep("queue", []() -> task<> {
        skein::queue<int> items(1);
        int put = 0;
        int got = 0;
        struct at_end {
            skein::queue<int>& items;
            int& put;
            int& got;
            ~at_end() { CHECK(put == got + static_cast<int>(items.size())); }
        } check{items, put, got};
        const auto produce = [&]() -> task<> {
            for (int i = 0; i < 3; ++i) {
                co_await items.put(i);
                ++put;
            }
            items.shutdown();
        };
        const auto consume = [&]() -> task<> {
            for (;;) {
                const auto item = co_await items.next();
                if (!item) break;
                ++got;
                items.task_done();
                co_await sleep(1s);
            }
        };
        co_await gather(produce(), consume());
        co_await items.join();
    });
}

TEST_CASE("first, first_success and as_completed") {
    sweep("first", []() -> task<> {
        const int value = co_await skein::first(some(3));
        CHECK(value == 1);
    });
    sweep("first_success", []() -> task<> {
        const int value = co_await skein::first_success(some(3), 2);
        CHECK((value == 1 || !untouched));
    });
    sweep("as_completed", []() -> task<> {
        int sum = 0;
        const auto each = [&](skein::outcome<int> one) -> task<> {
            co_await sleep(1s);
            sum += one ? one.value() : 100;
        };
        co_await skein::as_completed(some(3), 2, each);
        CHECK((sum == 6 || !untouched));  // a child that was cancelled is an outcome, too
    });
}
