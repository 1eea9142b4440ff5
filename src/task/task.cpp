// The cold ends of task.hpp: what it throws.
#include "task/describe.hpp"

#include <skein/detail/report.hpp>
#include <skein/task.hpp>

#include <exception>
#include <stdexcept>
#include <string>

namespace skein::detail {

namespace {

// Who unwinds or was cancelled need not have come to its awaits.
bool is_meant() noexcept {
    const auto& kernel = this_kernel;
    return kernel.dropping || std::uncaught_exceptions() != 0 ||
           (kernel.job != nullptr && kernel.job->cancel_requested());
}

void report_unawaited(const std::source_location& function) noexcept {
    try {
        std::string what = "a task was made and dropped without co_await or create_task: ";
        append_function(what, function);
        this_kernel.scheduler->report("a task that never ran",
                                      std::make_exception_ptr(std::logic_error(what)));
    } catch (...) {  // no memory to say it with
    }
}

}  // namespace

void drop_unawaited(task_handle frame) noexcept {
    auto* const scheduler = this_kernel.scheduler;
    if (scheduler != nullptr && scheduler->debug() && !is_meant()) report_unawaited(frame.head().function);
    const quiet_drops meant;  // of tasks among its arguments
    frame.destroy();
}

void throw_empty_task() {
    throw std::logic_error("co_await of an empty task: it was moved from or released");
}
void throw_awaited_twice() {
    throw std::logic_error("a task was awaited twice: a task runs once; share a future");
}

}  // namespace skein::detail
