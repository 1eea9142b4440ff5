// From a URL to an open stream: directly or through a proxy, then TLS.
#pragma once

#include "client/sending.hpp"
#include "client/session_core.hpp"

#include <skein/task.hpp>

namespace skein::client {

/// Opens a connection to where the request goes and puts it into the lease. *Throws:* resolve_error,
/// connect_error, proxy_error, tls_error, timeout_error, with the report; cancelled_error.
task<> open_connection(sending& s, lease& into);

}  // namespace skein::client
