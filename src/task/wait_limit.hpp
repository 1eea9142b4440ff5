// A time limit on a stretch of the running job: one node in the deadline queue, no child task.
#pragma once

#include <skein/detail/deadline.hpp>
#include <skein/detail/scheduler.hpp>

namespace skein::detail {

/// While it lives, waits of this job throw cancelled_error once `when` has passed. The caller catches that,
/// sees that the limit expired(), and throws what it means. Limits of one job do not nest.
class wait_limit final : deadline {
public:
    /// clock::time_point::max() is no limit. Throws std::bad_alloc.
    explicit wait_limit(clock::time_point when) : job_(this_kernel.job) {
        if (when != clock::time_point::max()) this_kernel.scheduler->deadlines().set(*this, when);
    }
    ~wait_limit() override {
        if (expired_) job_->end_interruption();
    }

    /// Moves the limit.
    void reset(clock::time_point when) {
        if (when == clock::time_point::max())
            this_kernel.scheduler->deadlines().clear(*this);
        else
            this_kernel.scheduler->deadlines().set(*this, when);
    }
    /// True if time ran out, and the job is not being cancelled besides, which would win.
    bool expired() const noexcept { return expired_ && !job_->cancel_requested(); }

private:
    void on_deadline() noexcept override {
        expired_ = true;
        job_->interrupt();
    }

    job* job_;
    bool expired_ = false;
};

}  // namespace skein::detail
