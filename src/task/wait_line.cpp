// Owns how a wait in a line ends other than by its turn: by a cancellation, or with the line.
#include <skein/detail/wait_line.hpp>

#include <cassert>
#include <stdexcept>

namespace skein::detail {

void wait_line::serve_all() noexcept {
    while (!empty()) pop().serve();
}
void wait_line::refuse_all() noexcept {
    while (!empty()) pop().refuse();
}
void wait_line::orphan_all() noexcept {
    while (!empty()) pop().end(queued_wait::fate::orphaned);
}

void queued_wait::on_cancel() noexcept {
    line_.remove(*this);
    end(fate::cancelled);
}

void queued_wait::throw_not_served() const {
    if (fate_ == fate::cancelled) throw cancelled_error();
    assert(fate_ == fate::orphaned);
    throw std::logic_error(
        "what a task waited for was destroyed: an event, lock, semaphore or queue must "
        "outlive those who wait for it");
}

}  // namespace skein::detail
