// Owns who is held back at a barrier.
#include <skein/barrier.hpp>

#include <stdexcept>
#include <utility>

namespace skein {

broken_barrier_error::broken_barrier_error() : std::runtime_error("the barrier is broken") {}
broken_barrier_error::~broken_barrier_error() = default;

namespace detail {

barrier_awaiter::barrier_awaiter(barrier* of) noexcept : queued_wait(of->line_), barrier_(*of) {}

bool barrier_awaiter::await_ready() {
    check();
    if (barrier_.broken_) throw broken_barrier_error();
    if (barrier_.waiting_ + 1 < barrier_.parties_) return false;
    index_ = barrier_.waiting_;
    barrier_.let_all_pass();
    return true;
}

void barrier_awaiter::await_suspend(std::coroutine_handle<> at) noexcept {
    ++barrier_.waiting_;
    enqueue(at);
}

std::size_t barrier_awaiter::await_resume() const {
    if (refused()) throw broken_barrier_error();
    require_served();
    return index_;
}

void barrier_awaiter::on_cancel() noexcept {
    --barrier_.waiting_;
    queued_wait::on_cancel();
}

}  // namespace detail

barrier::barrier(std::ptrdiff_t parties) : parties_(static_cast<std::size_t>(parties)) {
    if (parties < 1) throw std::invalid_argument("a barrier for less than one task");
}

void barrier::let_all_pass() noexcept {
    // Numbered now, not on arrival: who was cancelled meanwhile leaves no gap, and no number comes twice.
    for (std::size_t index = 0; !line_.empty(); ++index) {
        auto& next = static_cast<detail::barrier_awaiter&>(line_.pop());
        next.index_ = index;
        next.serve();
    }
    waiting_ = 0;
}

void barrier::reset() noexcept {
    broken_ = false;
    waiting_ = 0;
    line_.refuse_all();
}

void barrier::abort() noexcept {
    reset();
    broken_ = true;
}

}  // namespace skein
