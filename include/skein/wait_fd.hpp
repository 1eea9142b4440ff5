// Readiness of file descriptors that belong to somebody else: what ties libraries with a non-blocking
// interface on a descriptor (libpq, hiredis, c-ares) to the loop.
#pragma once

#include <skein/detail/config.hpp>
#include <skein/task.hpp>

namespace skein {

/// Waits until a read from the descriptor would not block: there is data, the end, a connection to accept, or
/// an error, which the next call on the descriptor then gives. May wake up for nothing; so after it, make a
/// non-blocking call, and wait again if it says so.
///
/// For sockets, pipes, terminals, and whatever else can be polled; skein never reads, writes or closes the
/// descriptor, but libuv puts it in non-blocking mode. Any number of tasks may wait for one descriptor, in
/// both directions. Nothing is kept between two waits, so it may be closed and its number used again then,
/// but not while a task waits. *Cancellation:* at once. *Throws:* std::system_error for what is no open
/// descriptor, or cannot be polled, as regular files cannot (they are always ready), or belongs to the loop
/// already; cancelled_error.
SKEIN_API task<> wait_readable(int fd);

/// The same until a write would not block, or a connection that was begun has been made or refused.
SKEIN_API task<> wait_writable(int fd);

}  // namespace skein
