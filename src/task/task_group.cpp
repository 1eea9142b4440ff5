// Owns what failures mean to a task group.
#include "task/throw_group.hpp"

#include <skein/detail/report.hpp>
#include <skein/task_group.hpp>

#include <stdexcept>
#include <string>

namespace skein {

void task_group::child_done(bool, const std::exception_ptr* error) noexcept {
    if (error != nullptr) {
        try {
            errors_.push_back(*error);
        } catch (...) {  // no memory
            detail::report_lost_of_child("exception of a task in a group", *error);
        }
        cancel_children();
    }
    wake_if_done();
}

void task_group::check_open() const {
    if (has_children() && errors_.empty()) return;
    throw std::logic_error(has_children()
                               ? "create_task() in a task group that is ending: a task of it has failed"
                               : "create_task() in a task group that has ended");
}

void task_group::throw_errors() {
    if (errors_.empty()) return;
    const auto failed = errors_.size();
    detail::throw_group(std::to_string(failed) + (failed == 1 ? " task" : " tasks") + " of a group failed",
                        std::move(errors_));
}

}  // namespace skein
