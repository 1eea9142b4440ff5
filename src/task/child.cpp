// Owns how a job waits for its children.
#include <skein/detail/child.hpp>

namespace skein::detail {

void join_scope::wait_at(std::coroutine_handle<> at) noexcept {
    const bool too_late = this_kernel.job->must_stop();
    suspend(at);
    if (too_late) on_cancel();
}

void join_scope::on_cancel() noexcept {
    if (policy_ == on_owner_cancel::cancel_children) end_children();
}

}  // namespace skein::detail
