// Owns how a task speaks of itself.
#include <skein/detail/scheduler.hpp>
#include <skein/this_task.hpp>

#include <stdexcept>
#include <string>

namespace skein::this_task {

namespace {

detail::job& current(const char* what) {
    if (auto* const job = detail::this_kernel.job) return *job;
    throw std::logic_error(std::string(what) + " outside a skein task");
}

}  // namespace

std::string_view name() {
    return current("this_task::name()").name();
}

void set_name(std::string_view name) {
    current("this_task::set_name()").set_name(name);
}

}  // namespace skein::this_task
