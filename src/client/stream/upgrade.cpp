// Owns the rules of switching protocols, and how a connection becomes a stream.
#include "client/stream/upgrade.hpp"

#include "base/host_and_port.hpp"
#include "client/connection/dial.hpp"
#include "client/response/response_state.hpp"
#include "client/session/session_core.hpp"
#include "client/stream/stream_core.hpp"
#include "http/field_grammar.hpp"

#include <skein/client_response.hpp>
#include <skein/stream.hpp>

#include <stdexcept>
#include <utility>

namespace skein::client {

namespace {

/// Whether one of the fields Upgrade lists it.
bool lists(const headers& fields, std::string_view protocol) {
    bool found = false;
    for (const auto& value : fields.get_all("Upgrade"))
        http::for_each_in_list(
            value, [&](std::string_view one) { found = found || http::equals_ignoring_case(one, protocol); });
    return found;
}

}  // namespace

bool is_protocol(std::string_view name) noexcept {
    const auto slash = name.find('/');
    return http::is_token(name.substr(0, slash)) &&
           (slash == name.npos || http::is_token(name.substr(slash + 1)));
}

std::string authority_of(const sending& s) {
    if (const auto host = s.fields().get("Host")) return std::string(*host);
    return detail::host_and_port(s.request().url.host(), s.request().url.port());
}

void check_switch(const sending& s, const http1::connection& wire, const http1::response_head& head) {
    const auto fail = [&](const std::string& what) {
        s.fail<protocol_error>(s.peer() + " broke HTTP: status " + std::to_string(head.status) + " " + what);
    };
    if (!wire.has_sent()) fail("before the request was sent");
    if (head.status != 101) return;
    bool names_one = false;
    for (const auto& value : head.fields.get_all("Upgrade"))
        http::for_each_in_list(value, [&](std::string_view one) {
            names_one = true;
            if (!lists(s.fields(), one))
                fail("switches to \"" + http::escaped(one, 64) + "\", which was not asked for");
        });
    if (!names_one) fail("switches protocols, and no Upgrade field says to which");
}

}  // namespace skein::client

namespace skein {

stream client_response::upgrade() {
    auto& state = *state_;
    if (!state.x->opens_tunnel())
        throw std::logic_error("upgrade(): the status " + std::to_string(status()) +
                               " leaves the connection with HTTP");
    if (!state.held) throw std::logic_error("upgrade(): the connection was taken or closed before");
    auto& from = state.held.connection();
    client::stream_peer peer;
    peer.host = state.sent->host();
    peer.port = state.sent->request().url.port();
    peer.facts = from.facts;
    std::string behind;
    auto bytes = from.wire.take_stream(behind);
    state.held.drop_connection();
    return stream(std::make_shared<client::stream_core>(std::move(bytes), std::move(peer),
                                                        std::move(state.held), std::move(behind)));
}

}  // namespace skein
