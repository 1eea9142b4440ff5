// Owns who gets credentials of proxies, and which connections differ by the way they go.
#include "client/connection/route.hpp"

#include "client/connection/proxy_connect.hpp"
#include "client/connection/proxy_rules.hpp"
#include "client/session/sending.hpp"
#include "http/base64.hpp"
#include "http/credentials.hpp"

#include <cstdlib>

namespace skein::client {

namespace {

constexpr std::string_view field_name = "Proxy-Authorization";

/// Everything that tells connections through it apart: whose they are, and whom they trust.
void append_identity(std::string& key, const sending& s, const proxy& p) {
    key.append(key.empty() ? "via " : " via ").append(p.to_string());
    if (p.has_credentials())
        key.append(" ").append(http::base64(p.username())).append(":").append(http::base64(p.password()));
    if (p.tls()) key.append(" tls ").append(std::to_string(p.tls()->id()));
    const auto own = speaks_http(p) ? proxy_authorization(s, p) : std::nullopt;
    if (own) key.append(" as ").append(*own);
}

}  // namespace

std::unique_ptr<const proxy_rules> proxies_of(const session_options& options) {
    if (options.proxy.is_none()) return nullptr;
    if (options.proxy) return std::make_unique<const proxy_rules>(options.proxy, options.no_proxy);
    if (!options.trust_env) return nullptr;
    auto found = proxy_rules::from([](const char* name) { return std::getenv(name); }, options.no_proxy);
    return found ? std::make_unique<const proxy_rules>(std::move(*found)) : nullptr;
}

const proxy* proxy_for(const request_state& r) {
    if (r.choices && r.choices->proxy.is_set()) return r.choices->proxy ? &r.choices->proxy : nullptr;
    const proxy_rules* const rules = r.core->proxies();
    return rules != nullptr ? rules->of(r.url) : nullptr;
}

void choose_route(const sending& s, request_state& r) {
    const proxy* const way = proxy_for(r);
    if (way == nullptr && !r.choices) return;
    if (!r.choices) r.choices = std::make_unique<connection_choices>();
    connection_choices& choices = *r.choices;
    choices.via = way != nullptr ? *way : proxy();
    choices.key.clear();
    if (choices.tls) choices.key.append("tls ").append(std::to_string(choices.tls->id()));
    if (choices.via) append_identity(choices.key, s, choices.via);
    if (choices.use == connection_use::raw) choices.key.append(choices.key.empty() ? "raw" : " raw");
    if (choices.use == connection_use::upgrade && choices.via) choices.key.append(" tunnel");
}

std::optional<std::string> proxy_authorization(const sending& s, const proxy& p) {
    auto own = s.fields().get(field_name);
    if (!own) own = s.core().options().default_headers.get(field_name);
    if (own) return std::string(*own);
    if (!p.has_credentials()) return std::nullopt;
    return http::basic_credentials(p.username(), p.password());
}

const headers* fields_on_route(const sending& s, const headers* fields, headers& changed) {
    const bool forwarded = is_forwarded(s.request());
    const auto word = forwarded ? proxy_authorization(s, *via(s.request())) : std::nullopt;
    if (!word && !fields->contains(field_name)) return fields;
    if (fields != &changed) changed = *fields;
    if (word)
        changed.set(field_name, *word);
    else
        changed.remove(field_name);
    return &changed;
}

std::string absolute_target(const url& to) {
    return to.origin() + std::string(to.target());
}

void refuse_proxy_challenge(const sending& s, const http1::response_head& head) {
    if (is_forwarded(s.request())) fail_refused(s, *via(s.request()), head);
}

}  // namespace skein::client
