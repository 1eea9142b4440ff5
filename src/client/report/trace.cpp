// Owns how trace events and headers are put into words, without the secrets in them.
#include <skein/trace.hpp>

#include "http/bytes.hpp"
#include "http/field_grammar.hpp"

#include <algorithm>
#include <array>

namespace skein {

std::string_view to_string(trace_kind kind) noexcept {
    static constexpr std::array<std::string_view, 23> names = {
        "request_start",           "connection_queued_start",
        "connection_queued_end",   "connection_create_start",
        "dns_cache_hit",           "dns_cache_miss",
        "dns_resolvehost_start",   "dns_resolvehost_end",
        "proxy_tunnel_start",      "proxy_tunnel_end",
        "tls_handshake_start",     "tls_handshake_end",
        "connection_create_end",   "connection_reuseconn",
        "request_headers_sent",    "request_chunk_sent",
        "response_head",           "request_redirect",
        "request_retry",           "request_end",
        "response_chunk_received", "response_end",
        "request_exception"};
    static_assert(names.size() == static_cast<std::size_t>(trace_kind::request_exception) + 1);
    const auto at = static_cast<std::size_t>(kind);
    return at < names.size() ? names[at] : "unknown";
}

std::string to_string(const trace_event& event) {
    std::string line = "[" + std::to_string(event.request) + "] ";
    line.append(to_string(event.kind)).append(" ").append(event.method).append(" ").append(event.url);
    if (!event.via.empty()) line.append(" through ").append(event.via);
    if (event.status != 0) line += ", status " + std::to_string(event.status);
    if (event.count != 0) line += ", " + std::to_string(event.count);
    if (!event.data.empty()) line += ", " + std::to_string(event.data.size()) + " bytes";
    if (!event.text.empty()) line += ": " + http::escaped(event.text, 400);
    return line;
}

// ---- secrets

namespace {

constexpr std::string_view mask = "***";

bool mentions_secret(std::string_view name) {
    std::string lower(name);
    std::transform(lower.begin(), lower.end(), lower.begin(), http::to_lower);
    static constexpr std::array<std::string_view, 12> words = {
        "auth",   "token",   "secret",     "password",   "passwd",  "api-key",
        "apikey", "api_key", "access-key", "credential", "session", "csrf"};
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view word) { return lower.find(word) != lower.npos; });
}

/// "a=1; b=2" to "a=***; b=***"; of a Set-Cookie only the first, the rest are attributes.
std::string masked_pairs(std::string_view pairs, bool all) {
    std::string shown;
    for (bool first = true; !pairs.empty(); first = false) {
        const auto end = pairs.find(';');
        const std::string_view pair = http::trim_blanks(pairs.substr(0, end));
        pairs.remove_prefix(end == pairs.npos ? pairs.size() : end + 1);
        if (!first) shown += "; ";
        if (!first && !all) {
            shown += pair;
            continue;
        }
        const auto equals = pair.find('=');
        if (equals != pair.npos) shown.append(pair.substr(0, equals + 1));
        shown += mask;
    }
    return shown;
}

}  // namespace

std::string masked_value(std::string_view name, std::string_view value) {
    const auto is = [&](std::string_view other) { return http::equals_ignoring_case(name, other); };
    if (is("Cookie") || is("Cookie2")) return masked_pairs(value, true);
    if (is("Set-Cookie") || is("Set-Cookie2")) return masked_pairs(value, false);
    if (is("WWW-Authenticate") || is("Proxy-Authenticate"))
        return std::string(value);  // a question, no answer
    if (is("Authorization") || is("Proxy-Authorization")) {
        const auto blank = value.find(' ');
        std::string shown(blank == value.npos ? std::string_view() : value.substr(0, blank + 1));
        return shown.append(mask);
    }
    return mentions_secret(name) ? std::string(mask) : std::string(value);
}

}  // namespace skein
