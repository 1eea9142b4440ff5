// Owns the way of a wait from a condition's line to its mutex's.
#include <skein/cancelled_error.hpp>
#include <skein/condition.hpp>

#include <limits>

namespace skein {

namespace detail {

condition_awaiter::condition_awaiter(subject of) noexcept
    : queued_wait(of.of->line_), condition_(*of.of), mutex_(of.of->mutex_), guard_(*of.guard) {}

bool condition_awaiter::await_ready() const {
    check();
    if (guard_.mutex_ != &mutex_)
        throw_mutex_misuse("wait() with a guard that does not hold the condition's mutex");
    return false;
}

void condition_awaiter::await_suspend(std::coroutine_handle<> at) noexcept {
    enqueue(at);
    guard_.mutex_ = nullptr;
    mutex_.unlock();
}

void condition_awaiter::await_resume() const {
    require_served();
    guard_.mutex_ = &mutex_;
    if (why_ == reason::cancelled) throw cancelled_error();
}

void condition_awaiter::go_on(reason why) noexcept {
    why_ = why;
    mutex_.admit(*this);
}

void condition_awaiter::on_cancel() noexcept {
    if (why_ != reason::none) return;  // waits for the mutex only: that it must have
    condition_.line_.remove(*this);
    go_on(reason::cancelled);
}

}  // namespace detail

void condition::notify(std::size_t count) {
    if (!mutex_.locked()) detail::throw_mutex_misuse("notify() while nobody holds the condition's mutex");
    for (; count > 0 && !line_.empty(); --count)
        static_cast<detail::condition_awaiter&>(line_.pop())
            .go_on(detail::condition_awaiter::reason::notified);
}

void condition::notify_all() {
    notify(std::numeric_limits<std::size_t>::max());
}

}  // namespace skein
