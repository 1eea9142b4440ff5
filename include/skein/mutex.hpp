// One at a time, as asyncio.Lock.
#pragma once

#include <skein/detail/config.hpp>
#include <skein/detail/wait_line.hpp>

#include <cassert>
#include <coroutine>
#include <utility>

namespace skein {

namespace detail {
class lock_awaiter;
class condition_awaiter;
[[noreturn]] SKEIN_API void throw_mutex_misuse(const char* what);
}  // namespace detail

/// A lock for what must not be interleaved with other tasks across a co_await. Fair: whoever unlocks it hands
/// it to the task that has waited longest, and nobody passes that one. Not recursive: a task that locks it
/// twice waits for itself. *Lifetime:* must outlive its guards. *Thread:* the loop's; it does not protect
/// against other threads.
class SKEIN_API mutex {
public:
    class guard;

    mutex() noexcept = default;
    mutex(const mutex&) = delete;
    mutex& operator=(const mutex&) = delete;
    ~mutex() { assert(!locked_ && "a mutex must outlive its guards"); }

    /// Waits for its turn and gives the guard that holds the mutex until it goes:
    /// `auto guard = co_await m.lock();`. *Cancellation:* at once; but a mutex that was handed over is
    /// locked, and the cancel is seen at the next wait. *Throws:* cancelled_error.
    detail::operation<detail::lock_awaiter> lock() noexcept;
    /// The guard if nobody holds the mutex, else an empty one.
    guard try_lock() noexcept;
    bool locked() const noexcept { return locked_; }

private:
    friend detail::lock_awaiter;
    friend detail::condition_awaiter;
    friend class condition;

    bool lock_now() noexcept { return !std::exchange(locked_, true); }
    void unlock() noexcept {
        if (line_.empty())
            locked_ = false;
        else
            line_.pop().serve();
    }
    /// Locks it for a wait from elsewhere, or lets that stand in line.
    void admit(detail::queued_wait& from_elsewhere) noexcept {
        if (lock_now())
            from_elsewhere.serve();
        else
            line_.add(from_elsewhere);
    }

    bool locked_ = false;
    detail::wait_line line_;
};

/// Holds a mutex, and unlocks it when it goes. Move-only; empty when moved from.
class [[nodiscard]] mutex::guard {
public:
    guard() noexcept = default;
    guard(guard&& other) noexcept : mutex_(std::exchange(other.mutex_, nullptr)) {}
    guard& operator=(guard&& other) noexcept {
        guard taken(std::move(other));
        std::swap(mutex_, taken.mutex_);
        return *this;
    }
    ~guard() {
        if (mutex_ != nullptr) mutex_->unlock();
    }

    /// True if it holds a mutex.
    explicit operator bool() const noexcept { return mutex_ != nullptr; }
    /// Unlocks early. *Throws:* std::logic_error if it holds nothing.
    void unlock() {
        if (mutex_ == nullptr) detail::throw_mutex_misuse("unlock() of a guard that holds nothing");
        std::exchange(mutex_, nullptr)->unlock();
    }

private:
    friend mutex;
    friend detail::lock_awaiter;
    friend detail::condition_awaiter;
    explicit guard(mutex& locked) noexcept : mutex_(&locked) {}

    mutex* mutex_ = nullptr;
};

namespace detail {

class lock_awaiter final : public queued_wait {
public:
    using subject = mutex*;
    explicit lock_awaiter(mutex* of) noexcept : queued_wait(of->line_), mutex_(*of) {}
    bool await_ready() const {
        check();
        return mutex_.lock_now();
    }
    void await_suspend(std::coroutine_handle<> at) noexcept { enqueue(at); }
    mutex::guard await_resume() const {
        require_served();
        return mutex::guard(mutex_);
    }

private:
    mutex& mutex_;
};

}  // namespace detail

inline detail::operation<detail::lock_awaiter> mutex::lock() noexcept {
    return detail::operation<detail::lock_awaiter>(this);
}

inline mutex::guard mutex::try_lock() noexcept {
    return lock_now() ? guard(*this) : guard();
}

}  // namespace skein
