// run(): the loop, the main task, and orderly shutdown.
#pragma once

#include <skein/detail/awaitable.hpp>
#include <skein/detail/child.hpp>
#include <skein/task.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

namespace skein {

/// How run() behaves.
struct run_options {
    /// Take SIGINT while running, if its disposition is the default one. The first cancels the main task;
    /// when that has unwound and all is closed, the signal is raised again, so that a shell sees a Ctrl-C.
    /// The second ends the process at once, even if the loop is blocked. Default: true.
    bool handle_sigint = true;

    /// Told of each exception that nobody can receive. Default: one line on standard error.
    std::function<void(std::string_view context, std::exception_ptr error)> exception_handler = {};
};

namespace detail {
SKEIN_API void run_loop(std::unique_ptr<job> main, const run_options& options);
}

/// Runs a loop in this thread until `main` has ended, and gives its result. Then what is left is cancelled
/// and waited for, connections and handles are closed, and the loop is gone. As asyncio.run(). *Throws:* what
/// `main` throws; std::logic_error inside another run() of this thread.
template <class T>
T run(task<T> main, run_options options = run_options()) {
    detail::result<T> out;
    detail::run_loop(std::make_unique<detail::child_job<T>>(std::move(main), out), options);
    return out.take();
}

/// The same for anything awaitable.
template <class A>
requires(detail::awaitable<A> && !detail::is_task<A>::value) auto run(A main,
                                                                      run_options options = run_options())
    -> detail::await_result_t<A> {
    return run(detail::to_task(std::move(main)), std::move(options));
}

/// The same for a callable that gives something awaitable, with its arguments: run(main_function).
template <class Fn, class... Args>
requires(detail::async_callable<Fn, Args...> && !detail::awaitable<Fn>) auto run(Fn fn, Args... args)
    -> detail::async_result_t<Fn, Args...> {
    return run(detail::call_in_task(std::move(fn), std::move(args)...));
}

}  // namespace skein
