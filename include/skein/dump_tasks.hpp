// Who awaits whom: all tasks of a loop, as text.
#pragma once

#include <skein/detail/config.hpp>

#include <source_location>
#include <string>

namespace skein {

/// Every task of this thread's loop, as a tree for people to read: what it is called or where it was created,
/// its age, what it waits for, and its chain of awaits, innermost function first. Under a task that waits
/// for others (gather, wait_for, a group ...) stand those; tasks of create_task() stand on their own. To be
/// called from anywhere while something seems stuck: in a task, a callback, a signal's task, or from a
/// debugger. The format is not fixed. Of a very long chain of awaits, the two ends are shown.
/// *Thread:* the loop's; elsewhere there are no tasks to see. *Throws:* std::bad_alloc.
SKEIN_API std::string dump_tasks(std::source_location caller = std::source_location::current());

}  // namespace skein
