// At most so many at a time, as asyncio.Semaphore and BoundedSemaphore.
#pragma once

#include <skein/detail/config.hpp>
#include <skein/detail/wait_line.hpp>

#include <coroutine>
#include <cstddef>
#include <utility>

namespace skein {

namespace detail {
class acquire_awaiter;
[[noreturn]] SKEIN_API void throw_empty_permit();
}  // namespace detail

/// A number of permits that tasks take and give back. Fair: a permit that comes back goes to the task that
/// has waited longest, and nobody passes that one. *Lifetime:* must outlive its permits; should outlive those
/// who wait: they get std::logic_error otherwise. *Thread:* the loop's.
class SKEIN_API semaphore {
public:
    class permit;

    /// With this many permits; none is allowed. *Throws:* std::invalid_argument for less than none.
    explicit semaphore(std::ptrdiff_t permits = 1);
    semaphore(const semaphore&) = delete;
    semaphore& operator=(const semaphore&) = delete;

    /// Waits for a permit, which goes back when it is dropped: `auto permit = co_await s.acquire();`.
    /// *Cancellation:* at once; but a permit that was handed over arrives, and the cancel is seen at the next
    /// wait. *Throws:* cancelled_error; std::logic_error if the semaphore was destroyed.
    detail::operation<detail::acquire_awaiter> acquire() noexcept;
    /// A permit if one is free, else an empty one.
    permit try_acquire() noexcept;
    /// True if acquire() would have to wait.
    bool locked() const noexcept { return available_ == 0; }
    /// How many permits are free.
    std::size_t available() const noexcept { return available_; }

    /// Adds a permit that nobody took: for a semaphore that counts events, or in return for permit::forget().
    void release() noexcept {
        if (line_.empty())
            ++available_;
        else
            line_.pop().serve();
    }

protected:
    std::size_t forgotten_ = 0;  // permits that were taken for good

private:
    friend detail::acquire_awaiter;

    bool take() noexcept {
        if (available_ == 0) return false;
        --available_;
        return true;
    }

    std::size_t available_;  // none if anybody waits
    detail::wait_line line_;
};

/// A permit of a semaphore, given back when it goes. Move-only; empty when moved from.
class [[nodiscard]] semaphore::permit {
public:
    permit() noexcept = default;
    permit(permit&& other) noexcept : from_(std::exchange(other.from_, nullptr)) {}
    permit& operator=(permit&& other) noexcept {
        permit taken(std::move(other));
        std::swap(from_, taken.from_);
        return *this;
    }
    ~permit() {
        if (from_ != nullptr) from_->release();
    }

    /// True if it is a permit, false if it is empty.
    explicit operator bool() const noexcept { return from_ != nullptr; }
    /// Gives it back early. *Throws:* std::logic_error if it is empty.
    void release() { take_out().release(); }
    /// Never gives it back: the semaphore has one less from now on. *Throws:* std::logic_error if it is
    /// empty.
    void forget() { ++take_out().forgotten_; }

private:
    friend semaphore;
    friend detail::acquire_awaiter;
    explicit permit(semaphore& from) noexcept : from_(&from) {}

    semaphore& take_out() {
        if (from_ == nullptr) detail::throw_empty_permit();
        return *std::exchange(from_, nullptr);
    }

    semaphore* from_ = nullptr;
};

/// A semaphore that never has more permits than in the beginning: a release() too many is an error.
class SKEIN_API bounded_semaphore : private semaphore {
public:
    using semaphore::acquire;
    using semaphore::available;
    using semaphore::locked;
    using semaphore::permit;
    using semaphore::semaphore;
    using semaphore::try_acquire;

    /// Adds a permit in return for one that was forgotten. *Throws:* std::logic_error if none was: the others
    /// are free, or come back by themselves.
    void release();
};

namespace detail {

class acquire_awaiter final : public queued_wait {
public:
    using subject = semaphore*;
    explicit acquire_awaiter(semaphore* of) noexcept : queued_wait(of->line_), semaphore_(*of) {}
    bool await_ready() const {
        check();
        return semaphore_.take();
    }
    void await_suspend(std::coroutine_handle<> at) noexcept { enqueue(at); }
    semaphore::permit await_resume() const {
        require_served();
        return semaphore::permit(semaphore_);
    }

private:
    semaphore& semaphore_;
};

}  // namespace detail

inline detail::operation<detail::acquire_awaiter> semaphore::acquire() noexcept {
    return detail::operation<detail::acquire_awaiter>(this);
}

inline semaphore::permit semaphore::try_acquire() noexcept {
    return take() ? permit(*this) : permit();
}

}  // namespace skein
