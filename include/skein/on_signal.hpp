// Signals, as something to wait for.
#pragma once

#include <skein/detail/config.hpp>
#include <skein/detail/scheduler.hpp>
#include <skein/task.hpp>

#include <coroutine>
#include <cstdint>
#include <memory>
#include <utility>

namespace skein {

namespace detail {

class signal_watch;

/// Waits for the next occurrence.
class SKEIN_API signal_wait final : private suspension {
public:
    explicit signal_wait(std::shared_ptr<signal_watch> watch) noexcept : watch_(std::move(watch)) {}

    bool await_ready() const;
    void await_suspend(task_handle at);
    void await_resume() const {
        if (cancelled_) throw cancelled_error();
    }

private:
    void on_cancel() noexcept override;
    void describe(std::string& out) const override;

    std::shared_ptr<signal_watch> watch_;
    std::uint64_t deliveries_before_ = 0;
    bool cancelled_ = false;
};

}  // namespace detail

/// Watches one signal from its creation on; what on_signal() gives. Awaiting it waits for the next
/// occurrence: once, as in `co_await on_signal(SIGTERM)`, or again and again. What comes while no task waits
/// is kept for the next one that does, several as one, as the system itself keeps signals. All tasks that
/// wait are woken. *Lifetime:* move-only; the last watcher of a signal gives the signal its earlier
/// disposition back. Ends with its loop. *Thread:* the loop's.
class SKEIN_API signal_watcher {
public:
    /// The next occurrence, as a task. *Cancellation:* at once. *Throws:* cancelled_error; std::logic_error
    /// when the watcher's loop has ended, or it was moved from.
    task<> next() const;

    /// The same.
    detail::signal_wait operator co_await() const;

    explicit signal_watcher(int signal);
    signal_watcher(signal_watcher&&) noexcept = default;
    signal_watcher& operator=(signal_watcher&&) noexcept = default;
    ~signal_watcher() = default;

private:
    std::shared_ptr<detail::signal_watch> watch_;
};

/// Begins to watch a signal: from here until the watcher goes, the signal no longer does what it did before.
/// Several watchers, of several loops too, each see every occurrence. SIGINT is run()'s own (run_options),
/// but not while it is watched. *Throws:* std::system_error for what is no signal or cannot be caught;
/// std::logic_error without a running loop.
inline signal_watcher on_signal(int signal) {
    return signal_watcher(signal);
}

}  // namespace skein
