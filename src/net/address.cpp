// Owns what addresses look like to the system.
#include "net/address.hpp"

#include "base/host_and_port.hpp"

#include <array>
#include <cstring>

namespace skein::net {

address::address(const ip_address& ip, std::uint16_t port) noexcept {
    if (ip.is_v6()) {
        storage_.sin6_family = AF_INET6;
        storage_.sin6_port = htons(port);
        storage_.sin6_scope_id = ip.interface();
        std::memcpy(&storage_.sin6_addr, ip.bytes().data(), 16);
        return;
    }
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&v4.sin_addr, ip.bytes().data() + 12, 4);
    std::memcpy(&storage_, &v4, sizeof v4);
}

std::optional<address> address::parse(std::string_view literal, std::uint16_t port) noexcept {
    if (const auto ip = ip_address::try_parse(literal)) return address(*ip, port);
    return std::nullopt;
}

std::string address::to_string() const {
    const auto ip = ip_of(*system());
    if (!ip) return {};
    return detail::host_and_port(ip->to_string(), ntohs(storage_.sin6_port));  // at the same place in both
}

std::optional<address> address::of(const sockaddr& system) noexcept {
    const auto ip = ip_of(system);
    if (!ip) return std::nullopt;
    // The port of an IPv6 address lies at the same place.
    return address(*ip, ntohs(reinterpret_cast<const sockaddr_in&>(system).sin_port));
}

std::optional<ip_address> ip_of(const sockaddr& system) noexcept {
    if (system.sa_family == AF_INET) {
        sockaddr_in v4;
        std::memcpy(&v4, &system, sizeof v4);
        std::array<std::uint8_t, 4> bytes;
        std::memcpy(bytes.data(), &v4.sin_addr, 4);
        return ip_address::v4(bytes);
    }
    if (system.sa_family != AF_INET6) return std::nullopt;
    sockaddr_in6 v6;
    std::memcpy(&v6, &system, sizeof v6);
    std::array<std::uint8_t, 16> bytes;
    std::memcpy(bytes.data(), &v6.sin6_addr, 16);
    return ip_address::v6(bytes, v6.sin6_scope_id);
}

}  // namespace skein::net
