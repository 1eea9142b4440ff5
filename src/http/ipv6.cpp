// Owns the reading and writing of IPv6 addresses.
#include "http/ipv6.hpp"

#include "http/bytes.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace skein::http {

namespace {

using pieces = std::array<std::uint16_t, 8>;

// "a.b.c.d", decimal without leading zeros, as two pieces.
bool read_ipv4_tail(std::string_view text, std::uint16_t* out) {
    for (int part = 0; part < 4; ++part) {
        std::size_t length = 0;
        unsigned value = 0;
        while (length < text.size() && is_digit(text[length])) {
            if (length > 0 && value == 0) return false;
            value = value * 10 + static_cast<unsigned>(text[length++] - '0');
            if (value > 255) return false;
        }
        if (length == 0) return false;
        out[part / 2] = static_cast<std::uint16_t>(out[part / 2] * 256u + value);
        text.remove_prefix(length);
        if (part == 3) return text.empty();
        if (!text.starts_with('.')) return false;
        text.remove_prefix(1);
    }
    return false;
}

bool read_pieces(std::string_view text, pieces& out) {
    constexpr std::size_t nowhere = 9;
    std::size_t count = 0;
    std::size_t gap = nowhere;  // how many pieces stand before "::"
    if (text.starts_with("::")) {
        gap = 0;
        text.remove_prefix(2);
    } else if (text.empty()) {
        return false;
    }
    while (!text.empty()) {
        if (count == out.size()) return false;
        std::size_t length = 0;
        unsigned value = 0;
        while (length < text.size() && length < 4 && hex_value(text[length]) >= 0) {
            value = value * 16 + static_cast<unsigned>(hex_value(text[length++]));
        }
        if (length < text.size() && text[length] == '.') {
            if (count > 6 || !read_ipv4_tail(text, &out[count])) return false;
            count += 2;
            break;
        }
        if (length == 0) return false;
        out[count++] = static_cast<std::uint16_t>(value);
        text.remove_prefix(length);
        if (text.empty()) break;
        if (!text.starts_with(':')) return false;
        text.remove_prefix(1);
        if (text.starts_with(':')) {
            if (gap != nowhere) return false;
            gap = count;
            text.remove_prefix(1);
        } else if (text.empty()) {
            return false;  // a single colon at the end
        }
    }
    if (gap == nowhere) return count == out.size();
    if (count == out.size()) return false;  // "::" must stand for at least one piece
    std::rotate(out.begin() + static_cast<std::ptrdiff_t>(gap),
                out.begin() + static_cast<std::ptrdiff_t>(count), out.end());
    return true;
}

// The first longest run of two or more zero pieces.
struct zero_run {
    std::size_t begin = 8;
    std::size_t length = 1;
};

zero_run longest_zeros(const pieces& address) {
    zero_run best;
    for (std::size_t k = 0; k < address.size(); ++k) {
        std::size_t end = k;
        while (end < address.size() && address[end] == 0) ++end;
        if (end - k > best.length) best = {k, end - k};
        k = std::max(k, end);
    }
    return best;
}

void append_hex(std::string& out, unsigned value) {
    bool started = false;
    for (int shift = 12; shift >= 0; shift -= 4) {
        const unsigned digit = value >> shift & 15;
        started = started || digit != 0 || shift == 0;
        if (started) out += "0123456789abcdef"[digit];
    }
}

}  // namespace

bool append_ipv6(std::string& out, std::string_view text) {
    pieces address{};
    if (!read_pieces(text, address)) return false;
    const zero_run zeros = longest_zeros(address);
    for (std::size_t k = 0; k < address.size(); ++k) {
        if (k == zeros.begin) {
            out += "::";
            k += zeros.length - 1;
            continue;
        }
        if (k > 0 && k != zeros.begin + zeros.length) out += ':';
        append_hex(out, address[k]);
    }
    return true;
}

}  // namespace skein::http
