// Owns how a host and a port are written together. Knows no names: whatever has a colon is taken for IPv6.
#include "base/host_and_port.hpp"

namespace skein::detail {

std::string host_and_port(std::string_view host, std::uint16_t port) {
    const bool is_bare_ipv6 = host.find(':') != host.npos && !host.starts_with('[');
    std::string text;
    text.append(is_bare_ipv6 ? "[" : "").append(host).append(is_bare_ipv6 ? "]:" : ":");
    return text += std::to_string(port);
}

std::string with_address(std::string place, std::string_view address) {
    if (place != address) place.append(" [").append(address).append("]");
    return place;
}

}  // namespace skein::detail
