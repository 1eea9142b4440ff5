// Internet addresses as values, and what the registries say of them.
#pragma once

#include <skein/detail/config.hpp>

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skein {

/// Which addresses of a name are wanted.
enum class address_family : std::uint8_t { any, ipv4, ipv6 };

/// What an address is for, by the IANA registries of special-purpose addresses (RFC 6890 and its successors).
enum class ip_range : std::uint8_t {
    global,         ///< of the public Internet: everything that none of the others is
    unspecified,    ///< 0.0.0.0, ::
    loopback,       ///< 127.0.0.0/8, ::1
    private_use,    ///< 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16
    shared,         ///< 100.64.0.0/10, behind a provider's address translation
    link_local,     ///< 169.254.0.0/16, fe80::/10
    unique_local,   ///< fc00::/7
    multicast,      ///< 224.0.0.0/4, ff00::/8
    documentation,  ///< 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24, 2001:db8::/32, 3fff::/20
    benchmarking,   ///< 198.18.0.0/15, 2001:2::/48
    reserved,       ///< whatever else is not to be reached: 0.0.0.0/8, 240.0.0.0/4, fec0::/10, not assigned
};

/// The name of a range, for messages: "private-use", "link-local".
SKEIN_API std::string_view to_string(ip_range which) noexcept;

/// An IPv4 or IPv6 address, without a port. A value.
class SKEIN_API ip_address {
public:
    /// 0.0.0.0.
    constexpr ip_address() noexcept = default;
    /// From the text form: "192.0.2.1", "2001:db8::1", "fe80::1%2" (the number of an interface); without
    /// brackets, spaces or a port. IPv4 is four decimal numbers; the shorthands that browsers know (127.1,
    /// 0x7f000001) are for URLs only. *Throws:* std::invalid_argument.
    explicit ip_address(std::string_view text);
    /// The same; nothing if it is no address.
    static std::optional<ip_address> try_parse(std::string_view text) noexcept;
    /// From its bytes, the first one first.
    static constexpr ip_address v4(std::array<std::uint8_t, 4> bytes) noexcept {
        ip_address made;
        for (std::size_t i = 0; i < 4; ++i) made.bytes_[12 + i] = bytes[i];
        return made;
    }
    /// `interface`: of a link-local address, the number of the interface that it is on; 0: none.
    static constexpr ip_address v6(const std::array<std::uint8_t, 16>& bytes,
                                   std::uint32_t interface = 0) noexcept {
        ip_address made;
        made.bytes_ = bytes;
        made.interface_ = interface;
        made.is_v6_ = true;
        return made;
    }

    constexpr bool is_v4() const noexcept { return !is_v6_; }
    constexpr bool is_v6() const noexcept { return is_v6_; }
    /// Whether it is of that family; of any() each is.
    constexpr bool is_of(address_family which) const noexcept {
        return which == address_family::any || (which == address_family::ipv6) == is_v6_;
    }
    /// The bytes of an IPv6 address; of an IPv4 one the last four.
    constexpr const std::array<std::uint8_t, 16>& bytes() const noexcept { return bytes_; }
    /// The number of the interface; 0: none was said.
    constexpr std::uint32_t interface() const noexcept { return interface_; }

    /// What it is for. An IPv6 address that stands for an IPv4 one, or leads to one (mapped, compatible,
    /// 6to4, NAT64, Teredo), is for what that one is.
    ip_range range() const noexcept;
    /// Whether it can be reached by everybody: the opposite of each of those below.
    bool is_global() const noexcept { return range() == ip_range::global; }
    bool is_loopback() const noexcept { return range() == ip_range::loopback; }
    /// Of a private network: private-use, shared, unique-local.
    bool is_private() const noexcept;
    bool is_link_local() const noexcept { return range() == ip_range::link_local; }
    bool is_multicast() const noexcept { return range() == ip_range::multicast; }
    bool is_unspecified() const noexcept { return range() == ip_range::unspecified; }

    /// The text form, RFC 5952 for IPv6: what try_parse() reads.
    std::string to_string() const;

    friend constexpr bool operator==(const ip_address&, const ip_address&) noexcept = default;
    friend constexpr auto operator<=>(const ip_address&, const ip_address&) noexcept = default;

private:
    bool is_v6_ = false;
    std::array<std::uint8_t, 16> bytes_{};
    std::uint32_t interface_ = 0;
};

}  // namespace skein
