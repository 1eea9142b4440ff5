// What becomes of exceptions that nobody can receive, and of tasks that nobody awaits.
#pragma once

#include <skein/detail/config.hpp>
#include <skein/detail/scheduler.hpp>

#include <exception>
#include <string_view>
#include <utility>

namespace skein::detail {

/// Reports an exception that nobody can receive: to the exception handler of this thread's loop, to standard
/// error if none runs. The second form adds which task is running, the third which function was the root of
/// the task that has just failed: for child_done().
SKEIN_API void report_lost(std::string_view context, const std::exception_ptr& error) noexcept;
SKEIN_API void report_lost_here(std::string_view context, const std::exception_ptr& error) noexcept;
SKEIN_API void report_lost_of_child(std::string_view context, const std::exception_ptr& error) noexcept;

/// While it lives, tasks may be dropped without having been awaited, and nobody is told: where that is
/// meant, as with those that a cancelled gather() has not started.
class quiet_drops {
public:
    quiet_drops() noexcept = default;
    ~quiet_drops() { this_kernel.dropping = before_; }
    quiet_drops(const quiet_drops&) = delete;
    quiet_drops& operator=(const quiet_drops&) = delete;

private:
    const bool before_ = std::exchange(this_kernel.dropping, true);
};

}  // namespace skein::detail
