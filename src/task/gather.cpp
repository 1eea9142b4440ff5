// Owns what a failure means to a gather.
#include <skein/gather.hpp>

#include <stdexcept>

namespace skein::detail {

void check_limit(std::size_t limit) {
    if (limit == 0) throw std::invalid_argument("a limit of 0 tasks at once would never end");
}

void gather_scope::note_end(bool cancelled, const std::exception_ptr& error) noexcept {
    if (!cancelled && !error) return;
    if (failed_) {
        if (error) report_lost("exception of a task in gather() after another one failed", error);
        return;
    }
    failed_ = true;
    first_error_ = error;
    cancel_children();
}

void gather_scope::child_done(bool cancelled, const std::exception_ptr& error) noexcept {
    note_end(cancelled, error);
    wake_if_done();
}

void gather_scope::rethrow() const {
    if (!failed_) return;
    if (first_error_) std::rethrow_exception(first_error_);
    throw cancelled_error();
}

task<> gather_void(std::vector<task<>> work, std::size_t limit) {
    batch<gather_scope, void> children(std::move(work), limit);
    children.begin();
    co_await children.join();
    children.rethrow();
    for (auto& slot : children.results()) slot.take();
}

}  // namespace skein::detail
