// The client: a pool of connections, and what its requests have in common.
#pragma once

#include <skein/client_request.hpp>
#include <skein/connect.hpp>
#include <skein/cookie_jar.hpp>
#include <skein/detail/config.hpp>
#include <skein/session_options.hpp>
#include <skein/stream.hpp>
#include <skein/task.hpp>
#include <skein/url.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace skein {

namespace client {
class session_core;
}

/// A snapshot of a session's connections.
struct session_stats {
    std::size_t open = 0;           ///< connections: opening, in use, idle
    std::size_t idle = 0;           ///< of these, kept for reuse
    std::size_t waiting = 0;        ///< requests that wait for a connection
    std::uint64_t requests = 0;     ///< sent, each attempt counted
    std::uint64_t connections = 0;  ///< made
    std::uint64_t reused = 0;       ///< requests over a connection that had served before
    std::uint64_t retried = 0;     ///< requests sent again: stale connections, retry policies, resumed bodies
    std::uint64_t waited = 0;      ///< requests that had to wait for a connection
    std::uint64_t expired = 0;     ///< idle connections closed for their age (connector_options::keepalive)
    std::uint64_t evicted = 0;     ///< connections closed to make room: for another host, or over max_idle
    std::uint64_t lost_idle = 0;   ///< idle connections that the server closed, or that it spoilt
    std::uint64_t dns_hits = 0;    ///< names whose addresses were known, or being looked up already
    std::uint64_t dns_misses = 0;  ///< names that were looked up
};

/// Makes requests, over connections that it keeps. One session for all requests of a program (or of one of
/// its concerns) is right: it is what makes connections be reused.
///
///     skein::client_session session;
///     auto response = co_await session.get("https://example.org/");
///
/// *Lifetime:* binds to the loop at its first request, so that it may be made before run(); run() closes its
/// connections at its end, and it may then serve another loop. The destructor never waits: it closes what is
/// idle; responses in flight go on and close theirs. Move-only. *Thread:* one at a time: that of its loop.
class SKEIN_API client_session {
public:
    client_session();
    /// *Throws:* invalid_url if base_url is none; std::invalid_argument for a negative number.
    explicit client_session(session_options options);
    client_session(client_session&&) noexcept;
    client_session& operator=(client_session&&) noexcept;
    ~client_session();

    /// A request with that method. Nothing is sent before it is awaited. CONNECT asks the server of the URL,
    /// or the proxy that is in use, for a way to host and port of the URL, or to what a Host header of the
    /// caller's says: 2xx is an answer whose upgrade() gives the stream. It takes no cookies along, and
    /// follows no redirects. *Throws:* invalid_url; std::invalid_argument for a method that is no token;
    /// std::logic_error after close().
    client_request request(std::string_view method, std::string_view url);
    client_request request(std::string_view method, const skein::url& to) {
        return request(method, to.href());
    }
    client_request get(std::string_view url) { return request("GET", url); }
    client_request get(const skein::url& to) { return request("GET", to); }
    /// Follows no redirects, unless told to.
    client_request head(std::string_view url) { return request("HEAD", url).follow_redirects(false); }
    client_request head(const skein::url& to) { return request("HEAD", to).follow_redirects(false); }
    client_request post(std::string_view url) { return request("POST", url); }
    client_request post(const skein::url& to) { return request("POST", to); }
    client_request put(std::string_view url) { return request("PUT", url); }
    client_request put(const skein::url& to) { return request("PUT", to); }
    client_request patch(std::string_view url) { return request("PATCH", url); }
    client_request patch(const skein::url& to) { return request("PATCH", to); }
    client_request del(std::string_view url) { return request("DELETE", url); }
    client_request del(const skein::url& to) { return request("DELETE", to); }
    client_request options(std::string_view url) { return request("OPTIONS", url); }
    client_request options(const skein::url& to) { return request("OPTIONS", to); }

    /// Opens a stream of bytes to a host, with what the session has for that: names and their addresses, the
    /// address policy, proxies (one for http makes a tunnel, too), TLS sessions. It is none of the pool's
    /// connections, but counts towards its limits as long as it is open. As skein::connect() otherwise.
    /// Neither middlewares nor trace functions are asked. *Throws:* also std::logic_error after close().
    task<stream> connect(std::string_view host, std::uint16_t port, connect_options how = connect_options());

    /// The jar: what servers set, at redirects too, and what the program puts in. Valid as long as the
    /// session.
    cookie_jar& cookies();

    session_stats stats() const noexcept;

    /// Closes idle connections, and refuses requests from now on, those that wait for a connection too; those
    /// that have one go on, and so do streams. Waits until the sockets are closed.
    task<> close();

private:
    std::shared_ptr<client::session_core> core_;
};

}  // namespace skein
