// A scheduler driven from inside a libuv loop, whoever runs that one: run() (run.cpp), or a program that has
// a libuv loop of its own (uv_host.cpp). These handles do it, and none of them but `prepare` keeps a loop
// running:
//   prepare   before each poll: fire due deadlines, run what is ready
//   idle      active while something is still ready: the poll does not wait
//   timer     the earliest deadline, in whole milliseconds, rounded up; the only uv_timer_t there is
//   alarm     the same for one that is far away, where there is timerfd: a poll that has to wait for a
//             uv_timer_t arms the kernel's timer, and disarms it, each time
//   wake      other threads have sent something
// Every other handle of ours is unreferenced, too: what keeps a loop running is tasks, not what they wait
// for.
#pragma once

#include "loop/host.hpp"
#include "loop/inbox.hpp"
#include "loop/watchdog.hpp"

#include <skein/detail/scheduler.hpp>
#include <skein/run.hpp>

#include <uv.h>

#include <functional>
#include <memory>

namespace skein::loop {

class loop : public host {
public:
    /// The loop of this thread. Throws std::logic_error, naming `what`, if there is none.
    static loop& current(const char* what);

    uv_loop_t* uv() noexcept { return &uv_; }

    /// What other threads send to. Made by the first call.
    const std::shared_ptr<detail::inbox>& inbox();

    void begin(blocking_call& one) override;
    void cancel(blocking_call& one) noexcept override;
    std::chrono::system_clock::time_point wall_time() const noexcept override;

protected:
    /// Of the options, what is not about the main task. Throws std::system_error if the watchdog gets no
    /// thread.
    loop(uv_loop_t& uv, const run_options& options);
    /// After close_handles().
    ~loop() override;

    /// After each turn, before the poll. The last thing that happens in it: may delete the loop.
    virtual void after_turn() noexcept = 0;

    /// From now on every turn cancels the background tasks that are new, and no more come from outside.
    void begin_end() noexcept;
    bool ending() const noexcept { return ending_; }
    /// To be called when no task is left: ends the resources, and runs what has come last. True if no task
    /// came of that; false: once more, when it has ended.
    bool wind_up() noexcept;
    /// Makes the next poll not wait.
    void poll_without_waiting() noexcept;
    /// Whether `prepare` keeps the libuv loop running. It does at first.
    void keep_running(bool yes) noexcept;
    /// Gives the handles up. Calls back when libuv has closed them, maybe after this loop is gone.
    void close_handles(std::function<void()> on_closed) noexcept;

private:
    struct handles;

    void on_prepare() noexcept;
    void arm_timer() noexcept;
    bool arm_alarm(clock::time_point when) noexcept;
    bool make_alarm() noexcept;

    uv_loop_t& uv_;
    const std::unique_ptr<watchdog> watchdog_;  // null if there is to be none
    handles* handles_;                          // deleted when closed
    clock::time_point timer_for_ = clock::time_point::max();
    clock::time_point alarm_for_ = clock::time_point::max();  // max: it is not armed
    std::shared_ptr<detail::inbox> inbox_;

    bool ending_ = false;
};

}  // namespace skein::loop
