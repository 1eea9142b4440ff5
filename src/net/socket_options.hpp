// What a socket is told before it connects.
#pragma once

#include <skein/ip_address.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace skein::net {

/// As connector_options has them, where they are explained. Trivially destructible: it may be braced.
struct socket_options {
    std::optional<ip_address> local_address = {};
    std::uint16_t first_local_port = 0;
    std::uint16_t last_local_port = 0;
    std::chrono::seconds keepalive = {};
    std::chrono::milliseconds user_timeout = {};
    bool no_delay = true;
    std::size_t send_buffer_bytes = 0;
    std::size_t receive_buffer_bytes = 0;

    bool chooses_local() const noexcept { return local_address || first_local_port != 0; }
    /// Whether there is something to be said before it connects.
    bool has_any() const noexcept {
        return chooses_local() || keepalive.count() > 0 || user_timeout.count() > 0 ||
               send_buffer_bytes != 0 || receive_buffer_bytes != 0;
    }
};

/// Nothing in particular.
inline constexpr socket_options plain_socket;

/// Tells a socket all of it. Throws std::system_error, which says what was refused.
void apply(const socket_options& what, int fd, int family);

}  // namespace skein::net
