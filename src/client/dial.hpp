// From a name to an open stream of bytes: addresses, and connections to them.
#pragma once

#include "client/sending.hpp"
#include "net/address.hpp"
#include "net/stream.hpp"

#include <skein/task.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace skein::client {

/// Whom to dial: the origin, or a proxy before it.
struct endpoint {
    std::string host;  // IPv6 without brackets
    std::uint16_t port = 0;
};

/// For messages: "example.org:80", "[::1]:80".
std::string text_of(const endpoint& to);

/// Its addresses, within the time limit of the phase dns. *Throws:* resolve_error, timeout_error, with the
/// report; cancelled_error.
task<std::vector<net::address>> resolve(sending& s, const endpoint& to);

/// Opens a stream to it, within the time limits of the phases dns and connect. *Throws:* resolve_error,
/// connect_error, timeout_error, with the report; cancelled_error.
task<std::unique_ptr<net::stream>> dial(sending& s, const endpoint& to);

}  // namespace skein::client
