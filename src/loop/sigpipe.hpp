// SIGPIPE while there is a loop. libuv writes to sockets with write(), so one that the peer has reset would
// end the process.
#pragma once

namespace skein::loop {

/// As long as one of these lives, SIGPIPE does nothing if its disposition was the default one: writing fails
/// with EPIPE instead. By a handler, so that programs that are executed meanwhile get the default action.
class sigpipe_guard {
public:
    sigpipe_guard() noexcept;
    ~sigpipe_guard();
    sigpipe_guard(const sigpipe_guard&) = delete;
    sigpipe_guard& operator=(const sigpipe_guard&) = delete;
};

}  // namespace skein::loop
