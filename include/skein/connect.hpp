// Streams of bytes to a host or a socket, for those who speak something else than HTTP.
#pragma once

#include <skein/detail/config.hpp>
#include <skein/proxy.hpp>
#include <skein/session_options.hpp>
#include <skein/stream.hpp>
#include <skein/task.hpp>
#include <skein/timeouts.hpp>
#include <skein/tls_context.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace skein {

/// How a stream is opened. (Name it before the `co_await`: g++ 12 frees one in braces twice.)
struct connect_options {
    /// TLS with the host, whose certificate must name it, or the context's server_name(). Application
    /// protocols are offered as the context's alpn() says: none by default. Unset: no TLS.
    std::optional<tls_context> tls = {};
    /// Of the phases up to the open stream: pool, dns, connect, tls, and total for all of them together.
    timeouts timeout = {};
    /// A proxy that makes a tunnel to the host: CONNECT or SOCKS. Unset: for a session, what it says of
    /// proxies; else none.
    skein::proxy proxy = {};
};

/// Opens a stream: finds the addresses of the host, tries them (RFC 8305), and shakes hands. `connector` says
/// how, as it does for a session; what is about keeping connections does not matter. Many streams to the same
/// places are better opened by client_session::connect(), which remembers names and TLS sessions.
/// *Cancellation:* at once. *Throws:* resolve_error, connect_error, proxy_error, tls_error, timeout_error,
/// with the report; invalid_url, from the call itself, for what is no host.
SKEIN_API task<stream> connect(std::string_view host, std::uint16_t port,
                               connect_options how = connect_options(),
                               connector_options connector = connector_options());

/// The same to a Unix socket, by its path; with an @ in front, by its name in Linux's abstract namespace. The
/// certificate of TLS over it must name the context's server_name(), else "localhost". *Throws:*
/// std::invalid_argument, from the call itself, for an empty path, and for a proxy.
SKEIN_API task<stream> connect_unix(std::string_view path, connect_options how = connect_options(),
                                    connector_options connector = connector_options());

}  // namespace skein
