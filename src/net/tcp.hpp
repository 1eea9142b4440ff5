// Byte streams over TCP, on libuv.
#pragma once

#include "net/address.hpp"
#include "net/stream.hpp"

#include <skein/task.hpp>

#include <memory>

namespace skein::net {

/// Connects. *Cancellation:* closes the socket. *Throws:* std::system_error with the system's code,
/// cancelled_error.
task<std::unique_ptr<stream>> connect_tcp(address to);

}  // namespace skein::net
