// Letting time pass, and letting others run.
#pragma once

#include <skein/clock.hpp>
#include <skein/detail/config.hpp>
#include <skein/detail/deadline.hpp>
#include <skein/detail/scheduler.hpp>
#include <skein/task.hpp>

#include <chrono>
#include <string>

namespace skein {

namespace detail {

class SKEIN_API sleep_awaiter final : wait, deadline {
public:
    explicit sleep_awaiter(clock::time_point when) noexcept : when_(when) {}
    explicit sleep_awaiter(clock::duration how_long) noexcept : how_long_(how_long) {}
    bool await_ready() const {
        check();
        return false;
    }
    void await_suspend(task_handle at);
    void await_resume() const {
        if (!elapsed_) throw cancelled_error();
    }

private:
    void on_deadline() noexcept override;
    void on_cancel() noexcept override;
    void describe(std::string& out) const override;

    clock::time_point when_ = {};
    clock::duration how_long_ = {};  // from the moment of waiting; zero: `when_` counts
    bool elapsed_ = false;
};

class SKEIN_API yield_awaiter final : wait {
public:
    bool await_ready() const {
        check();
        return false;
    }
    void await_suspend(task_handle at) noexcept {
        suspend(at);
        wake();
    }
    void await_resume() const noexcept {}

private:
    void on_cancel() noexcept override {}  // never: it is awake again as soon as it suspends
};

SKEIN_API task<> sleep_task(clock::time_point when);
SKEIN_API task<> sleep_task(clock::duration how_long);
SKEIN_API task<> yield_task();

}  // namespace detail

/// What sleep() and sleep_until() give: awaitable, and convertible to task<>. `When` is a duration or a point
/// in time.
template <class When>
class [[nodiscard]] sleeping {
public:
    explicit sleeping(When when) noexcept : when_(when) {}
    detail::sleep_awaiter operator co_await() const noexcept { return detail::sleep_awaiter(when_); }
    operator task<>() const { return detail::sleep_task(when_); }

private:
    When when_;
};

/// What yield() gives: awaitable, and convertible to task<>.
class [[nodiscard]] yielding {
public:
    detail::yield_awaiter operator co_await() const noexcept { return detail::yield_awaiter(); }
    operator task<>() const { return detail::yield_task(); }
};

/// Waits until `when`, and never less: wake-ups are at whole milliseconds of the loop's timer. A point in the
/// past gives way once, as yield(). *Cancellation:* at once. *Throws:* cancelled_error; std::logic_error
/// outside a skein task.
inline sleeping<clock::time_point> sleep_until(clock::time_point when) noexcept {
    return sleeping<clock::time_point>(when);
}

/// Waits for `duration`, counted from the moment of waiting. Zero or less gives way once, as asyncio's
/// sleep(0). *Cancellation:* at once. *Throws:* cancelled_error; std::logic_error outside a skein task.
template <class Rep, class Period>
sleeping<clock::duration> sleep(std::chrono::duration<Rep, Period> duration) noexcept {
    return sleeping<clock::duration>(detail::saturate(duration));
}

/// Goes to the back of the ready queue: everybody who is ready runs once before this task goes on.
/// *Cancellation:* throws cancelled_error before giving way.
inline yielding yield() noexcept {
    return {};
}

}  // namespace skein
