// The exit codes of skein-get, in one place; --help and docs/skein-get.md have them too.
#pragma once

namespace get {

enum exit_code : int {
    all_saved = 0,
    some_failed = 1,
    wrong_usage = 2,
    nothing_done = 3,     ///< the folder cannot be written to, a list cannot be read, ...
    output_closed = 141,  ///< who read standard output has gone: so a shell sees what SIGPIPE ended
    // 130, 143 and 129 are what a shell makes of SIGINT, SIGTERM and SIGHUP, of which an interrupted run
    // ends.
};

}  // namespace get
