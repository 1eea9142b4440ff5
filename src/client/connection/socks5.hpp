// The client's half of SOCKS 5 (RFC 1928), with or without a password (RFC 1929). Does no I/O and resolves no
// names.
#pragma once

#include "client/connection/negotiation.hpp"

#include <skein/bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace skein::client {

/// Whom to ask a SOCKS proxy for, and as whom.
struct socks5_request {
    /// Four or sixteen bytes; empty: `name` counts.
    byte_view address = {};
    std::string_view name = {};
    std::uint16_t port = 0;
    /// Both empty: nothing is said of who we are. At most 255 bytes each.
    std::string_view username = {};
    std::string_view password = {};
};

///     method ----------------------------> reply --> address_type --> (name_size) --> address --> open
///         \__(asked for it)__> password __/
class socks5 final : public negotiation {
public:
    /// A name of more than 255 bytes cannot be said, and fails; it is never resolved here instead.
    explicit socks5(const socks5_request& what);

private:
    enum class part : std::uint8_t { method, password, reply, address_type, name_size, address };

    void take(byte_view& data) override;
    void take_part();
    void take_method();
    void take_reply();
    void take_address_type();
    void expect(part next, std::size_t bytes) noexcept;
    std::uint8_t at(std::size_t i) const noexcept { return static_cast<std::uint8_t>(got_[i]); }

    std::string login_;  // the message of RFC 1929; empty: none
    std::string request_;
    std::string got_;  // of the part that is being read
    std::size_t wanted_ = 0;
    part part_ = part::method;
};

}  // namespace skein::client
