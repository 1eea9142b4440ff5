// Owns the queue of children that have ended and wait for their turn.
#include <skein/as_completed.hpp>
#include <skein/detail/report.hpp>

namespace skein::detail {

completion_scope::~completion_scope() {
    while (const auto left = take()) {
        if (left->state() == result_state::error)
            report_lost("exception of a task in as_completed() that nobody took", left->error());
    }
}

void completion_scope::collect(std::unique_ptr<collected_job> ended) noexcept {
    ended_.add(*ended.release());
    if (waits_for_ == waits_for::one) wake_owner();
}

std::unique_ptr<collected_job> completion_scope::take() noexcept {
    if (ended_.empty()) return nullptr;
    free_place();
    return std::unique_ptr<collected_job>(&static_cast<collected_job&>(ended_.pop()));
}

}  // namespace skein::detail
