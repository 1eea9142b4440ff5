// Owns the way of a message from another thread to the ready queue of a loop.
#include "loop/inbox.hpp"

#include "loop/loop.hpp"

namespace skein {

namespace detail {

bool inbox::take(message_kind kind, message& what) noexcept {
    const std::lock_guard lock(mutex_);
    if (wake_ == nullptr || (kind == message_kind::task && refuses_tasks_)) return false;
    const bool was_empty = messages_.empty();
    messages_.add(what);
    // Under the lock, since the handle is closed once close() has returned.
    if (was_empty) uv_async_send(wake_);
    return true;
}

void inbox::empty_into(scheduler& ready) noexcept {
    const std::lock_guard lock(mutex_);
    ready.push_all(messages_);
}

void inbox::refuse_tasks() noexcept {
    const std::lock_guard lock(mutex_);
    refuses_tasks_ = true;
}

void inbox::close() noexcept {
    const std::lock_guard lock(mutex_);
    wake_ = nullptr;
}

}  // namespace detail

loop_ended::loop_ended() : error("the loop has ended, and with it what was submitted to it") {}
loop_ended::~loop_ended() = default;

bool remote::send(detail::message_kind kind, std::unique_ptr<detail::message> what) const noexcept {
    if (inbox_ == nullptr || !inbox_->take(kind, *what)) return false;
    static_cast<void>(what.release());
    return true;
}

remote this_remote() {
    return remote(loop::loop::current("this_remote()").inbox());
}

}  // namespace skein
