// run(): the loop, the main task, and orderly shutdown.
#pragma once

#include <skein/clock.hpp>
#include <skein/detail/awaitable.hpp>
#include <skein/detail/child.hpp>
#include <skein/task.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

namespace skein {

/// What the watchdog saw: a step of a task that keeps the loop from everything else.
class SKEIN_API blocked_task {
public:
    /// Empty if it has none; of a callback, all are.
    const std::string& name() const noexcept { return name_; }
    /// Where create_task() was called; line 0 where it was not.
    std::source_location created() const noexcept { return created_; }
    /// The coroutine that the step began in. It may have called others.
    std::source_location function() const noexcept { return function_; }
    /// How long the step has taken up to now.
    clock::duration elapsed() const noexcept { return elapsed_; }
    /// All of it in one line.
    std::string what() const;

    /// For the library.
    blocked_task(std::string name, std::source_location created, std::source_location function,
                 clock::duration elapsed) noexcept
        : name_(std::move(name)), created_(created), function_(function), elapsed_(elapsed) {}

private:
    std::string name_;
    std::source_location created_;
    std::source_location function_;
    clock::duration elapsed_;
};

/// How run() behaves.
struct run_options {
    /// Take SIGINT while running, if its disposition is the default one. The first cancels the main task;
    /// when that has unwound and all is closed, the signal is raised again, so that a shell sees a Ctrl-C.
    /// The second ends the process at once, even if the loop is blocked. Default: true.
    bool handle_sigint = true;

    /// Told of each exception that nobody can receive. Default: one line on standard error.
    /// What it throws goes to standard error, and so does what is reported while it runs.
    std::function<void(std::string_view context, std::exception_ptr error)> exception_handler = {};

    /// Report each step of a task that blocks the loop for longer than this, while it lasts: a call that
    /// should be in to_thread(), or a long computation. Costs a thread, and a lock and a reading of the clock
    /// a step. Default: zero, which is off.
    std::chrono::nanoseconds watchdog = std::chrono::nanoseconds::zero();

    /// Told what blocks the loop. Called on the watchdog's thread, once for each such step; run() waits for
    /// it at its end. Default: one line on standard error.
    std::function<void(const blocked_task&)> on_blocked = {};

    /// Report tasks that are dropped without having been awaited or scheduled, through the exception handler;
    /// not those dropped by an exception or a cancellation. The environment variable SKEIN_DEBUG switches it
    /// on, too, if it is neither empty nor 0. Default: false.
    bool debug = false;
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
