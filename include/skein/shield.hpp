// Work that a cancellation must not cut short.
#pragma once

#include <skein/detail/awaitable.hpp>
#include <skein/detail/child.hpp>
#include <skein/detail/report.hpp>
#include <skein/future.hpp>
#include <skein/task.hpp>

#include <exception>
#include <utility>

namespace skein {

namespace detail {

template <class T>
task<T> shield_task(task<T> work) {
    join_scope scope(join_scope::on_owner_cancel::let_them_run);
    result<T> out;
    scope.start_child(std::move(work), out);
    co_await scope.join();
    co_return out.take();
}

template <class T>
task<T> shield_future(future<T> waited) {
    co_return co_await shielded_future_awaiter<T>(waited);
}

template <class T, class Body, class Cleanup>
task<T> with_cleanup_task(Body body, Cleanup cleanup) {
    result<T> out;
    try {
        if constexpr (std::is_void_v<T>) {
            co_await body();
            out.set_value();
        } else {
            out.set_value(co_await body());
        }
    } catch (...) {
        out.set_caught();
    }
    try {
        co_await shield_task(to_task(cleanup()));
    } catch (...) {
        if (const auto* lost = out.thrown())
            report_lost_here("exception of a with_cleanup() body whose clean-up failed too", *lost);
        throw;
    }
    co_return out.take();
}

}  // namespace detail

/// Runs to its end whatever happens to the task that waits: a cancellation is seen at the next wait after it.
/// Works in a task that is cancelled already: the place for clean-up that must wait. *Cancellation:* none.
/// *Throws:* what the awaitable throws.
template <class A>
requires detail::awaitable<A>
auto shield(A awaitable) -> task<detail::await_result_t<A>> {
    return detail::shield_task(detail::to_task(std::move(awaitable)));
}

/// Waits for a future without binding it to this wait: a cancellation ends the wait at once, and what the
/// future stands for goes on.
template <class T>
task<T> shield(future<T> waited) {
    return detail::shield_future(std::move(waited));
}

/// Runs `body()`, then `cleanup()`, however the body ended; the clean-up is shielded, and may wait. The
/// callables are kept until both have ended. An error of the clean-up replaces one of the body, which
/// goes to the exception handler.
/// *Cancellation:* of the body only. *Throws:* what the body or the clean-up throws.
template <class Body, class Cleanup>
requires(detail::async_callable<Body>&& detail::async_callable<Cleanup>) auto with_cleanup(Body body,
                                                                                           Cleanup cleanup)
    -> task<detail::async_result_t<Body>> {
    return detail::with_cleanup_task<detail::async_result_t<Body>>(std::move(body), std::move(cleanup));
}

}  // namespace skein
