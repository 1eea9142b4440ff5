// Time limits on anything: wait_for and with_timeout.
#pragma once

#include <skein/clock.hpp>
#include <skein/detail/awaitable.hpp>
#include <skein/detail/child.hpp>
#include <skein/detail/deadline.hpp>
#include <skein/future.hpp>
#include <skein/task.hpp>

#include <functional>
#include <type_traits>
#include <utility>

namespace skein {

/// The time limit around a body: see with_timeout().
/// *Lifetime:* as long as the body runs. *Thread:* the loop's.
class SKEIN_API timeout_scope : private detail::join_scope, private detail::deadline {
public:
    /// Moves the deadline; clock::time_point::max() takes it away. A point in the past ends the body at the
    /// next turn. Without effect once expired, and once the body has ended.
    void reschedule(clock::time_point when);
    /// Takes the deadline away.
    void cancel_deadline() noexcept;
    /// True once the deadline has passed and the body has been told to end.
    bool expired() const noexcept { return expired_; }
    /// The deadline; clock::time_point::max() if there is none.
    clock::time_point when() const noexcept { return when_; }

    /// For the library.
    explicit timeout_scope(clock::duration limit);
    explicit timeout_scope(clock::time_point when);
    template <class T>
    task<T> run(task<T> work) {
        detail::result<T> out;
        this->start_child(std::move(work), out);
        if (passed()) expire();
        co_await this->join();
        if (expired_ && out.state() == detail::result_state::cancelled && !owner_cancelled()) throw_timeout();
        co_return out.take();
    }
    /// Whether there was no time from the beginning.
    bool passed() const noexcept { return when_ <= began_; }
    [[noreturn]] void throw_timeout() const;
    using detail::join_scope::owner_cancelled;

private:
    void on_deadline() noexcept override { expire(); }
    void child_done(bool cancelled, const std::exception_ptr* error) noexcept override;
    void expire() noexcept;

    clock::time_point began_;
    clock::time_point when_ = clock::time_point::max();
    bool expired_ = false;
    bool ended_ = false;
};

namespace detail {

// `Limit` is a duration, counted from the moment of awaiting, or a point in time.

template <class T, class Limit>
task<T> wait_for_task(task<T> work, Limit limit) {
    timeout_scope scope(limit);
    co_return co_await scope.run(std::move(work));
}

template <class T, class Limit>
task<T> wait_for_future(future<T> waited, Limit limit) {
    timeout_scope scope(limit);
    if (!scope.passed()) co_return co_await scope.run(await_in_task(std::move(waited)));
    const bool too_late = waited.cancel();
    try {
        co_return co_await waited;
    } catch (const cancelled_error&) {
        if (!too_late || scope.owner_cancelled()) throw;
    }
    scope.throw_timeout();
}

template <class R, class Limit, class Fn, class... Args>
task<R> with_timeout_task(Limit limit, Fn body, Args... args) {
    timeout_scope scope(limit);
    if constexpr (std::invocable<Fn&, timeout_scope&, Args...>)
        co_return co_await scope.run(to_task(std::invoke(body, scope, std::move(args)...)));
    else
        co_return co_await scope.run(to_task(std::invoke(body, std::move(args)...)));
}

/// What `body(scope, args...)`, or else `body(args...)`, gives when it is awaited.
template <class Fn, class... Args>
struct timed_result {};
template <class Fn, class... Args>
requires async_callable<Fn, timeout_scope&, Args...>
struct timed_result<Fn, Args...> : std::type_identity<async_result_t<Fn, timeout_scope&, Args...>> {
};
template <class Fn, class... Args>
requires(async_callable<Fn, Args...> &&
         !async_callable<Fn, timeout_scope&, Args...>) struct timed_result<Fn, Args...>
    : std::type_identity<async_result_t<Fn, Args...>> {
};
template <class Fn, class... Args>
using timed_result_t = typename timed_result<Fn, Args...>::type;

}  // namespace detail

/// Awaits with a time limit: when it has passed, cancels what is awaited, waits until that has ended, and
/// throws timeout_error. If it ends with a value all the same, that value is given; if with another error,
/// that is thrown. Zero or less: what is awaited never begins. *Lifetime:* the awaitable is moved in.
/// *Cancellation:* cancels what is awaited and waits for it; wins over the limit. *Throws:* timeout_error
/// (phase::none), cancelled_error, what the awaitable throws.
template <class A, class Rep, class Period>
requires detail::awaitable<A>
auto wait_for(A awaitable, std::chrono::duration<Rep, Period> limit) -> task<detail::await_result_t<A>> {
    return detail::wait_for_task(detail::to_task(std::move(awaitable)), detail::saturate(limit));
}

/// The same for a future. Zero or less: gives the result if there is one, else cancels what it stands for.
template <class T, class Rep, class Period>
task<T> wait_for(future<T> waited, std::chrono::duration<Rep, Period> limit) {
    return detail::wait_for_future(std::move(waited), detail::saturate(limit));
}

/// The same with a deadline: a point in the past is a limit of zero, clock::time_point::max() is none.
template <class A>
requires detail::awaitable<A>
auto wait_for(A awaitable, clock::time_point deadline) -> task<detail::await_result_t<A>> {
    return detail::wait_for_task(detail::to_task(std::move(awaitable)), deadline);
}
template <class T>
task<T> wait_for(future<T> waited, clock::time_point deadline) {
    return detail::wait_for_future(std::move(waited), deadline);
}

/// Runs `body(scope, args...)` or `body(args...)`, which gives something awaitable, with a time limit that
/// the body can move through its timeout_scope. The callable and the arguments are kept until the body has
/// ended. Otherwise as wait_for().
template <class Rep, class Period, class Fn, class... Args>
auto with_timeout(std::chrono::duration<Rep, Period> limit, Fn body, Args... args)
    -> task<detail::timed_result_t<Fn, Args...>> {
    return detail::with_timeout_task<detail::timed_result_t<Fn, Args...>>(
        detail::saturate(limit), std::move(body), std::move(args)...);
}

/// The same with a deadline, as asyncio's timeout_at(): a point in the past is a limit of zero,
/// clock::time_point::max() is none, until the body sets one.
template <class Fn, class... Args>
auto with_timeout(clock::time_point deadline, Fn body, Args... args)
    -> task<detail::timed_result_t<Fn, Args...>> {
    return detail::with_timeout_task<detail::timed_result_t<Fn, Args...>>(deadline, std::move(body),
                                                                          std::move(args)...);
}

}  // namespace skein
