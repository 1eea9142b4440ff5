// The running task, as asyncio.current_task() gives it.
#pragma once

#include <skein/detail/config.hpp>

#include <string_view>

namespace skein::this_task {

/// The name of the running task: from create_task() or set_name(); empty if it has none. Valid until the task
/// ends or is given another. A coroutine that is awaited runs in the task of who awaits it; the children of
/// gather() and the like are tasks of their own. *Throws:* std::logic_error outside a task.
SKEIN_API std::string_view name();

/// Names the running task, for dump_tasks() and reports. *Throws:* std::logic_error outside a task.
SKEIN_API void set_name(std::string_view name);

}  // namespace skein::this_task
