// Owns how a job waits for its children.
#include <skein/detail/child.hpp>

namespace skein::detail {

void join_scope::wait_at(std::coroutine_handle<> at) noexcept {
    suspend(at);
    if (owner_cancelled()) on_cancel();
}

void join_scope::on_cancel() noexcept {
    if (policy_ == on_owner_cancel::cancel_children) cancel_children();
}

}  // namespace skein::detail
