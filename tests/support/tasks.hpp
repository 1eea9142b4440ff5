// The tasks that tests of concurrency are made of: they wait, give a value, fail, or are slow to end.
#pragma once

#include <skein/cancelled_error.hpp>
#include <skein/clock.hpp>
#include <skein/shield.hpp>
#include <skein/sleep.hpp>
#include <skein/task.hpp>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <vector>

namespace skein::tests {

inline task<int> after(clock::duration delay, int value) {
    co_await sleep(delay);
    co_return value;
}

template <class T = void>
task<T> fail_after(clock::duration delay, const char* what) {
    co_await sleep(delay);
    throw std::runtime_error(what);
}

/// Waits for ever; once it is cancelled, takes a while to end, and says when it has.
inline task<int> unwind_slowly(clock::duration clean_up, bool& ended) {
    const auto body = []() -> task<> { co_await sleep(std::chrono::hours(1000)); };
    const auto nap = [&]() -> task<> {
        co_await sleep(clean_up);
        ended = true;
    };
    co_await with_cleanup(body, nap);
    co_return 0;
}

/// Waits for ever; gives a value, or throws, when it is cancelled.
inline task<int> value_when_cancelled(int value) {
    try {
        co_await sleep(std::chrono::hours(1000));
    } catch (const cancelled_error&) {}
    co_return value;
}
inline task<int> fail_when_cancelled(const char* what) {
    try {
        co_await sleep(std::chrono::hours(1000));
    } catch (const cancelled_error&) {
        throw std::runtime_error(what);
    }
    co_return 0;
}

/// How many tasks run at once, and how many have begun.
struct gauge {
    int running = 0, most = 0, begun = 0;
};
inline task<int> measured(gauge& g, int value) {
    ++g.begun;
    g.most = std::max(g.most, ++g.running);
    co_await sleep(std::chrono::seconds(1 + value % 3));
    --g.running;
    co_return value;
}
inline std::vector<task<int>> some_measured(gauge& g, int count) {
    std::vector<task<int>> tasks;
    for (int i = 0; i < count; ++i) tasks.push_back(measured(g, i));
    return tasks;
}

}  // namespace skein::tests
