// From a URL to an open stream: directly or through a proxy, then TLS.
#pragma once

#include "client/session/sending.hpp"
#include "net/stream.hpp"

#include <skein/task.hpp>

#include <memory>

namespace skein::client {

struct open_stream {
    std::unique_ptr<net::stream> bytes;
    std::shared_ptr<const connection_facts> facts;
};

/// Opens a stream to where the request goes, on the way that was chosen for it. *Throws:* resolve_error,
/// connect_error, proxy_error, tls_error, timeout_error, with the report; cancelled_error.
task<open_stream> open(sending& s);

}  // namespace skein::client
