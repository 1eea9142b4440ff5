// Which way an attempt goes: directly, or through which proxy; and what that changes about the request that
// is sent, and about whom it may share a connection with. Knows the connection as a choice only, not how it
// is made (connect.hpp).
#pragma once

#include "client/request/request_state.hpp"
#include "client/session/session_core.hpp"
#include "http1/encoder.hpp"
#include "http1/parser.hpp"

#include <skein/headers.hpp>
#include <skein/proxy.hpp>
#include <skein/session_options.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace skein::client {

class proxy_rules;
class sending;

/// What a session says of proxies; null: nothing. *Throws:* invalid_url for what the environment says.
std::unique_ptr<const proxy_rules> proxies_of(const session_options& options);

/// The proxy for the request as it stands, by its own word or the session's; null: directly. Asked before
/// each attempt: another hop, or a middleware, may have changed the URL.
const proxy* proxy_for(const request_state& r);

/// Settles the way of the attempt that begins, and names its connection by it.
void choose_route(const sending& s, request_state& r);
/// The same, for requests that have nothing to choose a branch.
inline void choose_route_if_any(const sending& s, request_state& r) {
    if (r.choices || r.core->proxies() != nullptr) [[unlikely]]
        choose_route(s, r);
}

/// The proxy that the attempt goes through, as settled; null: none.
inline const proxy* via(const request_state& r) noexcept {
    return r.choices && r.choices->via ? &r.choices->via : nullptr;
}
inline bool speaks_http(const proxy& p) noexcept {
    return p.scheme().starts_with("http");
}
/// Whether the proxy gets the request itself, instead of making a way for it.
inline bool is_forwarded(const request_state& r) noexcept {
    const proxy* const p = via(r);
    if (p == nullptr) [[likely]]
        return false;
    return speaks_http(*p) && !r.url.is_secure() && r.choices->use == connection_use::http;
}
/// Whether nothing but a stream is wanted.
inline bool is_raw(const request_state& r) noexcept {
    return r.choices && r.choices->use == connection_use::raw;
}
/// The session's Unix socket, if that is all that the program has named: nobody has heard of the URL's host.
inline std::string_view bare_socket(const request_state& r) noexcept {
    if (!r.choices || r.choices->names_host || r.choices->via) return {};
    return r.core->options().connector.unix_socket;
}

/// Whom connections to the origin trust.
inline const tls_context& trust_of(const request_state& r) noexcept {
    return r.choices && r.choices->tls ? *r.choices->tls : r.core->options().tls;
}
/// Whom a connection to an https proxy trusts.
inline const tls_context& trust_of(const session_core& core, const proxy& p) noexcept {
    return p.tls() ? *p.tls() : core.proxy_trust();
}

/// What the proxy is told of who we are: the caller's Proxy-Authorization, else the URL's credentials as
/// Basic; nothing if there are none.
std::optional<std::string> proxy_authorization(const sending& s, const proxy& p);

/// The fields of this attempt: with Proxy-Authorization for a proxy that gets them, without for anybody else.
/// `fields` is what they would be; a copy is made in `changed`, unless they are that.
const headers* fields_on_route(const sending& s, const headers* fields, headers& changed);
/// The target of a request that a proxy forwards, in absolute-form (RFC 9112, section 3.2.2).
std::string absolute_target(const url& to);

/// Throws proxy_error for what only a proxy answers: it wants credentials.
void refuse_proxy_challenge(const sending& s, const http1::response_head& head);

}  // namespace skein::client
