// From a request to a stream that leads to its origin through a proxy.
#pragma once

#include "client/connection/dial.hpp"
#include "client/session/sending.hpp"
#include "http1/parser.hpp"
#include "net/stream.hpp"

#include <skein/proxy.hpp>
#include <skein/task.hpp>

#include <memory>

namespace skein::client {

/// A stream to the proxy, over TLS if it is an https one; and through it to the origin, unless the proxy is
/// to get the request itself. Writes into the facts who the peer is. *Throws:* proxy_error if the proxy
/// refuses or breaks off, resolve_error, connect_error, tls_error, timeout_error, with the report;
/// cancelled_error.
task<std::unique_ptr<net::stream>> connect_through(sending& s, const proxy& p, const endpoint& origin,
                                                   connection_facts& facts);

/// Throws proxy_error for an answer of the proxy's own.
[[noreturn]] void fail_refused(const sending& s, const proxy& p, const http1::response_head& head);

}  // namespace skein::client
