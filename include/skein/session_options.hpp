// What a session can be told.
#pragma once

#include <skein/address_policy.hpp>
#include <skein/clock.hpp>
#include <skein/content_coding.hpp>
#include <skein/cookie_jar.hpp>
#include <skein/headers.hpp>
#include <skein/ip_address.hpp>
#include <skein/middleware.hpp>
#include <skein/proxy.hpp>
#include <skein/rate_limit.hpp>
#include <skein/retry_policy.hpp>
#include <skein/task.hpp>
#include <skein/timeouts.hpp>
#include <skein/tls_context.hpp>
#include <skein/trace.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace skein {

/// Finds the addresses of a host name, in the order in which they are to be tried. What it throws, if that is
/// a std::runtime_error, becomes resolve_error; no address is one, too. It is given up by being cancelled.
using resolve_function = std::function<task<std::vector<ip_address>>(std::string host)>;

/// Ports from the first to the last, both included; 0: whichever the system gives.
struct port_range {
    std::uint16_t first = 0;
    std::uint16_t last = 0;
};

/// How connections are made and kept.
struct connector_options {
    /// Open connections, idle ones counted too; 0 is no limit. Who finds it reached waits, first come, first
    /// served.
    std::size_t limit = 100;
    /// The same for one host (scheme, name, port); 0 is no limit.
    std::size_t limit_per_host = 0;
    /// How long an idle connection is kept. What the server says (Keep-Alive: timeout=N) counts if it is
    /// less, with a margin of one second.
    std::chrono::milliseconds keepalive = std::chrono::seconds(15);
    /// Idle connections kept.
    std::size_t max_idle = 100;
    /// How long after it was made a connection begins its last exchange; 0 is no limit. So that long-lived
    /// programs follow a name that has moved, or a balancer's new weights.
    std::chrono::milliseconds max_lifetime = {};
    /// Exchanges on one connection; 0 is no limit. (What the server says, Keep-Alive: max=N, counts anyway.)
    std::size_t max_requests = 0;
    /// Close each connection after its response, and say so (Connection: close).
    bool force_close = false;
    /// All heads of one response together, bytes.
    std::size_t max_head_bytes = std::size_t{128} * 1024;
    /// Fields of a response.
    std::size_t max_headers = 512;

    /// How long the addresses of a name are remembered; 0: not at all. Each use begins with the next of them.
    /// Failures are not remembered. Requests for one name share a lookup that is under way, in any case.
    std::chrono::milliseconds dns_ttl = std::chrono::seconds(10);
    /// How many names; the oldest go.
    std::size_t dns_names = 1000;
    /// Which addresses of a name are used.
    address_family family = address_family::any;
    /// Of a name with several addresses, how long one is tried before the next one is, too (RFC 8305). The
    /// first to connect wins. A failure starts the next at once; with 0 nothing else does.
    std::chrono::milliseconds happy_eyeballs_delay = std::chrono::milliseconds(250);
    /// Addresses of hosts that are not asked for: "example.org:443", which counts first, or "example.org" for
    /// every port. As curl's --resolve.
    std::map<std::string, std::vector<ip_address>> hosts = {};
    /// Who is asked for all other names; empty: the system. Not asked for addresses. It may use the session
    /// itself, for other hosts: a request that waits for the very lookup that made it (or for one that waits
    /// for that) fails with std::logic_error, in tasks that the resolver has started too.
    resolve_function resolver = {};
    /// Which addresses may be connected to; default: all.
    skein::address_policy address_policy = {};

    /// The path of a Unix socket to which all connections go, whatever the URL says: that is for the Host
    /// header, and TLS. With an @ in front: its name in Linux's abstract namespace. Empty: none.
    std::string unix_socket = {};
    /// The address of this machine that connections come from. Those of the other family are left out.
    std::optional<ip_address> local_address = {};
    /// And the port: one that is free. (A port that was used is not free for a minute or two.)
    port_range local_ports = {};
    /// How long a connection may be silent before the system asks whether the peer is still there, and how
    /// long until it asks again; after the third time the connection has failed. Whole seconds; 0: never.
    std::chrono::seconds tcp_keepalive = {};
    /// How long what was sent may stay unacknowledged before the connection has failed; 0: as the system has
    /// it, a quarter of an hour or so.
    std::chrono::milliseconds tcp_user_timeout = {};
    /// Small pieces go at once (TCP_NODELAY).
    bool tcp_no_delay = true;
    /// Buffers of the kernel, bytes, for each connection; 0: as the system has it.
    std::size_t send_buffer_bytes = 0;
    std::size_t receive_buffer_bytes = 0;
};

/// What a session does for each of its requests, unless the request says otherwise.
struct session_options {
    /// Relative URLs of requests are resolved against it. Empty: none.
    std::string base_url = {};
    /// Sent with each request; a header that the request sets itself replaces those of that name.
    headers default_headers = {};
    timeouts timeout = {};
    connector_options connector = {};
    /// The jar to use: one with cookies in it to begin with, one that sessions of the same thread share, or
    /// no_cookies(). Null: an empty one of the session's own.
    std::shared_ptr<cookie_jar> cookies = {};
    /// Whom to trust; the system's CAs by default.
    tls_context tls = {};
    /// Whom https proxies are believed by that have no context of their own (proxy::tls()), as those of the
    /// environment; unset: tls.for_proxy().
    std::optional<tls_context> proxy_tls = {};
    /// What requests go through: a proxy, or its URL. proxy::none(): nothing, whatever the environment says.
    skein::proxy proxy = {};
    /// Whom `proxy` is not asked for, as the environment variable NO_PROXY says it: names or addresses,
    /// separated by commas or blanks. "example.org" and ".example.org" stand for the name and all below it,
    /// "10.0.0.0/8" for addresses that URLs name; each may end in a port; "*" stands for everybody.
    std::string no_proxy = {};
    /// Without a `proxy`, use those that the environment names, as curl does: HTTP_PROXY for http URLs,
    /// HTTPS_PROXY for https ones, ALL_PROXY for both, but for whom NO_PROXY covers, and never for localhost
    /// and loopback addresses. Each also in lower case, which counts before the other. In a CGI script (where
    /// REQUEST_METHOD is set) HTTP_PROXY is what a client has sent as a header, so only http_proxy counts. A
    /// proxy without a scheme is an http one. Read once, with the session; its constructor throws invalid_url
    /// for what is no proxy.
    bool trust_env = false;
    /// Redirects that are followed; one more is too_many_redirects. 0: none is allowed.
    int max_redirects = 10;
    /// Use the credentials that netrc has for a host, as Basic, where neither request, session nor URL has an
    /// Authorization; also for the hosts that redirects lead to, each its own. They go to every port of the
    /// host, over http too. The file is read once, with the session: `netrc`, else what the environment
    /// variable NETRC names, else ~/.netrc if it is there (and then nobody else may have access to it). Its
    /// faults are thrown by the session's constructor: std::system_error if it cannot be read, skein::error
    /// if it is no netrc or not private.
    bool trust_netrc = false;
    /// The file; one that is named sets trust_netrc.
    std::filesystem::path netrc = {};
    /// Names of headers that the library shall not add by itself: Accept, Accept-Encoding,
    /// User-Agent.
    std::vector<std::string> skip_auto_headers = {};
    /// Names of headers that may follow a redirect to another origin, beside the harmless ones.
    std::vector<std::string> redirect_safe_headers = {};
    /// Throw response_error for a status of 400 and more.
    bool raise_for_status = false;
    /// Ask for compressed bodies, and decompress them: see client_request::decompress().
    bool decompress = true;
    /// How far that may go.
    decoding_limits decoding = {};
    /// When requests are sent again; unset: never, but for a connection that turned out stale.
    std::optional<retry_policy> retry = {};
    /// Decides which errors and statuses are (with the default policy if none is set). Empty: the policy.
    retry_predicate retry_if = {};
    /// Of all requests of the session together that have a retry_policy.
    skein::retry_budget retry_budget = {};
    /// How fast requests to one origin may follow each other.
    skein::rate_limit rate_limit = {};
    /// Around each attempt at a request; the first is the outermost.
    std::vector<skein::middleware> middleware = {};
    /// Is told of all that happens to its requests.
    trace_function trace = {};
};

}  // namespace skein
