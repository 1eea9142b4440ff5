// task<T>: a function that can wait.
//
// How one coroutine resumes another (docs/architecture.md, "Tasks"): an awaited child is started nested,
// inside its parent's await_suspend, and if it has ended when that call returns, the parent goes on at once.
// What ends later was resumed by the job's loop, which then resumes its parent. So is one start in 64 left to
// that loop, by way of this_kernel.starting. (To count the starts takes one step; to count how deep they are
// takes two, each of which waits for the last.) So the stack stays flat for any number of awaits, on every
// compiler, and no frame is resumed from inside another or destroyed in its own await_suspend. (Symmetric
// transfer, the textbook way, overflows the stack on g++ 12.)
#pragma once

#include <skein/cancelled_error.hpp>
#include <skein/detail/recycler.hpp>
#include <skein/detail/result.hpp>
#include <skein/detail/scheduler.hpp>

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <source_location>
#include <utility>

namespace skein {

template <class T>
class task;

namespace detail {

[[noreturn]] SKEIN_API void throw_empty_task();
/// Destroys a task that was never awaited, and in debug mode reports that.
SKEIN_API void drop_unawaited(task_handle frame) noexcept;
[[noreturn]] SKEIN_API void throw_awaited_twice();

/// The parts of a task's promise that do not depend on its type.
struct promise_base : frame_head {
    static void* operator new(std::size_t size) { return recycle_allocate(size); }
    static void operator delete(void* memory, std::size_t size) noexcept { recycle_free(memory, size); }

    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_always final_suspend() const noexcept { return {}; }
};

template <class T>
struct task_promise : promise_base {
    detail::result<T> result;

    /// The default argument is evaluated in the coroutine, and so tells which one it is.
    task<T> get_return_object(std::source_location here = std::source_location::current()) noexcept;
    void unhandled_exception() noexcept { result.set_caught(); }
    void return_value(T value) noexcept(std::is_nothrow_move_constructible_v<T>) {
        result.set_value(std::move(value));
    }
    template <class U>
    requires(!std::same_as<std::remove_cvref_t<U>, T> &&
             std::constructible_from<T, U>) void return_value(U&& value) {
        result.set_value(std::forward<U>(value));
    }
};

template <>
struct task_promise<void> : promise_base {
    detail::result<void> result;

    task<void> get_return_object(std::source_location here = std::source_location::current()) noexcept;
    void unhandled_exception() noexcept { result.set_caught(); }
    void return_void() noexcept { result.set_value(); }
};

/// Moves the result out of the ended root of a job into one that is pending, and destroys the frame; null
/// stands for one that never began. Gives the state, which is known here.
template <class T>
inline result_state take_from_root(result<T>& out, task_handle root) noexcept {
    if (!root) [[unlikely]] {
        out.set_cancelled();
        return result_state::cancelled;
    }
    const auto ended = std::coroutine_handle<task_promise<T>>::from_address(root.address());
    auto& result = ended.promise().result;
    if constexpr (noexcept(out.take_over(result))) {
        out.take_over(result);
    } else {
        try {
            out.take_over(result);
        } catch (...) {
            out.set_caught();
        }
    }
    const auto how = out.state();
    if (how == result_state::error) [[unlikely]]
        this_kernel.failed = ended.promise().function;
    ended.destroy();
    return how;
}

/// Starts an awaited child; false if it has ended already, so that its parent goes on at once.
template <class T>
bool start_nested(std::coroutine_handle<task_promise<T>> child) noexcept {
    auto& kernel = this_kernel;
    if (--kernel.starts_left == 0) [[unlikely]] {
        kernel.starts_left = most_nested_starts;
        kernel.starting = child;
        return true;
    }
    child.resume();
    return !child.done();
}

template <class T>
class task_awaiter {
public:
    using handle = std::coroutine_handle<task_promise<T>>;
    explicit task_awaiter(handle child) noexcept : child_(child) {}

    bool await_ready() const {
        if (!child_) [[unlikely]]
            throw_empty_task();
        if (child_.promise().parent) [[unlikely]]
            throw_awaited_twice();
        return false;
    }
    bool await_suspend(task_handle parent) const noexcept {
        child_.promise().parent = parent;
        return start_nested(child_);
    }
    T await_resume() const {
        // Moved from, not taken: it has only this awaiter, and goes with its frame.
        if constexpr (std::is_void_v<T>)
            child_.promise().result.get();
        else
            return std::move(child_.promise().result.get());
    }

private:
    handle child_;
};

}  // namespace detail

/// A coroutine that gives a T (or nothing). Lazy: it does nothing until it is awaited or scheduled, and
/// awaiting it is a call, not a turn of the loop. Concurrency begins only in gather, settle, wait_for,
/// with_task_group and the like, or in create_task.
///
/// *Lifetime:* owns the coroutine's frame, which holds copies of the arguments that were passed by value;
/// what was passed by reference must outlive the task. Move-only. Destroying a task that has not begun
/// destroys the arguments. *Cancellation:* belongs to the job that a task runs in (future::cancel, a timeout,
/// a group), not to the task. *Throws:* co_await throws what the coroutine threw; std::logic_error for a task
/// that is empty or awaited before.
template <class T = void>
class [[nodiscard]] task {
public:
    using promise_type = detail::task_promise<T>;
    using value_type = T;

    /// An empty task: awaiting it is a std::logic_error.
    task() noexcept = default;
    task(task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
    task& operator=(task&& other) noexcept {
        if (this != &other) {
            drop();
            frame_ = std::exchange(other.frame_, nullptr);
        }
        return *this;
    }
    ~task() { drop(); }

    /// False for an empty (moved-from) task.
    explicit operator bool() const noexcept { return static_cast<bool>(frame_); }

    /// Runs the task as a part of the awaiting one.
    detail::task_awaiter<T> operator co_await() const noexcept { return detail::task_awaiter<T>(frame_); }

    /// For the library: gives up the frame, which must not have begun. Throws std::logic_error if there is
    /// none or if it has been awaited.
    std::coroutine_handle<promise_type> release() {
        if (!frame_) detail::throw_empty_task();
        if (frame_.promise().parent) detail::throw_awaited_twice();
        return std::exchange(frame_, nullptr);
    }

private:
    friend promise_type;
    void drop() noexcept {
        if (!frame_) return;
        if (!frame_.promise().parent) [[unlikely]]
            detail::drop_unawaited(frame_);
        else
            frame_.destroy();
    }
    explicit task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}

    std::coroutine_handle<promise_type> frame_;
};

template <class T>
task<T> detail::task_promise<T>::get_return_object(std::source_location here) noexcept {
    static_assert(alignof(task_promise) <= alignof(std::max_align_t),
                  "the result of a task cannot be over-aligned: return a pointer");
    function = here;
    return task<T>(std::coroutine_handle<task_promise>::from_promise(*this));
}
inline task<void> detail::task_promise<void>::get_return_object(std::source_location here) noexcept {
    function = here;
    return task<void>(std::coroutine_handle<task_promise>::from_promise(*this));
}

}  // namespace skein
