// Owns the time limit of wait_for and with_timeout: a deadline that cancels a child.
#include <skein/error.hpp>
#include <skein/timeout.hpp>

#include <cstdio>
#include <string>

namespace skein {

timeout_scope::timeout_scope(clock::duration limit) : limit_(limit) {
    reschedule(detail::this_kernel.scheduler->read_clock() + limit);
}

void timeout_scope::reschedule(clock::time_point when) {
    when_ = when;
    if (!expired_) detail::this_kernel.scheduler->deadlines().set(*this, when);
}

void timeout_scope::cancel_deadline() noexcept {
    when_ = clock::time_point::max();
    detail::this_kernel.scheduler->deadlines().clear(*this);
}

void timeout_scope::child_done(bool cancelled, const std::exception_ptr& error) noexcept {
    cancel_deadline();  // what has ended cannot be late any more
    join_scope::child_done(cancelled, error);
}

void timeout_scope::expire() noexcept {
    detail::this_kernel.scheduler->deadlines().clear(*this);
    expired_ = true;
    cancel_children();
}

void timeout_scope::throw_timeout() const {
    char text[64];
    std::snprintf(text, sizeof text, "timed out after %.3g s", std::chrono::duration<double>(limit_).count());
    throw timeout_error(text, phase::none, limit_);
}

}  // namespace skein
