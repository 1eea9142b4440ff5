// The cold ends of task.hpp and result.hpp: what they throw.
#include <skein/task.hpp>

#include <cxxabi.h>

#include <stdexcept>
#include <typeinfo>

namespace skein::detail {

bool caught_cancellation() noexcept {
    const std::type_info* type = abi::__cxa_current_exception_type();
    return type != nullptr && *type == typeid(cancelled_error);
}

void throw_result_taken() {
    throw std::logic_error("the result was taken before, and cannot be copied");
}
void throw_result_pending() {
    throw std::logic_error("there is no result yet");
}
void throw_empty_task() {
    throw std::logic_error("co_await of an empty task: it was moved from or released");
}
void throw_awaited_twice() {
    throw std::logic_error("a task was awaited twice: a task runs once; share a future");
}

}  // namespace skein::detail
