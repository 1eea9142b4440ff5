// Owns what a child's end means to a gather and to a settle.
#include <skein/detail/report.hpp>
#include <skein/gather.hpp>

namespace skein::detail {

void gather_scope::child_failed(const std::exception_ptr* error) noexcept {
    if (!fail(error != nullptr ? *error : nullptr) && error != nullptr)
        report_lost_of_child("exception of a task in gather() after another one failed", *error);
}

void settle_scope::child_told_to_end(bool cancelled, const std::exception_ptr* error) noexcept {
    if (cancelled)
        fail(nullptr);
    else if (error != nullptr && failed())
        report_lost_of_child("exception of a task in settle() that was cancelled", *error);
}

}  // namespace skein::detail
