// From an open stream to one that is encrypted, with a peer who has shown who it is.
#pragma once

#include "client/connection/dial.hpp"
#include "client/session/sending.hpp"
#include "net/stream.hpp"

#include <skein/task.hpp>
#include <skein/tls_context.hpp>

#include <memory>

namespace skein::client {

/// TLS with `peer`, which its certificate must name, within the time limit of the phase tls. Writes what was
/// agreed on into the facts. `is_http`: offers that as the application protocol (ALPN), not
/// those of `trust`. *Throws:* tls_error, timeout_error, with the report; cancelled_error.
task<std::unique_ptr<net::stream>> secure(sending& s, std::unique_ptr<net::stream> plain,
                                          const tls_context& trust, const endpoint& peer,
                                          connection_facts& facts, bool is_http = true);

}  // namespace skein::client
