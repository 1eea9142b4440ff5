// Byte streams over Unix sockets, on libuv.
#pragma once

#include "base/descriptor.hpp"
#include "net/socket_options.hpp"
#include "net/stream.hpp"

#include <skein/task.hpp>

#include <sys/socket.h>
#include <sys/un.h>

#include <memory>
#include <string>

namespace skein::net {

/// Where a Unix socket is: a path, or a name in the abstract namespace if it begins with @ (or with a zero,
/// as the system has it). *Throws:* std::system_error for what the system cannot have.
struct unix_address {
    explicit unix_address(const std::string& path);

    sockaddr_un system{};
    socklen_t bytes = 0;
    bool is_abstract = false;
};

/// The stream over a Unix socket that is connected. *Throws:* std::system_error; the descriptor is then still
/// the caller's.
std::unique_ptr<stream> adopt_unix(detail::descriptor& connected, std::string peer);

/// Connects; of the options, the sizes of buffers count. *Lifetime:* the options are there until the task has
/// ended. *Throws:* std::system_error with the system's code, cancelled_error.
task<std::unique_ptr<stream>> connect_unix(std::string path, const socket_options& how);

}  // namespace skein::net
