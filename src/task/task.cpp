// The cold ends of task.hpp: what it throws.
#include <skein/task.hpp>

#include <stdexcept>

namespace skein::detail {

void throw_empty_task() {
    throw std::logic_error("co_await of an empty task: it was moved from or released");
}
void throw_awaited_twice() {
    throw std::logic_error("a task was awaited twice: a task runs once; share a future");
}

}  // namespace skein::detail
