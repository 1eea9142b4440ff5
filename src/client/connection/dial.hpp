// From a name to an open stream of bytes: addresses, and connections to them.
#pragma once

#include "client/session/sending.hpp"
#include "net/address.hpp"
#include "net/stream.hpp"

#include <skein/task.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace skein::client {

/// Whom to dial: the origin, or a proxy before it.
struct endpoint {
    std::string host;  // IPv6 without brackets
    std::uint16_t port = 0;
    bool is_trusted = false;  // the program itself has named it, as it may a proxy: no policy is asked
    std::string socket = {};  // the path of a Unix socket that goes by no other name; empty: host and port
};

/// For messages: "example.org:80", "[::1]:80", "unix:/run/it".
std::string text_of(const endpoint& to);

/// Throws connect_error if the session has an address policy: for a way that it cannot see the end of, as
/// `what` says, a Unix socket or a proxy that nobody has said to trust.
void require_no_policy(const sending& s, const endpoint& to, std::string_view what);

/// Throws connect_error if it is an address, no name, and the address policy refuses that. A name that a
/// proxy resolves, only the proxy can judge.
void require_allowed(sending& s, const endpoint& to);

/// Its addresses that the address policy allows, within the time limit of the phase dns: for a proxy that is
/// told an address, not a name. *Throws:* resolve_error, connect_error if there is none, timeout_error, with
/// the report; cancelled_error.
task<std::vector<ip_address>> resolve(sending& s, const endpoint& to);

/// Opens a stream to it, or to the session's Unix socket, within the time limits of the phases dns and
/// connect. *Throws:* resolve_error, connect_error, timeout_error, with the report; cancelled_error.
task<std::unique_ptr<net::stream>> dial(sending& s, const endpoint& to);

}  // namespace skein::client
