// Owns how a job waits for its children.
#include <skein/detail/child.hpp>

#include <string>

namespace skein::detail {

void join_scope::wait_at(task_handle at) noexcept {
    const bool too_late = this_kernel.job->must_stop();
    suspend(at);
    if (too_late) on_cancel();
}

void join_scope::on_cancel() noexcept {
    if (policy_ == on_owner_cancel::cancel_children) end_children();
}

void join_scope::describe(std::string& out) const {
    const auto children = count_children();
    out.append("waiting for ").append(std::to_string(children)).append(children == 1 ? " task" : " tasks");
}

}  // namespace skein::detail
