// Listening sockets of the system.
#pragma once

#include "net/address.hpp"
#include "net/listener.hpp"

#include <memory>
#include <string>

namespace skein::net {

/// Listens at an address. *Throws:* std::system_error.
std::unique_ptr<listener> listen_tcp(const address& at, int backlog);

/// Listens at a path, or at "@name" in the abstract namespace. Close removes what it has made there, if it is
/// still that. *Throws:* std::system_error.
std::unique_ptr<listener> listen_unix(const std::string& path, int backlog);

}  // namespace skein::net
