// A libuv loop that drives a scheduler. Three handles do it, so that it would work as well inside a loop that
// somebody else runs:
//   prepare   before each poll: fire due deadlines, run what is ready
//   idle      active while something is still ready: the poll does not wait
//   timer     the earliest deadline, in whole milliseconds, rounded up; the only uv_timer_t there is
#pragma once

#include "loop/host.hpp"
#include "loop/sigint.hpp"

#include <skein/detail/scheduler.hpp>
#include <skein/run.hpp>

#include <uv.h>

namespace skein::loop {

class loop final : public host {
public:
    explicit loop(const run_options& options);
    ~loop() override;

    /// The loop of this thread. Throws std::logic_error, naming `what`, if there is none.
    static loop& current(const char* what);

    uv_loop_t* uv() noexcept { return &uv_; }

    /// Runs `main` to its end, then everything else to its end.
    void run(detail::job& main);
    /// After run(): whether SIGINT came, and the main task gave way to it or had ended before.
    bool was_interrupted() const noexcept {
        return sigint_came_ && (!main_interrupted_ || main_scope_.ended_cancelled());
    }

    std::chrono::system_clock::time_point wall_time() const noexcept override;

private:
    class main_scope final : public detail::scope {
    public:
        explicit main_scope(loop& owner) noexcept : loop_(owner) {}
        bool ended_cancelled() const noexcept { return cancelled_; }

    private:
        void child_done(bool cancelled, const std::exception_ptr&) noexcept override {
            cancelled_ = cancelled;
            uv_stop(&loop_.uv_);
        }
        loop& loop_;
        bool cancelled_ = false;
    };

    void on_prepare() noexcept;
    void arm_timer() noexcept;
    void on_sigint() noexcept;
    void shut_down() noexcept;

    uv_loop_t uv_{};
    uv_prepare_t prepare_{};
    uv_idle_t idle_{};
    uv_timer_t timer_{};
    sigint sigint_;
    clock::time_point armed_for_ = clock::time_point::max();
    main_scope main_scope_{*this};
    bool ending_ = false;
    bool sigint_came_ = false;
    bool main_interrupted_ = false;
};

}  // namespace skein::loop
