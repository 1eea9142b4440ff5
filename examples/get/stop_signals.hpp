// Signals that ask a program to end: here they end a run as Ctrl-C does.
#pragma once

#include <skein/task.hpp>

namespace get {

/// Runs the work, and cancels it when SIGTERM or SIGHUP comes, unless that is ignored, as by nohup. `came` is
/// then the signal; the next one has its default action again. *Lifetime:* `came` longer than the task.
skein::task<int> run_until_signal(skein::task<int> work, int& came);

}  // namespace get
