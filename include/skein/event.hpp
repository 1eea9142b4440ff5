// Waiting for something that happens, as asyncio.Event.
#pragma once

#include <skein/detail/config.hpp>
#include <skein/detail/wait_line.hpp>

#include <coroutine>

namespace skein {

class event;

namespace detail {

class event_awaiter final : public queued_wait {
public:
    using subject = event*;
    explicit event_awaiter(event* of) noexcept;
    bool await_ready() const;
    void await_suspend(std::coroutine_handle<> at) noexcept { enqueue(at); }
    void await_resume() const { require_served(); }

private:
    const event& event_;
};

}  // namespace detail

/// A flag that tasks wait for. *Lifetime:* should outlive those who wait: they get std::logic_error
/// otherwise. Needs no running loop until somebody waits. *Thread:* the loop's.
class SKEIN_API event {
public:
    event() noexcept = default;
    event(const event&) = delete;
    event& operator=(const event&) = delete;

    /// Sets the flag and wakes everybody who waits, in order of arrival.
    void set() noexcept {
        is_set_ = true;
        if (!line_.empty()) line_.serve_all();
    }
    /// Takes the flag back: from now on tasks wait again. Who was woken by set() is not held up.
    void clear() noexcept { is_set_ = false; }
    bool is_set() const noexcept { return is_set_; }

    /// Waits until the flag is set; not at all if it is. *Cancellation:* at once; but once set() has been
    /// called, the wait ends well. *Throws:* cancelled_error; std::logic_error if the event was destroyed.
    detail::operation<detail::event_awaiter> wait() noexcept;

private:
    friend detail::event_awaiter;
    bool is_set_ = false;
    detail::wait_line line_;
};

inline detail::event_awaiter::event_awaiter(event* of) noexcept : queued_wait(of->line_), event_(*of) {}

inline bool detail::event_awaiter::await_ready() const {
    check();
    return event_.is_set_;
}

inline detail::operation<detail::event_awaiter> event::wait() noexcept {
    return detail::operation<detail::event_awaiter>(this);
}

}  // namespace skein
