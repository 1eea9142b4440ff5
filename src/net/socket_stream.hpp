// A byte stream over a socket of libuv's, of whatever kind: one handle, which outlives the stream until libuv
// has closed it. Knows nothing of connecting.
#pragma once

#include "net/stream.hpp"

#include <skein/detail/recycler.hpp>

#include <sys/socket.h>
#include <uv.h>

#include <memory>
#include <string>

namespace skein::net {

/// What libuv holds on to. Deletes itself when closed.
struct socket_state : detail::recycled {
    union {
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } uv{};
    void* owner = nullptr;  // the stream

    uv_handle_t* handle() noexcept { return reinterpret_cast<uv_handle_t*>(&uv); }
    uv_stream_t* stream() noexcept { return reinterpret_cast<uv_stream_t*>(&uv); }
    /// Once libuv knows the handle; before that it is deleted.
    void close() noexcept;
};

struct socket_closer {
    void operator()(socket_state* open) const noexcept { open->close(); }
};
/// One that libuv knows.
using open_socket = std::unique_ptr<socket_state, socket_closer>;

/// Handles of the loop that runs, without a socket; for TCP with one at once, if a family is named.
/// *Throws:* std::system_error; std::logic_error outside a loop.
open_socket make_tcp_handle(int family = AF_UNSPEC);
open_socket make_pipe_handle();

/// The stream over a socket that is connected; `peer` is for messages.
std::unique_ptr<stream> make_socket_stream(open_socket connected, std::string peer);

}  // namespace skein::net
