// Owns how things look in a line of text.
#include "text.hpp"

#include <skein/url.hpp>

#include <array>
#include <cstdio>

namespace get {

namespace {

// The code point that begins at text[at] and the length of its encoding; length 0 if it is malformed.
struct decoded {
    char32_t code = 0;
    std::size_t length = 0;
};

decoded decode(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) -> unsigned { return static_cast<unsigned char>(text[at + i]); };
    const unsigned first = byte(0);
    if (first < 0x80) return {first, 1};
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || at + length > text.size()) return {};
    char32_t code = first & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) return {};
        code = (code << 6) | (byte(i) & 0x3FU);
    }
    constexpr std::array<char32_t, 5> least = {0, 0, 0x80, 0x800, 0x10000};
    if (code < least[length] || (code >= 0xD800 && code < 0xE000) || code > 0x10FFFF) return {};
    return {code, length};
}

bool is_obeyed(char32_t code) {
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x061C || code == 0x200E ||
           code == 0x200F || (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

void escape(std::string& out, std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (const char c : bytes) {
        const auto value = static_cast<unsigned char>(c);
        out.append("\\x").push_back(digits[value >> 4U]);
        out.push_back(digits[value & 15U]);
    }
}

bool begins_character(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

// Where the character with that number begins.
std::size_t offset_of(std::string_view text, std::size_t character) {
    std::size_t at = 0;
    for (; at < text.size(); ++at)
        if (begins_character(text[at]) && character-- == 0) break;
    return at;
}

std::size_t count_characters(std::string_view text) {
    std::size_t count = 0;
    for (const char c : text) count += begins_character(c) ? 1 : 0;
    return count;
}

}  // namespace

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const decoded next = decode(text, at);
        const std::size_t length = next.length == 0 ? 1 : next.length;
        if (next.length == 0 || is_obeyed(next.code))
            escape(out, text.substr(at, length));
        else
            out.append(text.substr(at, length));
        at += length;
    }
    return out;
}

std::string clipped(std::string_view text, std::size_t characters) {
    const std::size_t count = count_characters(text);
    if (count <= characters) return std::string(text);
    const std::size_t tail = (characters - 3) / 2;
    const std::size_t head = characters - 3 - tail;
    return std::string(text.substr(0, offset_of(text, head))) + "..." +
           std::string(text.substr(offset_of(text, count - tail)));
}

std::string size_text(std::uint64_t bytes) {
    constexpr std::array<const char*, 6> units = {"kB", "MB", "GB", "TB", "PB", "EB"};
    if (bytes < 1000) return std::to_string(bytes) + " B";
    auto value = static_cast<double>(bytes) / 1000;
    std::size_t unit = 0;
    while (value >= 999.95 && unit + 1 < units.size()) {
        value /= 1000;
        ++unit;
    }
    std::array<char, 32> out{};
    std::snprintf(out.data(), out.size(), "%.1f %s", value, units[unit]);
    return out.data();
}

std::string time_text(std::chrono::seconds time) {
    const long long all = time.count();
    std::array<char, 48> out{};
    if (all < 3600)
        std::snprintf(out.data(), out.size(), "%lld:%02lld", all / 60, all % 60);
    else
        std::snprintf(out.data(), out.size(), "%lld:%02lld:%02lld", all / 3600, all / 60 % 60, all % 60);
    return out.data();
}

std::string without_secrets(std::string_view url) {
    if (const auto parsed = skein::url::try_parse(url))
        return parsed->has_credentials() ? parsed->redacted() : std::string(url);
    const auto slashes = url.find("//");
    const auto at = url.rfind('@');
    if (slashes == std::string_view::npos || at == std::string_view::npos || at < slashes)
        return std::string(url);
    return std::string(url.substr(0, slashes + 2)) + "***" + std::string(url.substr(at));
}

}  // namespace get
