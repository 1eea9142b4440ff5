// A loop without libuv and without waiting: a scheduler on a clock of its own, which jumps to the next
// deadline when nothing is ready. An hour of sleeps takes no time, and every run is the same as the last.
#pragma once

#include <skein/clock.hpp>
#include <skein/detail/awaitable.hpp>
#include <skein/detail/child.hpp>
#include <skein/detail/result.hpp>
#include <skein/detail/scheduler.hpp>
#include <skein/task.hpp>

#include <doctest/doctest.h>

#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace skein::tests {

/// One scheduler of this thread, its clock, and what was reported to its exception handler.
class virtual_loop {
public:
    virtual_loop() : scheduler_((now_ = clock::time_point(epoch), read_now)) {
        scheduler_.set_exception_handler(
            [this](std::string_view context, std::exception_ptr) { reports_.emplace_back(context); });
    }

    /// Runs a task to its end as run() does, then cancels what is left in the background and runs that to its
    /// end. Fails the test, and cancels `main`, if everybody waits for what cannot happen any more, and if a
    /// job or a deadline is left over.
    template <class T>
    T run(task<T> main) {
        detail::result<T> out;
        scope_of_main own;
        own.start(*new detail::child_job<T>(std::move(main), out));
        scheduler_.set_main_scope(&own);
        drive(own);
        scheduler_.set_main_scope(nullptr);
        ending_ = true;
        drive(scheduler_.background());
        ending_ = false;
        while (scheduler_.turn()) {  // callbacks of what ended last
        }
        CHECK_FALSE(scheduler_.background().has_children());
        CHECK(scheduler_.deadlines().empty());
        return out.take();
    }

    /// The contexts of the exceptions that nobody could receive, in order.
    const std::vector<std::string>& reports() const noexcept { return reports_; }

    detail::scheduler& scheduler() noexcept { return scheduler_; }

    /// How much time the loop of this thread has skipped.
    static clock::duration elapsed() noexcept { return now_.time_since_epoch() - epoch; }

private:
    class scope_of_main final : public detail::scope {
        void child_done(bool, const std::exception_ptr&) noexcept override {}
    };

    static constexpr clock::duration epoch = std::chrono::hours(1);
    static clock::time_point read_now() noexcept { return now_; }

    // Turns until the scope has no children.
    void drive(detail::scope& jobs) {
        while (jobs.has_children()) {
            const bool more = scheduler_.turn();
            if (ending_ && jobs.cancel_in_rounds()) continue;
            if (more || !jobs.has_children()) continue;
            if (scheduler_.deadlines().empty()) {
                FAIL_CHECK("everybody waits for ever");
                jobs.cancel_children();
            } else if (scheduler_.deadlines().next() > now_) {
                now_ = scheduler_.deadlines().next();
            }
        }
    }

    inline static thread_local clock::time_point now_{};
    detail::scheduler scheduler_;
    std::vector<std::string> reports_;
    bool ending_ = false;
};

/// Runs a task on a virtual loop of its own; nothing may be reported meanwhile.
template <class T>
T run_virtual(task<T> main) {
    virtual_loop loop;
    struct at_end {
        virtual_loop& loop;
        ~at_end() { CHECK(loop.reports().empty()); }
    } check{loop};
    return loop.run(std::move(main));
}

/// The same for a callable that gives a task; it is kept meanwhile, so a lambda may capture.
template <class Fn>
requires detail::async_callable<Fn>
auto run_virtual(Fn&& body) {
    return run_virtual(body());
}

}  // namespace skein::tests
