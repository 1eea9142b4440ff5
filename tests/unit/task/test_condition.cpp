// condition: waiting until something that a mutex protects has changed.
#include "virtual_loop.hpp"

#include <skein/condition.hpp>
#include <skein/error.hpp>
#include <skein/future.hpp>
#include <skein/sleep.hpp>
#include <skein/timeout.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <stdexcept>
#include <vector>

using namespace std::chrono_literals;
using skein::cancelled_error;
using skein::condition;
using skein::create_task;
using skein::future;
using skein::mutex;
using skein::task;
using skein::tests::run_virtual;
using skein::tests::virtual_loop;

namespace {

struct shared_value {
    mutex lock;
    condition changed{lock};
    int value = 0;
    std::vector<int> order;

    task<> wait_and_note(int who) {
        auto guard = co_await lock.lock();
        co_await changed.wait(guard);
        CHECK(guard);
        CHECK(lock.locked());
        order.push_back(who);
    }
    task<> notify(std::size_t count) {
        const auto guard = co_await lock.lock();
        changed.notify(count);
    }
};

}  // namespace

TEST_CASE("wait unlocks the mutex, and has it again when it goes on") {
    run_virtual([]() -> task<> {
        shared_value shared;
        auto waiting = create_task(shared.wait_and_note(1));
        co_await skein::yield();
        CHECK_FALSE(shared.lock.locked());
        {
            const auto guard = co_await shared.lock.lock();
            shared.changed.notify_one();
            co_await skein::yield();
            CHECK(shared.order.empty());  // notified, but the mutex is ours
        }
        co_await waiting;
        CHECK(shared.order == std::vector<int>{1});
        CHECK_FALSE(shared.lock.locked());
    });
}

TEST_CASE("notify wakes as many as it says, those who came first; notify_all the rest") {
    run_virtual([]() -> task<> {
        shared_value shared;
        for (int i = 0; i < 6; ++i) create_task(shared.wait_and_note(i));
        co_await skein::yield();
        co_await shared.notify(0);
        co_await skein::sleep(1s);
        CHECK(shared.order.empty());
        co_await shared.notify(1);
        co_await skein::sleep(1s);
        CHECK(shared.order == std::vector<int>{0});
        co_await shared.notify(2);
        co_await skein::sleep(1s);
        CHECK(shared.order == std::vector<int>{0, 1, 2});
        {
            const auto guard = co_await shared.lock.lock();
            shared.changed.notify_all();
        }
        co_await skein::sleep(1s);
        CHECK(shared.order == std::vector<int>{0, 1, 2, 3, 4, 5});
        co_await shared.notify(7);  // nobody waits: forgotten
    });
}

TEST_CASE(
    "who was notified gets the mutex behind those who wait for it already, and before who comes later") {
    run_virtual([]() -> task<> {
        shared_value shared;
        const auto lock_and_note = [&](int who) -> task<> {
            const auto guard = co_await shared.lock.lock();
            shared.order.push_back(who);
        };
        create_task(shared.wait_and_note(1));
        co_await skein::yield();
        {
            const auto guard = co_await shared.lock.lock();
            create_task(lock_and_note(2));
            co_await skein::yield();
            shared.changed.notify_one();
            create_task(lock_and_note(3));
            co_await skein::yield();
        }
        co_await skein::sleep(1s);
        CHECK(shared.order == std::vector<int>{2, 1, 3});
    });
}

TEST_CASE("wait with a predicate asks at once, and after each notification, with the mutex locked") {
    run_virtual([]() -> task<> {
        shared_value shared;
        int asked = 0;
        const auto body = [&]() -> task<> {
            auto guard = co_await shared.lock.lock();
            const auto at_least = [&](int least) {
                ++asked;
                CHECK(shared.lock.locked());
                return shared.value >= least;
            };
            co_await shared.changed.wait(guard, at_least, 0);
            CHECK(asked == 1);
            co_await shared.changed.wait(guard, at_least, 2);
            CHECK(shared.value == 2);
        };
        auto work = create_task(body());
        co_await skein::yield();
        CHECK(asked == 2);
        for (int i = 0; i < 2; ++i) {
            {
                const auto guard = co_await shared.lock.lock();
                ++shared.value;
                shared.changed.notify_all();
            }
            co_await skein::sleep(1s);
        }
        co_await work;
        CHECK(asked == 4);
    });
}

TEST_CASE("what a predicate throws comes out of the wait, with the mutex locked") {
    run_virtual([]() -> task<> {
        shared_value shared;
        auto guard = co_await shared.lock.lock();
        const auto fails = []() -> bool { throw std::runtime_error("no"); };
        CHECK_THROWS_WITH(co_await shared.changed.wait(guard, fails), "no");
        CHECK(guard);
    });
}

TEST_CASE("a cancelled wait ends only with the mutex, then throws") {
    run_virtual([]() -> task<> {
        shared_value shared;
        bool had_mutex = false;
        const auto body = [&]() -> task<> {
            auto guard = co_await shared.lock.lock();
            try {
                co_await shared.changed.wait(guard);
            } catch (const cancelled_error&) {
                had_mutex = static_cast<bool>(guard) && shared.lock.locked();
                throw;
            }
        };
        auto work = create_task(body());
        co_await skein::yield();
        auto mine = co_await shared.lock.lock();
        work.cancel();
        co_await skein::sleep(1s);
        CHECK_FALSE(work.done());  // the mutex is ours
        mine.unlock();
        CHECK_THROWS_AS(co_await work, cancelled_error);
        CHECK(had_mutex);
        CHECK_FALSE(shared.lock.locked());
        co_await shared.notify(1);  // nobody is left in line
    });
}

TEST_CASE("a cancelled wait gets a free mutex at once") {
    run_virtual([]() -> task<> {
        shared_value shared;
        auto work = create_task(shared.wait_and_note(1));
        co_await skein::yield();
        work.cancel();
        CHECK(shared.lock.locked());  // handed to the task that unwinds
        CHECK_THROWS_AS(co_await work, cancelled_error);
        CHECK_FALSE(shared.lock.locked());
    });
}

TEST_CASE("a cancelled wait takes no notification with it: the next in line gets it") {
    run_virtual([]() -> task<> {
        shared_value shared;
        auto a = create_task(shared.wait_and_note(1));
        auto b = create_task(shared.wait_and_note(2));
        co_await skein::yield();
        {
            const auto guard = co_await shared.lock.lock();
            a.cancel();
            shared.changed.notify_one();
        }
        co_await b;
        CHECK(shared.order == std::vector<int>{2});
        CHECK(a.cancelled());
    });
}

TEST_CASE(
    "who is cancelled after it was notified keeps the notification; the cancel is seen at the next wait") {
    run_virtual([]() -> task<> {
        for (const bool has_mutex_already : {false, true}) {
            shared_value shared;
            const auto body = [&]() -> task<> {
                auto guard = co_await shared.lock.lock();
                co_await shared.changed.wait(guard);
                shared.order.push_back(1);
                co_await shared.changed.wait(guard);
            };
            auto work = create_task(body());
            co_await skein::yield();
            auto guard = co_await shared.lock.lock();
            shared.changed.notify_one();
            if (has_mutex_already) guard.unlock();
            work.cancel();
            if (guard) guard.unlock();
            CHECK_THROWS_AS(co_await work, cancelled_error);
            CHECK(shared.order == std::vector<int>{1});
            CHECK_FALSE(shared.lock.locked());
        }
    });
}

TEST_CASE("a task that is cancelled already does not wait, and keeps the mutex") {
    run_virtual([]() -> task<> {
        shared_value shared;
        int kept = 0;
        const auto body = [&]() -> task<> {
            auto guard = co_await shared.lock.lock();
            try {
                co_await skein::sleep(1h);
            } catch (const cancelled_error&) {}
            CHECK_THROWS_AS(co_await shared.changed.wait(guard), cancelled_error);
            kept += static_cast<bool>(guard);
            const auto always = [] { return true; };
            CHECK_THROWS_AS(co_await shared.changed.wait(guard, always), cancelled_error);
            kept += static_cast<bool>(guard);
        };
        auto work = create_task(body());
        co_await skein::yield();
        work.cancel();
        co_await work;
        CHECK(kept == 2);
        CHECK_FALSE(shared.lock.locked());
    });
}

TEST_CASE("a wait with a time limit: the mutex is locked again when timeout_error comes") {
    run_virtual([]() -> task<> {
        shared_value shared;
        auto guard = co_await shared.lock.lock();
        CHECK_THROWS_AS(co_await skein::wait_for(shared.changed.wait(guard), 1s), skein::timeout_error);
        CHECK(guard);
        CHECK(shared.lock.locked());
        const auto never = [] { return false; };
        CHECK_THROWS_AS(co_await skein::wait_for(shared.changed.wait(guard, never), 1s),
                        skein::timeout_error);
        CHECK(guard);
        CHECK(virtual_loop::elapsed() == 2s);
    });
}

TEST_CASE("notify while nobody holds the mutex is a logic_error, and wakes nobody") {
    run_virtual([]() -> task<> {
        shared_value shared;
        CHECK_THROWS_AS(shared.changed.notify_one(), std::logic_error);
        CHECK_THROWS_AS(shared.changed.notify(0), std::logic_error);
        auto work = create_task(shared.wait_and_note(1));
        co_await skein::yield();
        CHECK_THROWS_AS(shared.changed.notify_all(), std::logic_error);
        co_await skein::yield();
        CHECK_FALSE(work.done());
        work.cancel();
        CHECK_THROWS_AS(co_await work, cancelled_error);
    });
}

TEST_CASE("wait with a guard that is empty, or of another mutex, is a logic_error") {
    run_virtual([]() -> task<> {
        shared_value shared;
        mutex another;
        mutex::guard empty;
        auto wrong = co_await another.lock();
        CHECK_THROWS_AS(co_await shared.changed.wait(empty), std::logic_error);
        CHECK_THROWS_AS(co_await shared.changed.wait(wrong), std::logic_error);
        CHECK(another.locked());
    });
}

TEST_CASE(
    "who waits for a condition that is destroyed is told, with an empty guard: the mutex may be gone too") {
    run_virtual([]() -> task<> {
        std::optional<shared_value> shared(std::in_place);
        int told = 0;
        const auto body = [&]() -> task<> {
            auto guard = co_await shared->lock.lock();
            try {
                co_await shared->changed.wait(guard);
            } catch (const std::logic_error&) {
                told += !guard;
            }
        };
        auto a = create_task(body());
        auto b = create_task(body());
        co_await skein::yield();
        shared.reset();
        b.cancel();  // too late: the wait is over
        co_await a;
        co_await b;
        CHECK(told == 2);
    });
}

TEST_CASE("who was notified before the condition is destroyed has the mutex all the same") {
    run_virtual([]() -> task<> {
        mutex m;
        std::optional<condition> c(std::in_place, m);
        bool had_mutex = false;
        const auto body = [&]() -> task<> {
            auto guard = co_await m.lock();
            co_await c->wait(guard);
            had_mutex = static_cast<bool>(guard);
        };
        auto work = create_task(body());
        co_await skein::yield();
        {
            const auto guard = co_await m.lock();
            c->notify_one();
            c.reset();
        }
        work.cancel();
        co_await work;
        CHECK(had_mutex);
    });
}

TEST_CASE("producers and consumers over two conditions of one mutex lose nothing") {
    run_virtual([]() -> task<> {
        mutex m;
        condition not_empty(m);
        condition not_full(m);
        std::vector<int> buffer;
        std::vector<int> seen;
        const auto produce = [&](int first) -> task<> {
            for (int i = 0; i < 100; ++i) {
                auto guard = co_await m.lock();
                co_await not_full.wait(guard, [&] { return buffer.size() < 2; });
                buffer.push_back(first + i);
                not_empty.notify_one();
            }
        };
        const auto consume = [&]() -> task<> {
            for (int i = 0; i < 100; ++i) {
                auto guard = co_await m.lock();
                co_await not_empty.wait(guard, [&] { return !buffer.empty(); });
                seen.push_back(buffer.front());
                buffer.erase(buffer.begin());
                not_full.notify_one();
            }
        };
        std::vector<future<>> all;
        for (int i = 0; i < 3; ++i) all.push_back(create_task(consume()));
        for (int i = 0; i < 3; ++i) all.push_back(create_task(produce(1000 * i)));
        for (auto& one : all) co_await one;
        CHECK(seen.size() == 300);
        long sum = 0;
        for (const int value : seen) sum += value;
        CHECK(sum == 3 * 4950 + 100 * (1000 + 2000));
    });
}
