// Owns the time limit of wait_for and with_timeout: a deadline that cancels a child.
#include <skein/error.hpp>
#include <skein/timeout.hpp>

#include <cstdio>
#include <string>

namespace skein {

timeout_scope::timeout_scope(clock::duration limit) : began_(detail::this_kernel.scheduler->read_clock()) {
    reschedule(began_ + limit);
}

timeout_scope::timeout_scope(clock::time_point when) : began_(detail::this_kernel.scheduler->read_clock()) {
    reschedule(when);
}

void timeout_scope::reschedule(clock::time_point when) {
    if (expired_ || ended_) return;
    if (when == clock::time_point::max()) return cancel_deadline();
    detail::this_kernel.scheduler->deadlines().set(*this, when);
    when_ = when;
}

void timeout_scope::cancel_deadline() noexcept {
    when_ = clock::time_point::max();
    detail::this_kernel.scheduler->deadlines().clear(*this);
}

void timeout_scope::child_done(bool cancelled, const std::exception_ptr* error) noexcept {
    ended_ = true;  // and cannot be late any more
    detail::this_kernel.scheduler->deadlines().clear(*this);
    join_scope::child_done(cancelled, error);
}

void timeout_scope::expire() noexcept {
    detail::this_kernel.scheduler->deadlines().clear(*this);
    expired_ = true;
    cancel_children();
}

void timeout_scope::throw_timeout() const {
    const auto limit = when_ > began_ ? when_ - began_ : clock::duration::zero();
    char text[64];
    std::snprintf(text, sizeof text, "timed out after %.3g s", std::chrono::duration<double>(limit).count());
    throw timeout_error(text, phase::none, limit);
}

}  // namespace skein
