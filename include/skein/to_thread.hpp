// Blocking calls, off the loop.
#pragma once

#include <skein/detail/awaitable.hpp>
#include <skein/detail/result.hpp>
#include <skein/detail/scheduler.hpp>
#include <skein/task.hpp>

#include <functional>
#include <string>
#include <utility>

namespace skein {

namespace detail {

/// A call on the loop's thread pool, which the running task waits for.
class SKEIN_API thread_call : private wait {
public:
    thread_call(const thread_call&) = delete;
    thread_call& operator=(const thread_call&) = delete;

    bool await_ready() const {
        check();
        return false;
    }
    void await_suspend(task_handle at);
    void await_resume() const {
        if (!ran_) throw cancelled_error();
    }

protected:
    thread_call() noexcept = default;
    ~thread_call() = default;
    virtual void call() noexcept = 0;  // in the other thread

private:
    struct request;
    void call_seeing_values() noexcept;
    void on_cancel() noexcept override;
    void describe(std::string& out) const override;

    request* request_ = nullptr;
    context values_;  // task-local, of who waits
    bool ran_ = false;
};

template <class R, class Fn>
class thread_call_of final : public thread_call {
public:
    thread_call_of(Fn& fn, result<R>& out) noexcept : fn_(fn), out_(out) {}

private:
    void call() noexcept override {
        try {
            if constexpr (std::is_void_v<R>) {
                fn_();
                out_.set_value();
            } else {
                out_.set_value(fn_());
            }
        } catch (...) {
            out_.set_caught();
        }
    }
    Fn& fn_;
    result<R>& out_;
};

template <class R, class Fn>
task<R> to_thread_task(Fn fn) {
    result<R> out;
    thread_call_of<R, Fn> call(fn, out);
    co_await call;
    co_return out.take();
}

}  // namespace detail

/// Runs `f(args...)` on a thread of libuv's pool and gives its result: for blocking calls and blocking
/// drivers. The pool has 4 threads (environment variable UV_THREADPOOL_SIZE), for all loops together; further
/// calls wait their turn. *Lifetime:* callable and arguments are kept until the call is over. *Cancellation:*
/// a call that has not begun never does; one that runs is waited for, and its result delivered. So is it at
/// the end of run(): a call that may not end by itself needs to be told, for example by a std::stop_token
/// whose source the main task owns. *Throws:* what f throws; cancelled_error.
template <class Fn, class... Args>
requires std::invocable<Fn&, Args...>
auto to_thread(Fn f, Args... args) -> task<std::invoke_result_t<Fn&, Args...>> {
    using R = std::invoke_result_t<Fn&, Args...>;
    static_assert(!detail::is_task<R>::value,
                  "to_thread() is for functions that block; a coroutine is awaited, and stays on the loop");
    auto bound = [f = std::move(f), ... args = std::move(args)]() mutable -> R {
        return std::invoke(f, std::move(args)...);
    };
    return detail::to_thread_task<R>(std::move(bound));
}

}  // namespace skein
