// Owns who wins a race, and what becomes of those who lose.
#include "task/throw_group.hpp"

#include <skein/detail/report.hpp>
#include <skein/first.hpp>

#include <stdexcept>

namespace skein::detail {

void check_contestants(std::size_t count) {
    if (count == 0) throw std::invalid_argument("the first of no tasks would never come");
}

race_scope::~race_scope() = default;

void race_scope::collect(std::unique_ptr<collected_job> ended) noexcept {
    const auto state = ended->state();
    const bool has_value = state == result_state::value;
    if (state == result_state::cancelled && ending()) return;  // as it was told to
    if (winner_ == nullptr && !failed() && (has_value || !value_wins_)) {
        winner_ = std::move(ended);
        end_children();
    } else if (!ending()) {
        errors_[ended->index()] = ended->error();
    } else if (!has_value) {
        report_lost("exception of a task in first() that had lost", ended->error());
    }
}

collected_job& race_scope::winner() {
    if (winner_ != nullptr) return *winner_;
    rethrow();
    if (owner_must_stop() || ending()) throw cancelled_error();
    const auto failed = errors_.size();
    throw_group(
        failed == 1 ? "the only task failed" : "none of " + std::to_string(failed) + " tasks succeeded",
        std::move(errors_));
}

}  // namespace skein::detail
