// The one way into a loop from other threads.
#pragma once

#include <skein/detail/awaitable.hpp>
#include <skein/detail/config.hpp>
#include <skein/detail/report.hpp>
#include <skein/detail/scheduler.hpp>
#include <skein/error.hpp>
#include <skein/future.hpp>
#include <skein/task.hpp>

#include <concepts>
#include <cstdint>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <type_traits>
#include <utility>

namespace skein {

/// What was submitted to a loop will not be done: the loop has ended, or ended before the task had.
class SKEIN_API loop_ended : public error {
public:
    loop_ended();
    ~loop_ended() override;
};

namespace detail {

class inbox;

/// What another thread sends to a loop, which runs it once and deletes it. Not recycled memory: it would move
/// from the lists of the one thread to those of the other.
class message : public ready_node {
public:
    message() noexcept = default;
    message(const message&) = delete;
    message& operator=(const message&) = delete;
    ~message() override = default;
};

/// Whether a message starts a task, which a loop that is ending does not take any more.
enum class message_kind : std::uint8_t { call, task };

/// Calls a function, and tells the exception handler what it throws.
template <class Fn>
class call_message final : public message {
public:
    explicit call_message(Fn call) : call_(std::move(call)) {}

private:
    void run() noexcept override {
        const std::unique_ptr<call_message> self(this);
        try {
            static_cast<void>(call_());
        } catch (...) {
            report_lost("exception in a call that a remote posted", std::current_exception());
        }
    }
    Fn call_;
};

/// The answer to a thread that has submitted a task. Dropped without one, it says that the loop has ended.
template <class T>
class reply {
public:
    reply() = default;
    reply(reply&& other) noexcept
        : promise_(std::move(other.promise_)), pending_(std::exchange(other.pending_, false)) {}
    reply& operator=(reply&&) = delete;
    ~reply() {
        if (pending_) promise_.set_exception(std::make_exception_ptr(loop_ended()));
    }

    std::future<T> get_future() { return promise_.get_future(); }
    template <class... Value>
    void set_value(Value&&... value) {
        promise_.set_value(std::forward<Value>(value)...);
        pending_ = false;
    }
    void set_caught() {
        pending_ = false;
        promise_.set_exception(std::current_exception());
    }

private:
    std::promise<T> promise_;
    bool pending_ = true;
};

template <class T, class Fn, class... Args>
task<> answer(reply<T> to, Fn fn, Args... args) {
    try {
        if constexpr (std::is_void_v<T>) {
            co_await std::invoke(fn, std::forward<Args>(args)...);
            to.set_value();
        } else {
            to.set_value(co_await std::invoke(fn, std::forward<Args>(args)...));
        }
    } catch (const cancelled_error&) {
        // Nobody has a handle on this task: if it was cancelled, then by the end of the loop.
        if (!this_kernel.job->cancel_requested()) to.set_caught();
    } catch (...) {
        to.set_caught();
    }
}

}  // namespace detail

/// A handle on a loop for other threads: for threads that have no loop of their own, and for callbacks that
/// come from who knows where. Copies refer to the same loop. *Thread:* any; all members may be called from
/// several threads at once, but not from signal handlers. *Lifetime:* may outlive its loop and be destroyed
/// anywhere; it does not keep the loop running.
///
/// What is sent from one thread runs in the order in which it was sent. While a loop ends (its main task has
/// ended, the other tasks unwind), it takes calls but no new tasks; once no task is left, it takes nothing.
/// What was taken is run.
class SKEIN_API remote {
public:
    /// A remote of no loop: as one whose loop has ended.
    remote() noexcept = default;

    /// Calls `f(args...)` on the loop; if that gives something awaitable, runs it as a task. Does not wait.
    /// False if the loop does not take it any more. What `f` or the task throws goes to the exception
    /// handler. *Lifetime:* the callable and the arguments are kept until it is over.
    template <class Fn, class... Args>
    requires std::invocable<Fn&, Args...>
    bool post(Fn f, Args... args) const {
        if constexpr (detail::async_callable<Fn, Args...>) {
            return send_call(detail::message_kind::task,
                             [f = std::move(f), ... args = std::move(args)]() mutable {
                                 create_task(detail::call_in_task(std::move(f), std::move(args)...));
                             });
        } else {
            return send_call(detail::message_kind::call,
                             [f = std::move(f), ... args = std::move(args)]() mutable {
                                 static_cast<void>(std::invoke(f, std::forward<Args>(args)...));
                             });
        }
    }

    /// Runs `f(args...)`, which gives something awaitable, as a task of the loop, and gives a future that any
    /// thread may wait for; not the loop's own, which it would block, and which then must not wait for that
    /// thread either: join() it after run(), or in to_thread(). What the task throws arrives there;
    /// loop_ended if the loop ends before the task has. *Lifetime:* the callable and the arguments are kept
    /// until the task is over. *Cancellation:* none from here: dropping the future lets the task run.
    template <class Fn, class... Args>
    requires detail::async_callable<Fn, Args...>
    auto submit(Fn f, Args... args) const -> std::future<detail::async_result_t<Fn, Args...>> {
        using T = detail::async_result_t<Fn, Args...>;
        detail::reply<T> to;
        auto result = to.get_future();
        static_cast<void>(send_call(detail::message_kind::task, [to = std::move(to), f = std::move(f),
                                                                 ... args = std::move(args)]() mutable {
            create_task(detail::answer<T>(std::move(to), std::move(f), std::move(args)...));
        }));
        return result;
    }

    /// For the library.
    explicit remote(std::shared_ptr<detail::inbox> to) noexcept : inbox_(std::move(to)) {}

private:
    template <class Call>
    bool send_call(detail::message_kind kind, Call call) const {
        return send(kind, std::make_unique<detail::call_message<Call>>(std::move(call)));
    }
    bool send(detail::message_kind kind, std::unique_ptr<detail::message> what) const noexcept;

    std::shared_ptr<detail::inbox> inbox_;
};

/// The remote of this thread's loop. *Throws:* std::logic_error if there is none.
SKEIN_API remote this_remote();

}  // namespace skein
