// Byte streams over Unix sockets, on libuv.
#pragma once

#include "net/socket_options.hpp"
#include "net/stream.hpp"

#include <skein/task.hpp>

#include <memory>
#include <string>

namespace skein::net {

/// Connects; of the options, the sizes of buffers count. A path that begins with @ (or with a zero, as the
/// system has it) is a name in the abstract namespace. *Lifetime:* the options are there until the task has
/// ended. *Throws:* std::system_error with the system's code, cancelled_error.
task<std::unique_ptr<stream>> connect_unix(std::string path, const socket_options& how);

}  // namespace skein::net
