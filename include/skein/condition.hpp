// Waiting until something that a mutex protects has changed, as asyncio.Condition.
#pragma once

#include <skein/detail/config.hpp>
#include <skein/detail/wait_line.hpp>
#include <skein/mutex.hpp>
#include <skein/task.hpp>

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

namespace skein {

class condition;

namespace detail {

/// Stands in the line of the condition, then in that of the mutex, which it leaves only with the mutex.
///
///                        notify, cancel                      its turn
///     in the condition's line ----> in the mutex's line ----> resumed, with the mutex
class SKEIN_API condition_awaiter final : public queued_wait {
public:
    struct subject {
        condition* of;
        mutex::guard* guard;
    };
    explicit condition_awaiter(subject of) noexcept;
    using queued_wait::check;
    bool await_ready() const;
    void await_suspend(std::coroutine_handle<> at) noexcept;
    void await_resume() const;

private:
    friend condition;
    enum class reason : std::uint8_t { none, notified, cancelled };

    /// To be called once it is out of the condition's line.
    void go_on(reason why) noexcept;
    void on_cancel() noexcept override;

    condition& condition_;  // may be gone once `why_` is set
    mutex& mutex_;
    mutex::guard& guard_;
    reason why_ = reason::none;
};

}  // namespace detail

/// Lets tasks wait until another one says that what they look for may hold now. The mutex protects what they
/// look at. *Lifetime:* the mutex must outlive it; it should outlive those who wait: they get
/// std::logic_error otherwise. *Thread:* the loop's.
class SKEIN_API condition {
public:
    explicit condition(mutex& protects) noexcept : mutex_(protects) {}
    condition(const condition&) = delete;
    condition& operator=(const condition&) = delete;

    /// Unlocks the mutex, waits to be notified, and locks it again, in its turn: the guard holds the mutex
    /// before and after, however the wait ends, and is empty meanwhile. Wakes only when notified, but others
    /// may have had the mutex in between. *Lifetime:* the guard must outlive the wait. *Cancellation:* ends
    /// the wait, once the mutex is locked again; one that comes after the notification is seen at the next
    /// wait. *Throws:* cancelled_error; std::logic_error if the guard does not hold this mutex, and if the
    /// condition was destroyed, when the guard stays empty.
    detail::operation<detail::condition_awaiter> wait(mutex::guard& guard) noexcept {
        return detail::operation<detail::condition_awaiter>({this, &guard});
    }
    /// Waits until `predicate(args...)`, which is asked with the mutex locked: at once, and after each
    /// notification. asyncio's wait_for. *Lifetime:* the predicate and its arguments are moved in. *Throws:*
    /// what the predicate throws, with the mutex locked; otherwise as wait().
    template <class Predicate, class... Args>
    requires std::predicate<Predicate&, Args&...> task<> wait(mutex::guard& guard, Predicate predicate,
                                                              Args... args) {
        return wait_until(*this, guard, std::move(predicate), std::move(args)...);
    }

    /// Wakes the task that has waited longest. Who was notified gets the mutex in its turn, behind those who
    /// wait for it already. *Throws:* std::logic_error if nobody holds the mutex.
    void notify_one() { notify(1); }
    /// Wakes the `count` tasks that have waited longest. *Throws:* as notify_one().
    void notify(std::size_t count);
    /// Wakes everybody. *Throws:* as notify_one().
    void notify_all();

private:
    friend detail::condition_awaiter;

    template <class Predicate, class... Args>
    static task<> wait_until(condition& self, mutex::guard& guard, Predicate predicate, Args... args) {
        detail::condition_awaiter::check();
        while (!std::invoke(predicate, args...)) co_await self.wait(guard);
    }

    mutex& mutex_;
    detail::wait_line line_;
};

}  // namespace skein
