// Byte streams over TCP, on libuv.
#pragma once

#include "net/address.hpp"
#include "net/socket_options.hpp"
#include "net/stream.hpp"

#include <skein/task.hpp>

#include <memory>

namespace skein::net {

/// Connects. *Lifetime:* the options are there until the task has ended. *Cancellation:* closes the socket.
/// *Throws:* std::system_error with the system's code, cancelled_error.
task<std::unique_ptr<stream>> connect_tcp(address to, const socket_options& how);

}  // namespace skein::net
