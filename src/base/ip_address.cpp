// Owns the text form of addresses, and the registries of what they are for (as of 2026):
// https://www.iana.org/ assignments/iana-ipv4-special-registry and iana-ipv6-special-registry. Knows no
// sockets.
#include <skein/ip_address.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <stdexcept>

namespace skein {

namespace {

struct v4_block {
    std::uint32_t prefix;
    unsigned bits;
    ip_range what;
};
struct v6_block {
    std::uint64_t prefix;  // the upper half; nothing longer than that is in the table
    unsigned bits;
    ip_range what;
};

// The first block that an address lies in counts.
constexpr v4_block v4_blocks[] = {
    {0x00000000, 32, ip_range::unspecified},    // 0.0.0.0
    {0x00000000, 8, ip_range::reserved},        // 0.0.0.0/8, this network
    {0x0A000000, 8, ip_range::private_use},     // 10.0.0.0/8
    {0x64400000, 10, ip_range::shared},         // 100.64.0.0/10
    {0x7F000000, 8, ip_range::loopback},        // 127.0.0.0/8
    {0xA9FE0000, 16, ip_range::link_local},     // 169.254.0.0/16
    {0xAC100000, 12, ip_range::private_use},    // 172.16.0.0/12
    {0xC0000009, 32, ip_range::global},         // 192.0.0.9, port control
    {0xC000000A, 32, ip_range::global},         // 192.0.0.10, TURN
    {0xC0000000, 24, ip_range::reserved},       // 192.0.0.0/24, protocol assignments
    {0xC0000200, 24, ip_range::documentation},  // 192.0.2.0/24
    {0xC0586300, 24, ip_range::reserved},       // 192.88.99.0/24, once for 6to4 relays
    {0xC0A80000, 16, ip_range::private_use},    // 192.168.0.0/16
    {0xC6120000, 15, ip_range::benchmarking},   // 198.18.0.0/15
    {0xC6336400, 24, ip_range::documentation},  // 198.51.100.0/24
    {0xCB007100, 24, ip_range::documentation},  // 203.0.113.0/24
    {0xE0000000, 4, ip_range::multicast},       // 224.0.0.0/4
    {0xF0000000, 4, ip_range::reserved},        // 240.0.0.0/4, with the broadcast address
};

constexpr v6_block v6_blocks[] = {
    {0x2001'0002'0000'0000, 48, ip_range::benchmarking},   // 2001:2::/48
    {0x2001'0003'0000'0000, 32, ip_range::global},         // 2001:3::/32, automatic multicast tunneling
    {0x2001'0004'0112'0000, 48, ip_range::global},         // 2001:4:112::/48, AS112
    {0x2001'0020'0000'0000, 28, ip_range::global},         // 2001:20::/28, ORCHIDv2
    {0x2001'0030'0000'0000, 28, ip_range::global},         // 2001:30::/28, drones
    {0x2001'0000'0000'0000, 23, ip_range::reserved},       // 2001::/23, protocol assignments
    {0x2001'0db8'0000'0000, 32, ip_range::documentation},  // 2001:db8::/32
    {0x3fff'0000'0000'0000, 20, ip_range::documentation},  // 3fff::/20
    {0x2000'0000'0000'0000, 3, ip_range::global},          // 2000::/3, global unicast
    {0xfc00'0000'0000'0000, 7, ip_range::unique_local},    // fc00::/7
    {0xfe80'0000'0000'0000, 10, ip_range::link_local},     // fe80::/10
    {0xff00'0000'0000'0000, 8, ip_range::multicast},       // ff00::/8
};                                                         // the rest is not assigned, or was and is no more

ip_range range_of_v4(std::uint32_t address) noexcept {
    for (const auto& block : v4_blocks)
        if ((address ^ block.prefix) >> (32 - block.bits) == 0) return block.what;
    return ip_range::global;
}

ip_range range_of_v6(std::uint64_t upper) noexcept {
    for (const auto& block : v6_blocks)
        if ((upper ^ block.prefix) >> (64 - block.bits) == 0) return block.what;
    return ip_range::reserved;
}

template <std::size_t size>
std::uint64_t number(const std::uint8_t* bytes) noexcept {
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < size; ++i) all = all << 8 | bytes[i];
    return all;
}
std::uint32_t v4_at(const ip_address& of, std::size_t place) noexcept {
    return static_cast<std::uint32_t>(number<4>(of.bytes().data() + place));
}

/// Of the two that is not global, if there is one.
ip_range worse(ip_range one, ip_range other) noexcept {
    return one != ip_range::global ? one : other;
}

}  // namespace

std::string_view to_string(ip_range which) noexcept {
    static constexpr std::array<std::string_view, 11> names = {
        "global",       "unspecified", "loopback",      "private-use",  "shared",  "link-local",
        "unique-local", "multicast",   "documentation", "benchmarking", "reserved"};
    static_assert(names.size() == static_cast<std::size_t>(ip_range::reserved) + 1);
    const auto at = static_cast<std::size_t>(which);
    return at < names.size() ? names[at] : "unknown";
}

ip_range ip_address::range() const noexcept {
    if (is_v4()) return range_of_v4(v4_at(*this, 12));
    const std::uint64_t upper = number<8>(bytes_.data());
    const std::uint64_t lower = number<8>(bytes_.data() + 8);
    if (upper == 0) {
        if (lower == 0) return ip_range::unspecified;
        if (lower == 1) return ip_range::loopback;
        if (lower >> 32 == 0) return range_of_v4(v4_at(*this, 12));       // compatible, RFC 4291, 2.5.5.1
        if (lower >> 32 == 0xffff) return range_of_v4(v4_at(*this, 12));  // mapped, RFC 4291, 2.5.5.2
        return ip_range::reserved;
    }
    if (upper == 0x0064'ff9b'0000'0000 && lower >> 32 == 0)  // NAT64, RFC 6052
        return range_of_v4(v4_at(*this, 12));
    if (upper >> 48 == 0x2002) return range_of_v4(v4_at(*this, 2));  // 6to4, RFC 3056
    if (upper >> 32 == 0x2001'0000)                                  // Teredo, RFC 4380: server and client
        return worse(range_of_v4(v4_at(*this, 4)), range_of_v4(~v4_at(*this, 12)));
    if (upper == 0x2001'0001'0000'0000 && lower >= 1 && lower <= 3)
        return ip_range::global;  // anycast services
    return range_of_v6(upper);
}

bool ip_address::is_private() const noexcept {
    const ip_range what = range();
    return what == ip_range::private_use || what == ip_range::shared || what == ip_range::unique_local;
}

std::optional<ip_address> ip_address::try_parse(std::string_view text) noexcept {
    std::uint32_t interface = 0;
    const auto percent = text.find('%');
    if (percent != text.npos) {
        const char* const end = text.data() + text.size();
        const auto read = std::from_chars(text.data() + percent + 1, end, interface);
        if (read.ec != std::errc() || read.ptr != end || interface == 0) return std::nullopt;
    }
    const std::string_view address = text.substr(0, percent);
    char terminated[INET6_ADDRSTRLEN];
    if (address.empty() || address.size() >= sizeof terminated) return std::nullopt;
    std::memcpy(terminated, address.data(), address.size());
    terminated[address.size()] = '\0';
    if (address.find('\0') != address.npos) return std::nullopt;
    if (std::array<std::uint8_t, 4> bytes;
        percent == text.npos && inet_pton(AF_INET, terminated, &bytes) == 1)
        return v4(bytes);
    if (std::array<std::uint8_t, 16> bytes; inet_pton(AF_INET6, terminated, &bytes) == 1)
        return v6(bytes, interface);
    return std::nullopt;
}

ip_address::ip_address(std::string_view text) {
    const auto parsed = try_parse(text);
    if (!parsed) throw std::invalid_argument("not an IP address: '" + std::string(text) + "'");
    *this = *parsed;
}

std::string ip_address::to_string() const {
    char text[INET6_ADDRSTRLEN] = "";
    inet_ntop(is_v6_ ? AF_INET6 : AF_INET, bytes_.data() + (is_v6_ ? 0 : 12), text, sizeof text);
    std::string all = text;
    if (interface_ != 0) all += "%" + std::to_string(interface_);
    return all;
}

}  // namespace skein
