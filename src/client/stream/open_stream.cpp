// Owns the opening of streams: what a request does up to its connection, and nothing after it.
#include "base/host_and_port.hpp"
#include "client/connection/connect.hpp"
#include "client/connection/route.hpp"
#include "client/request/request_state.hpp"
#include "client/session/attempt.hpp"
#include "client/session/sending.hpp"
#include "client/session/session_core.hpp"
#include "client/stream/stream_core.hpp"

#include <skein/client_session.hpp>
#include <skein/connect.hpp>
#include <skein/ip_address.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace skein {

namespace {

/// The origin as a URL, which knows what a host is.
url origin_of(std::string_view host, std::uint16_t port, const connect_options& how) {
    if (host.empty() || host.find_first_of("/\\?#@[] \t\r\n") != host.npos ||
        (host.find(':') != host.npos && !ip_address::try_parse(host)))
        throw invalid_url("a stream to what is no host: \"" + std::string(host) + "\"");
    return url((how.tls ? "https://" : "http://") + detail::host_and_port(host, port));
}

std::unique_ptr<client::request_state> request_for(std::shared_ptr<client::session_core> core, url to,
                                                   connect_options how) {
    auto request = std::make_unique<client::request_state>(std::move(core), "CONNECT", std::move(to));
    request->choices = std::make_unique<client::connection_choices>();
    request->choices->use = client::connection_use::raw;
    request->choices->tls = std::move(how.tls);
    request->choices->proxy = std::move(how.proxy);
    request->limits = std::make_unique<client::own_limits>();
    request->limits->all = how.timeout;
    return request;
}

/// `keeps_place`: the stream counts towards the limits of the session.
task<stream> open_in(std::unique_ptr<client::request_state> request, bool keeps_place) {
    using namespace client;
    request->core->enter();
    const auto sent = std::make_shared<sending>(std::move(request));
    sending& s = *sent;
    lease place = begin_attempt(s);
    if (!place) place = co_await wait_for_connection(s);
    auto made = co_await open(s);
    stream_peer peer;
    if (s.core().options().connector.unix_socket.empty()) {
        peer.host = s.host();
        peer.port = s.request().url.port();
    }
    peer.facts = std::move(made.facts);
    if (!keeps_place) place.release();
    co_return stream(std::make_shared<stream_core>(std::move(made.bytes), std::move(peer), std::move(place)));
}

/// In a session of its own, which is gone when the stream is open.
std::unique_ptr<client::request_state> request_alone(url to, connect_options how,
                                                     connector_options connector) {
    session_options options;
    options.connector = std::move(connector);
    auto core = std::make_shared<client::session_core>(std::move(options));
    return request_for(std::move(core), std::move(to), std::move(how));
}

}  // namespace

task<stream> client_session::connect(std::string_view host, std::uint16_t port, connect_options how) {
    if (!core_ || core_->is_closed()) throw std::logic_error("connect() of a session that is closed");
    return open_in(request_for(core_, origin_of(host, port, how), std::move(how)), true);
}

task<stream> connect(std::string_view host, std::uint16_t port, connect_options how,
                     connector_options connector) {
    url to = origin_of(host, port, how);
    return open_in(request_alone(std::move(to), std::move(how), std::move(connector)), false);
}

task<stream> connect_unix(std::string_view path, connect_options how, connector_options connector) {
    if (path.empty()) throw std::invalid_argument("connect_unix() to no path");
    if (how.proxy) throw std::invalid_argument("connect_unix() through a proxy, which cannot be told a path");
    connector.unix_socket = path;
    url to = origin_of("localhost", 0, how);
    auto request = request_alone(std::move(to), std::move(how), std::move(connector));
    request->choices->names_host = false;
    return open_in(std::move(request), false);
}

}  // namespace skein
