// What happens to a request, as it happens.
#pragma once

#include <skein/bytes.hpp>
#include <skein/clock.hpp>
#include <skein/detail/config.hpp>
#include <skein/headers.hpp>
#include <skein/http_version.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <string_view>

namespace skein {

/// What a trace_event tells; the names are aiohttp's, but for those marked with a plus. A request goes from
/// the top to the bottom; from connection_queued_start to response_head once for each attempt.
enum class trace_kind : std::uint8_t {
    request_start,            ///< the program has awaited it
    connection_queued_start,  ///< all connections are in use: it waits for one
    connection_queued_end,    ///< its turn has come
    connection_create_start,  ///< a new connection is made
    dns_cache_hit,            ///< text: the host name, which is known, or being looked up already
    dns_cache_miss,           ///< text: the host name
    dns_resolvehost_start,    ///< text: the host name. (An address is not looked up.)
    dns_resolvehost_end,      ///< count: how many addresses it has
    proxy_tunnel_start,       ///< + a proxy is asked for a way to the origin; text: the proxy
    proxy_tunnel_end,         ///< + it has agreed; text: the proxy
    tls_handshake_start,      ///< + text: the peer's address
    tls_handshake_end,        ///< + text: protocol and cipher
    connection_create_end,    ///< text: the peer's address
    connection_reuseconn,     ///< an idle connection serves; text: the peer's address
    request_headers_sent,     ///< fields: as they are on the wire, with Host and Cookie
    request_chunk_sent,       ///< data: a piece of the body
    response_head,            ///< + status, fields, text: the reason phrase; of each attempt
    request_redirect,         ///< status, fields; text: the URL that is next
    request_retry,            ///< + it will be sent again; text: why
    request_end,              ///< status, fields, text, as there: the program gets it
    response_chunk_received,  ///< data: a piece of the body, as the program gets it
    response_end,             ///< + the program is done with the body; count: its bytes on the wire
    request_exception,        ///< error; text: what() of it. The request, or the reading of its body, failed
};

/// The name of a kind, as above.
SKEIN_API std::string_view to_string(trace_kind kind) noexcept;

/// One thing that happened to a request. *Lifetime:* of all views and pointers, the call that hands it out.
struct trace_event {
    trace_kind kind;
    /// The same number in all events of one request, and in no other's of this process.
    std::uint64_t request = 0;
    clock::time_point when = {};                           ///< by the loop's clock
    std::chrono::system_clock::time_point wall_time = {};  ///< by that of the world
    std::string_view method = {};
    std::string_view url = {};  ///< without credentials
    std::string_view via = {};  ///< the proxy that the attempt goes through, without credentials; empty: none
    std::string_view text = {};
    const headers* fields = nullptr;
    int status = 0;
    http_version version = http_version::http_1_1;  ///< of the response, with its status
    std::uint64_t count = 0;
    byte_view data = {};
    std::exception_ptr error = {};
};

/// Is told of all that happens to requests. Called in the middle of them: it must not take long, and cannot
/// wait. What it throws goes to the exception handler of the loop, never into the request.
using trace_function = std::function<void(const trace_event&)>;

/// One line for a log: kind, request, method, URL, and what else there is to say. Headers are not in it, and
/// no bodies.
SKEIN_API std::string to_string(const trace_event& event);

/// The value of a header as it may be shown: credentials, cookies and whatever has a name like a secret's
/// (X-Api-Key, X-Auth-Token) become `***`; the scheme of an Authorization and the names of cookies stay.
SKEIN_API std::string masked_value(std::string_view name, std::string_view value);

}  // namespace skein
