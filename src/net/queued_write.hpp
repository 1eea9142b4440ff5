// The rest of a write, which a socket did not take at once. For streams over sockets of libuv.
#pragma once

#include "net/stream.hpp"

#include <skein/detail/recycler.hpp>

#include <uv.h>

#include <cstddef>
#include <span>
#include <system_error>

namespace skein::net {

/// Writes what can be written without waiting: how many bytes that was, or the error as a negative number of
/// libuv's; UV_EAGAIN if it was nothing. Never raises SIGPIPE, which libuv's own writes do when the peer has
/// closed: so the program does not have to ignore that signal.
std::ptrdiff_t send_now(int fd, std::span<const byte_view> pieces) noexcept;

class queued_write;

/// What a stream knows of its writes.
struct write_state {
    queued_write* queued = nullptr;
    /// What the first write that failed has failed with. The system tells of a reset once, to whoever asks
    /// first: who reads later hears of an end.
    std::error_code fault;

    void note(std::error_code why) noexcept {
        if (!fault) fault = why;
    }
};

/// Writes `data` to a socket as it takes it. Exists from start() until it is over or cancelled; `state`
/// points to it meanwhile.
class queued_write final : public detail::recycled {
public:
    /// The listener is told once, by a callback of the loop. Not if an error is returned.
    static std::error_code start(uv_loop_t& loop, int fd, byte_view data, write_listener& listener,
                                 write_state& state) noexcept;
    /// Touches the data no more; the listener is told later, operation_canceled.
    void cancel() noexcept;

private:
    queued_write(int duplicate, byte_view data, write_listener& listener, write_state& state) noexcept
        : fd_(duplicate), rest_(data), listener_(listener), state_(state) {}

    void on_writable(int status) noexcept;
    void finish(int result) noexcept;
    void close() noexcept;

    uv_poll_t poll_{};
    // A duplicate, for libuv watches a descriptor for one handle only, and the stream reads by the other.
    const int fd_;
    byte_view rest_;
    write_listener& listener_;
    write_state& state_;
    bool cancelled_ = false;
};

}  // namespace skein::net
