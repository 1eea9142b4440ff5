// Owns the waits that only let time pass.
#include "task/describe.hpp"

#include <skein/sleep.hpp>

namespace skein::detail {

void sleep_awaiter::await_suspend(task_handle at) {
    auto& scheduler = *this_kernel.scheduler;
    if (how_long_ > clock::duration::zero()) when_ = scheduler.read_clock() + how_long_;
    if (when_ > scheduler.now()) {
        scheduler.deadlines().set(*this, when_);
        suspend(at);
    } else {
        elapsed_ = true;
        suspend(at);
        wake();
    }
}

void sleep_awaiter::describe(std::string& out) const {
    out += "sleeping, ";
    append_duration(out, when_ - this_kernel.scheduler->now());
    out += " left";
}

void sleep_awaiter::on_deadline() noexcept {
    elapsed_ = true;
    wake();
}

void sleep_awaiter::on_cancel() noexcept {
    this_kernel.scheduler->deadlines().clear(*this);
    wake();
}

task<> sleep_task(clock::time_point when) {
    co_await sleep_awaiter(when);
}
task<> sleep_task(clock::duration how_long) {
    co_await sleep_awaiter(how_long);
}
task<> yield_task() {
    co_await yield_awaiter();
}

}  // namespace skein::detail
