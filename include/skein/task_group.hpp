// Structured concurrency: tasks that belong to a block.
#pragma once

#include <skein/detail/awaitable.hpp>
#include <skein/detail/child.hpp>
#include <skein/future.hpp>
#include <skein/task.hpp>

#include <exception>
#include <functional>
#include <source_location>
#include <string_view>
#include <utility>
#include <vector>

namespace skein {

/// The tasks of a with_task_group() block.
/// *Lifetime:* as long as the block. *Thread:* the loop's.
class SKEIN_API task_group : private detail::join_scope {
public:
    /// Starts an awaitable as a task of the group, at the next turn of the loop. Its error ends the group,
    /// and so need not be awaited; cancelling the returned future ends that task only. *Throws:*
    /// std::logic_error if the group is ending: a task has failed, or all have ended. In a group that is
    /// being cancelled, the task never begins.
    template <class A>
    requires detail::awaitable<A> future<detail::await_result_t<A>> create_task(
        A awaitable, std::string_view name = {},
        std::source_location where = std::source_location::current()) {
        using T = detail::await_result_t<A>;
        check_open();
        auto& job = *detail::make_future_job(detail::to_task(std::move(awaitable)), where);
        future<T> result{detail::state_handle<detail::state_of<T>>(&job)};
        if (!name.empty()) [[unlikely]]
            job.set_name(name);
        job.add_reference();
        job.mark_retrieved();
        start(job);
        if (owner_cancelled()) result.cancel();
        return result;
    }

    /// The same for a callable that gives an awaitable, with its arguments: they are kept until it has ended.
    template <class Fn, class... Args>
    requires(detail::async_callable<Fn, Args...> &&
             !detail::awaitable<Fn>) future<detail::async_result_t<Fn, Args...>> create_task(Fn fn,
                                                                                             Args... args) {
        return create_task(detail::call_in_task(std::move(fn), std::move(args)...));
    }

    /// For the library.
    task_group() noexcept = default;
    template <class T>
    task<T> run(task<T> body) {
        detail::result<T> out;
        this->start_child(std::move(body), out);
        co_await this->join();
        throw_errors();
        co_return out.take();
    }
    using join_scope::cancel_children;

private:
    void child_done(bool cancelled, const std::exception_ptr* error) noexcept override;
    void check_open() const;
    void throw_errors();

    std::vector<std::exception_ptr> errors_;
};

namespace detail {

// Calls the body inside the group, so that it may create tasks before it gives its own.
template <class R, class Fn, class... Args>
task<R> task_group_body(task_group& group, Fn& body, Args&... args) {
    try {
        co_return co_await std::invoke(body, group, std::move(args)...);
    } catch (const cancelled_error&) {
        group.cancel_children();
        throw;
    }
}

template <class R, class Fn, class... Args>
task<R> with_task_group_task(Fn body, Args... args) {
    task_group group;
    co_return co_await group.run(task_group_body<R>(group, body, args...));
}

}  // namespace detail

/// Runs `body(group, args...)`, which gives something awaitable, and waits until it and every task that was
/// started in the group have ended; gives what the body gives. The first failure (of a task or of the body)
/// cancels all others; then all failures are thrown together. Tasks that end cancelled are no failures; a
/// body that does cancels the tasks. As asyncio's TaskGroup. *Lifetime:* the callable and the arguments are
/// kept until all has ended. *Cancellation:* cancels body and tasks, waits for them. *Throws:*
/// exception_group; cancelled_error.
template <class Fn, class... Args>
requires detail::async_callable<Fn, task_group&, Args...>
auto with_task_group(Fn body, Args... args) -> task<detail::async_result_t<Fn, task_group&, Args...>> {
    return detail::with_task_group_task<detail::async_result_t<Fn, task_group&, Args...>>(std::move(body),
                                                                                          std::move(args)...);
}

}  // namespace skein
