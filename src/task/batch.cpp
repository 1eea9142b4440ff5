// Owns when a batch starts another child, and which failure ends it.
#include <skein/detail/batch.hpp>

#include <stdexcept>

namespace skein::detail {

void check_limit(std::size_t limit) {
    if (limit == 0) throw std::invalid_argument("a limit of 0 tasks at once would never end");
}

void batch_scope::wait_for_place(std::coroutine_handle<> at) noexcept {
    started_ = 0;
    waits_for_ = waits_for::place;
    wait_at(at);
    if (has_place()) wake_owner();
}

bool batch_scope::fail(const std::exception_ptr& error) noexcept {
    if (failed_) return false;
    failed_ = true;
    error_ = error;
    end_children();
    return true;
}

void batch_scope::rethrow() const {
    if (!failed_) return;
    if (error_) std::rethrow_exception(error_);
    throw cancelled_error();
}

}  // namespace skein::detail
