// Owns skein inside a libuv loop that the program runs: when it keeps that loop running, and how it ends
// without running it.
#include <skein/uv.hpp>

#include <skein/detail/report.hpp>

#include "loop/loop.hpp"

#include <stdexcept>
#include <utility>

namespace skein::loop {

namespace {

//   running --close()--> unwinding --no task left--> released --next turn--> closed
//                            ^                          |
//                            +----- a new task ---------+
class hosted_loop final : public loop {
public:
    hosted_loop(uv_loop_t& uv, const run_options& options) : loop(uv, options) {
        keep_running(false);
        scheduler_.set_on_background([]() noexcept {
            auto& self = static_cast<hosted_loop&>(loop::current("create_task()"));
            self.keep_running(true);
            self.poll_without_waiting();  // it may come after our turn, before the poll
        });
    }

    /// Deletes this, later. Calls back when the handles are closed.
    void close(std::function<void()> on_closed) noexcept {
        on_closed_ = std::move(on_closed);
        begin_end();
        keep_running(true);
        poll_without_waiting();
    }

private:
    void after_turn() noexcept override {
        const bool busy = scheduler_.background().has_children();
        if (!ending()) return keep_running(busy);
        if (busy) {
            released_ = false;
        } else if (!released_) {
            // The next turn comes when libuv has closed what the resources had.
            released_ = wind_up();
            poll_without_waiting();
        } else {
            close_handles(std::move(on_closed_));
            delete this;
        }
    }

    std::function<void()> on_closed_;
    bool released_ = false;
};

}  // namespace

}  // namespace skein::loop

namespace skein {

struct uv_host::state {
    loop::hosted_loop* loop;  // deletes itself after close(); null from then on
    bool closed = false;
};

uv_host::uv_host(uv_loop_t* loop, run_options options)
    : state_(std::make_shared<state>(state{new loop::hosted_loop(*loop, options)})) {}

uv_host::~uv_host() {
    if (state_->loop != nullptr) close();
}

void uv_host::close(std::function<void()> on_closed) {
    if (state_->loop == nullptr) throw std::logic_error("uv_host::close() was called before");
    auto then = [state = state_, on_closed = std::move(on_closed)] {
        state->closed = true;
        if (!on_closed) return;
        try {
            on_closed();
        } catch (...) {
            detail::report_lost("exception in the callback of uv_host::close()", std::current_exception());
        }
    };
    std::exchange(state_->loop, nullptr)->close(std::move(then));
}

bool uv_host::closed() const noexcept {
    return state_->closed;
}

uv_loop_t* native_loop() {
    return loop::loop::current("native_loop()").uv();
}

}  // namespace skein
