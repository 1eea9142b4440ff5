// Owns the text form of addresses.
#include "net/address.hpp"

#include <arpa/inet.h>

#include <cstring>

namespace skein::net {

std::optional<address> address::from(const sockaddr& system, std::uint16_t port) noexcept {
    address result;
    if (system.sa_family == AF_INET) {
        sockaddr_in v4;
        std::memcpy(&v4, &system, sizeof v4);
        v4.sin_port = htons(port);
        std::memcpy(&result.storage_, &v4, sizeof v4);
    } else if (system.sa_family == AF_INET6) {
        sockaddr_in6 v6;
        std::memcpy(&v6, &system, sizeof v6);
        v6.sin6_port = htons(port);
        std::memcpy(&result.storage_, &v6, sizeof v6);
    } else {
        return std::nullopt;
    }
    return result;
}

std::optional<address> address::parse(std::string_view literal, std::uint16_t port) noexcept {
    char text[INET6_ADDRSTRLEN];
    if (literal.empty() || literal.size() >= sizeof text) return std::nullopt;
    std::memcpy(text, literal.data(), literal.size());
    text[literal.size()] = '\0';
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) return from(reinterpret_cast<const sockaddr&>(v4), port);
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
        return from(reinterpret_cast<const sockaddr&>(v6), port);
    return std::nullopt;
}

std::string address::to_string() const {
    char text[INET6_ADDRSTRLEN] = "";
    if (family() == AF_INET) {
        sockaddr_in v4;
        std::memcpy(&v4, &storage_, sizeof v4);
        inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
        return std::string(text) + ":" + std::to_string(ntohs(v4.sin_port));
    }
    sockaddr_in6 v6;
    std::memcpy(&v6, &storage_, sizeof v6);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    return "[" + std::string(text) + "]:" + std::to_string(ntohs(v6.sin6_port));
}

}  // namespace skein::net
