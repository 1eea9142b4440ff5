// Whom a certificate has to name, from what a URL or a program says.
#pragma once

#include <algorithm>
#include <string_view>

namespace skein::tls {

/// Without the brackets and the zone of an IPv6 address and the final dot of a name: neither SNI (RFC 6066
/// section 3) nor certificates know those.
inline std::string_view peer_name(std::string_view host) noexcept {
    if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    if (host.find(':') != std::string_view::npos) return host.substr(0, host.find('%'));
    if (host.ends_with('.')) host.remove_suffix(1);
    return host;
}

/// Whether there can be a certificate for a peer_name(). (OpenSSL would take an empty name for "any", and one
/// with a leading dot for "any name below".)
inline bool can_be_named(std::string_view name) noexcept {
    return !name.empty() && name.size() <= 255 && name.front() != '.' &&
           std::all_of(name.begin(), name.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace skein::tls
