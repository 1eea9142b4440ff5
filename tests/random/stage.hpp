// Where programs are played: a scheduler on a clock that jumps to the next deadline, as tests/support's
// virtual_loop, but one that says what went wrong instead of failing a test case.
#pragma once

#include <skein/clock.hpp>
#include <skein/detail/child.hpp>
#include <skein/detail/scheduler.hpp>
#include <skein/task.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace programs {

class stage {
public:
    stage() : scheduler_((now_ = epoch, read_now)) {
        scheduler_.set_exception_handler([this](std::string_view, std::exception_ptr) { ++lost_errors_; });
    }

    /// Runs `main` to its end as run() does, then cancels what is left and runs that to its end. False if
    /// somebody waits for what can not happen, though cancelled: the process is best ended then, as tasks are
    /// left.
    [[nodiscard]] bool run(skein::task<> main) {
        skein::detail::result<void> out;
        main_scope own;
        own.start(*new skein::detail::child_job<void>(std::move(main), out));
        if (!drive(own)) return false;
        ending_ = true;
        if (!drive(scheduler_.background())) return false;
        while (scheduler_.turn()) {  // callbacks of what ended last
        }
        return true;
    }
    bool deadlines_left() noexcept { return !scheduler_.deadlines().empty(); }
    /// Exceptions that nobody could receive.
    int lost_errors() const noexcept { return lost_errors_; }
    /// Nanoseconds since the beginning.
    static std::int64_t now() noexcept { return (now_ - epoch).count(); }

private:
    class main_scope final : public skein::detail::scope {
        void child_done(bool, const std::exception_ptr*) noexcept override {}
    };
    static constexpr skein::clock::time_point epoch{std::chrono::hours(1)};
    static skein::clock::time_point read_now() noexcept { return now_; }

    bool drive(skein::detail::scope& jobs) {
        while (jobs.has_children()) {
            const bool more = scheduler_.turn();
            if (ending_ && jobs.cancel_in_rounds()) continue;
            if (more || !jobs.has_children()) continue;
            if (scheduler_.deadlines().empty()) return false;
            now_ = std::max(now_, scheduler_.deadlines().next());
        }
        return true;
    }

    inline static thread_local skein::clock::time_point now_{};
    skein::detail::scheduler scheduler_;
    bool ending_ = false;
    int lost_errors_ = 0;
};

}  // namespace programs
