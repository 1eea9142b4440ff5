// Waiting until so many are there, as asyncio.Barrier.
#pragma once

#include <skein/detail/config.hpp>
#include <skein/detail/wait_line.hpp>

#include <coroutine>
#include <cstddef>
#include <stdexcept>

namespace skein {

class barrier;

/// A barrier was broken while a task waited at it, or before. A word between tasks of one program: so it is
/// not in the tree of skein::error, and who catches the errors of a download does not catch it.
class SKEIN_API broken_barrier_error : public std::runtime_error {
public:
    broken_barrier_error();
    ~broken_barrier_error() override;
};

namespace detail {

class SKEIN_API barrier_awaiter final : public queued_wait {
public:
    using subject = barrier*;
    explicit barrier_awaiter(barrier* of) noexcept;
    bool await_ready();
    void await_suspend(std::coroutine_handle<> at) noexcept;
    std::size_t await_resume() const;

private:
    friend barrier;
    void on_cancel() noexcept override;

    barrier& barrier_;
    std::size_t index_ = 0;
};

}  // namespace detail

/// Holds tasks back until a number of them have come; then all go on, and the next round begins at once.
/// *Lifetime:* should outlive those who wait: they get std::logic_error otherwise. *Thread:* the loop's.
class SKEIN_API barrier {
public:
    /// For this many tasks. *Throws:* std::invalid_argument for less than one.
    explicit barrier(std::ptrdiff_t parties);
    barrier(const barrier&) = delete;
    barrier& operator=(const barrier&) = delete;

    /// Waits until `parties` tasks wait here, then gives the task's place in the order of arrival: 0 for the
    /// first, parties - 1 for the last, who does not have to wait. *Cancellation:* at once; as if it had
    /// never come. Once all are there, the wait ends well. *Throws:* cancelled_error, broken_barrier_error;
    /// std::logic_error if the barrier was destroyed.
    detail::operation<detail::barrier_awaiter> wait() noexcept {
        return detail::operation<detail::barrier_awaiter>(this);
    }
    /// Empties the barrier: those who wait get broken_barrier_error. It is whole again afterwards.
    void reset() noexcept;
    /// Breaks the barrier: those who wait, and all who come, get broken_barrier_error, until reset().
    void abort() noexcept;

    std::size_t parties() const noexcept { return parties_; }
    /// How many wait for the others.
    std::size_t n_waiting() const noexcept { return waiting_; }
    bool broken() const noexcept { return broken_; }

private:
    friend detail::barrier_awaiter;
    void let_all_pass() noexcept;

    std::size_t parties_;
    std::size_t waiting_ = 0;
    bool broken_ = false;
    detail::wait_line line_;
};

}  // namespace skein
