// An address with a port, as the system wants it.
#pragma once

#include <skein/ip_address.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skein::net {

/// An IPv4 or IPv6 address with a port.
class address {
public:
    address() noexcept = default;
    address(const ip_address& ip, std::uint16_t port) noexcept;
    /// From "127.0.0.1" or "::1", without brackets; nothing if it is no address.
    static std::optional<address> parse(std::string_view literal, std::uint16_t port) noexcept;

    /// From the system's form; nothing of another family than AF_INET and AF_INET6.
    static std::optional<address> of(const sockaddr& system) noexcept;

    const sockaddr* system() const noexcept { return reinterpret_cast<const sockaddr*>(&storage_); }
    socklen_t system_bytes() const noexcept {
        return family() == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    }
    int family() const noexcept { return storage_.sin6_family; }
    std::uint16_t port() const noexcept { return ntohs(storage_.sin6_port); }
    /// "127.0.0.1:80", "[::1]:80".
    std::string to_string() const;

private:
    sockaddr_in6 storage_{};  // or a sockaddr_in, whose family and port lie at the same places
};

/// What the system gives; nothing of another family than AF_INET and AF_INET6.
std::optional<ip_address> ip_of(const sockaddr& system) noexcept;

}  // namespace skein::net
