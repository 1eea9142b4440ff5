// Owns the normal form of names and IPv4 addresses; IPv6 is in ipv6.cpp, international names in idna.cpp.
#include "http/host.hpp"

#include "http/bytes.hpp"
#include "http/ipv6.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace skein::http {

namespace {

constexpr std::string_view punycode_prefix = "xn--";

// A decimal, octal (0...) or hexadecimal (0x...) number; too large ones are all the same.
std::optional<std::uint64_t> ipv4_number(std::string_view text) noexcept {
    constexpr std::uint64_t too_large = std::uint64_t{1} << 32;
    if (text.empty()) return std::nullopt;
    unsigned base = 10;
    if (text.size() >= 2 && text[0] == '0') {
        const bool hex = to_lower(text[1]) == 'x';
        base = hex ? 16 : 8;
        text.remove_prefix(hex ? 2 : 1);
    }
    std::uint64_t value = 0;
    for (const char c : text) {
        const int digit = hex_value(c);
        if (digit < 0 || static_cast<unsigned>(digit) >= base) return std::nullopt;
        value = std::min(value * base + static_cast<unsigned>(digit), too_large);
    }
    return value;
}

void append_dotted_decimal(std::string& out, std::uint64_t address) {
    for (int shift = 24; shift >= 0; shift -= 8) {
        out += std::to_string(address >> shift & 255);
        if (shift > 0) out += '.';
    }
}

// One to four numbers; the last one fills what the others leave of the 32 bits.
std::string_view append_ipv4(std::string& out, std::string_view text) {
    constexpr std::string_view wrong = "has a host that ends in a number but is no IPv4 address";
    if (text.ends_with('.')) text.remove_suffix(1);
    std::uint64_t address = 0;
    for (unsigned part = 0;; ++part) {
        const std::size_t dot = text.find('.');
        const auto number = ipv4_number(text.substr(0, dot));
        if (!number || part > 3) return wrong;
        if (dot == std::string_view::npos) {
            if (*number >= std::uint64_t{1} << (8 * (4 - part))) return wrong;
            append_dotted_decimal(out, address + *number);
            return {};
        }
        if (*number > 255) return wrong;
        address |= *number << (8 * (3 - part));
        text.remove_prefix(dot + 1);
    }
}

// What the labels of a lower-case ASCII name ask for.
struct labels {
    bool too_long = false;
    bool punycode = false;
};

labels look_at_labels(std::string_view name) noexcept {
    labels found;
    for (std::size_t begin = 0; begin <= name.size();) {
        const std::size_t end = std::min(name.find('.', begin), name.size());
        found.too_long |= end - begin > max_label_bytes;
        found.punycode |= name.substr(begin, end - begin).starts_with(punycode_prefix);
        begin = end + 1;
    }
    return found;
}

std::string_view append_domain(std::string& out, std::string_view text) {
    const std::size_t begin = out.size();
    bool ascii = true;
    for (const char c : text) {
        ascii &= static_cast<unsigned char>(c) < 0x80;
        out += to_lower(c);
    }
    std::string_view name = std::string_view(out).substr(begin);
    if (!ascii || look_at_labels(name).punycode) {
        if (text.size() > max_unicode_host_bytes) return "has a host longer than 253 bytes";
        out.resize(begin);
        if (const auto wrong = append_ascii_domain(out, text); !wrong.empty()) return wrong;
        name = std::string_view(out).substr(begin);
    }
    if (name.empty()) return "has no host";
    if (std::any_of(name.begin(), name.end(), [](char c) { return is_any(c, host_forbidden); })) {
        return "has a host with a character that no host may have";
    }
    if (ends_in_number(name)) {
        const std::string numbers(name);
        out.resize(begin);
        return append_ipv4(out, numbers);
    }
    if (name.size() - (name.ends_with('.') ? 1 : 0) > max_host_bytes)
        return "has a host longer than 253 bytes";
    if (look_at_labels(name).too_long) return "has a host with a label longer than 63 bytes";
    return {};
}

}  // namespace

bool ends_in_number(std::string_view name) noexcept {
    if (name.ends_with('.')) name.remove_suffix(1);
    const std::string_view last = name.substr(name.rfind('.') + 1);  // npos + 1 is 0
    if (last.empty()) return false;
    return std::all_of(last.begin(), last.end(), is_digit) || ipv4_number(last).has_value();
}

const char* skip_dotted_decimal(const char* p, const char* end) noexcept {
    for (int number = 1;; ++number) {
        if (p == end || !is_digit(*p)) return nullptr;
        int value = *p++ - '0';
        while (value != 0 && p != end && is_digit(*p)) {  // after a zero at its beginning no digit may follow
            value = value * 10 + (*p++ - '0');
            if (value > 255) return nullptr;
        }
        if (number == 4) return p;
        if (p == end || *p++ != '.') return nullptr;
    }
}

bool is_dotted_decimal(std::string_view text) noexcept {
    return !text.empty() &&
           skip_dotted_decimal(text.data(), text.data() + text.size()) == text.data() + text.size();
}

std::string_view append_host(std::string& out, std::string_view text) {
    if (text.starts_with('[')) {
        if (!text.ends_with(']')) return "has a host with an unclosed bracket";
        out += '[';
        if (!append_ipv6(out, text.substr(1, text.size() - 2))) {
            return "has a host in brackets that is no IPv6 address (zone ids are not supported)";
        }
        out += ']';
        return {};
    }
    if (text.find('%') == std::string_view::npos) return append_domain(out, text);
    return append_domain(out, percent_decode(text));
}

}  // namespace skein::http
