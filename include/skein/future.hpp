// Results to come: future, promise, and create_task, which makes a task run concurrently.
#pragma once

#include <skein/detail/awaitable.hpp>
#include <skein/detail/scheduler.hpp>
#include <skein/detail/shared_state.hpp>
#include <skein/task.hpp>

#include <concepts>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <source_location>
#include <string_view>
#include <utility>

namespace skein {

template <class T>
class future;
template <class T>
class promise;

namespace detail {

/// A counted handle on a shared state.
template <class State>
class state_handle {
public:
    state_handle() noexcept = default;
    explicit state_handle(State* adopted) noexcept : state_(adopted) {}
    state_handle(const state_handle& other) noexcept : state_(other.state_) {
        if (state_ != nullptr) state_->add_reference();
    }
    state_handle(state_handle&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
    state_handle& operator=(state_handle other) noexcept {
        std::swap(state_, other.state_);
        return *this;
    }
    ~state_handle() {
        if (state_ != nullptr) state_->release();
    }
    State& operator*() const {
        if (state_ == nullptr) [[unlikely]]
            throw_no_state();
        return *state_;
    }
    State* operator->() const { return &**this; }
    State* get() const noexcept { return state_; }

private:
    State* state_ = nullptr;
};

/// Waits for a shared state; what a cancellation means to it is for who derives from this.
template <class T>
class state_awaiter : protected suspension {
public:
    explicit state_awaiter(state_handle<state_of<T>> state) noexcept : state_(std::move(state)) {}

    bool await_ready() const {
        check();
        return state_->done();
    }
    void await_suspend(task_handle at) {
        auto& state = *state_.get();
        if (state.is_running_job()) throw_awaits_itself();
        state.adopt("co_await of a future");
        suspend_in(state.waiting(), at);
    }
    void describe(std::string& out) const final { state_.get()->describe(out); }

protected:
    ~state_awaiter() = default;
    const state_handle<state_of<T>> state_;
};

/// What becomes of a value that can be copied when it is retrieved.
enum class retrieval : std::uint8_t { copy, move, move_if_last };

/// Cancellation goes on to what the future stands for, and the wait ends when that has. In a circle of tasks
/// that wait for each other none ever would: the innermost that passed it on and got it back leaves.
template <class T, retrieval how>
class future_awaiter final : public state_awaiter<T> {
public:
    using state_awaiter<T>::state_awaiter;
    T await_resume() const {
        auto& state = *this->state_.get();
        if (!state.has_value()) [[unlikely]]
            if (!state.done()) throw cancelled_error();  // it left
        return state.retrieve(how == retrieval::move ||
                              (how == retrieval::move_if_last && state.has_one_handle()));
    }

private:
    void on_cancel() noexcept override {
        auto& state = *this->state_.get();
        // Others may be on their way back, too: what they have found is not for this one.
        const bool before = std::exchange(this_kernel.circle, false);
        state.cancel();
        if (std::exchange(this_kernel.circle, before)) this->leave_and_wake(state.waiting());
    }
};

/// For shield(): cancellation ends the wait, not what is waited for.
template <class T>
class shielded_future_awaiter final : public state_awaiter<T> {
public:
    explicit shielded_future_awaiter(const future<T>& waited) noexcept : state_awaiter<T>(waited.state_) {}
    T await_resume() const {
        if (left_) throw cancelled_error();
        return this->state_->retrieve(false);
    }

private:
    void on_cancel() noexcept override {
        auto& state = *this->state_.get();
        if (state.done()) return;
        left_ = true;
        this->leave_and_wake(state.waiting());
    }
    bool left_ = false;
};

}  // namespace detail

/// A handle on a result to come: of a task that create_task() started, or of a promise. Copies share the
/// result, and several tasks may await it. *Lifetime:* dropping a future neither cancels nor blocks.
/// *Thread:* the loop's; cancelling, or waiting for, what belongs to another thread's loop throws
/// std::logic_error, as far as that can be seen. *Cancellation:* cancelling a task that awaits the future of
/// a task cancels that task too, as in asyncio, and the wait ends when that task has; of a promise, it
/// cancels the future. shield() keeps them apart.
template <class T = void>
class future {
public:
    using value_type = T;
    future() noexcept = default;

    /// True once there is a value, an error, or a cancellation.
    bool done() const { return state_->done(); }
    /// True if it ended by cancellation.
    bool cancelled() const { return state_->state() == detail::result_state::cancelled; }
    /// Requests cancellation; false if done already. A task is done only when it has unwound.
    bool cancel() {
        state_->check_thread("future::cancel()");
        return state_->cancel();
    }

    /// The value: a copy where T can be copied, else moved out by the first who asks.
    /// *Throws:* the task's error, cancelled_error; std::logic_error before it is done, or if taken before.
    T result() { return state_->retrieve(false); }
    /// The error, null if there is none. *Throws:* std::logic_error before it is done.
    std::exception_ptr exception() { return state_->error(); }
    /// Calls back from the loop, in a later step than the one that set the result; what the callback throws
    /// goes to the exception handler. *Throws:* std::logic_error without a running loop.
    void add_done_callback(std::function<void()> callback) {
        state_->check_thread("add_done_callback()");
        state_->add_callback(std::move(callback));
    }

    /// Waits for the result. `co_await std::move(f)` moves the value out, and so does co_await of a handle
    /// that has no name, as in `co_await create_task(work())`; otherwise as result(). Several tasks that
    /// await one result each need a named handle.
    auto operator co_await() const& { return detail::future_awaiter<T, detail::retrieval::copy>(state_); }
    auto operator co_await() && {
        return detail::future_awaiter<T, detail::retrieval::move>(std::move(state_));
    }

    /// For the library: to be awaited by who was given this handle and cannot know of others. Moves the value
    /// if there is no other handle any more.
    auto await_handle() && {
        return detail::future_awaiter<T, detail::retrieval::move_if_last>(std::move(state_));
    }
    explicit future(detail::state_handle<detail::state_of<T>> state) noexcept : state_(std::move(state)) {}

private:
    friend class detail::shielded_future_awaiter<T>;
    detail::state_handle<detail::state_of<T>> state_;
};

/// The other end of a future, for results that come from elsewhere: callbacks, other libraries. Move-only.
/// *Lifetime:* dropped without a result, it gives its future std::future_error (broken_promise).
/// *Thread:* the loop's; from other threads, through remote: setting it there throws std::logic_error once a
/// task waits.
template <class T = void>
class promise {
public:
    promise() : state_(new detail::promise_state<T>) {}
    promise(promise&&) noexcept = default;
    promise& operator=(promise&& other) noexcept {
        std::swap(state_, other.state_);
        return *this;
    }
    ~promise() {
        if (state_.get() != nullptr && !state_.get()->done()) break_promise();
    }

    /// The future; each call gives another handle on the same.
    future<T> get_future() const {
        state_->add_reference();
        return future<T>(detail::state_handle<detail::state_of<T>>(state_.get()));
    }
    /// Sets the value, constructed from the arguments. False if done or cancelled already.
    template <class... Args>
    requires(std::is_void_v<T> ? sizeof...(Args) == 0
                               : std::constructible_from<T, Args...>) bool set_value(Args&&... args) {
        return state_->set_value(std::forward<Args>(args)...);
    }
    /// Sets the error. False if done or cancelled already.
    bool set_exception(std::exception_ptr error) { return state_->set_error(std::move(error)); }
    /// True once set, or once the future was cancelled.
    bool done() const { return state_->done(); }

private:
    void break_promise() noexcept {
        state_.get()->mark_retrieved();
        if (!state_.get()->is_ours()) return detail::report_broken_elsewhere();
        state_.get()->set_error(detail::make_broken_promise());
    }
    detail::state_handle<detail::promise_state<T>> state_;
};

namespace detail {

/// A job to be started, with a reference for a future. Throws std::logic_error for an empty task.
template <class T>
inline future_job<T>* make_future_job(task<T>&& work, std::source_location where) {
    return new future_job<T>(work.release(), where);
}

}  // namespace detail

/// Runs an awaitable concurrently, starting at the next turn of the loop. The loop owns it: it runs to its
/// end even if the future is dropped, and run() cancels what is left at the end. An error that nobody
/// retrieves is reported to the exception handler. What borrows locals belongs in with_task_group() instead.
/// *Lifetime:* the awaitable is moved in. *Throws:* std::logic_error without a running loop, or for an empty
/// task.
template <class A>
requires detail::awaitable<A>
inline future<detail::await_result_t<A>> create_task(
    A awaitable, std::string_view name = {}, std::source_location where = std::source_location::current()) {
    using T = detail::await_result_t<A>;
    detail::current_scheduler("create_task()");
    auto& job = *detail::make_future_job(detail::to_task(std::move(awaitable)), where);
    future<T> result{detail::state_handle<detail::state_of<T>>(&job)};
    if (!name.empty()) [[unlikely]]
        job.set_name(name);
    job.add_reference();
    detail::this_kernel.scheduler->start_background(job);
    return result;
}

/// The same for a callable that gives an awaitable, with its arguments: they are kept until it has ended.
template <class Fn, class... Args>
requires(detail::async_callable<Fn, Args...> &&
         !detail::awaitable<Fn>) future<detail::async_result_t<Fn, Args...>> create_task(Fn fn,
                                                                                         Args... args) {
    return create_task(detail::call_in_task(std::move(fn), std::move(args)...));
}

}  // namespace skein
