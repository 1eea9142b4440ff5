// The alphabet of header fields (RFC 9110, section 5.6): tokens, field values, white space, ASCII case.
// Knows nothing of what a field means.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skein::http {

namespace detail {

enum : std::uint8_t { token_byte = 1, value_byte = 2 };

constexpr std::array<std::uint8_t, 256> make_field_byte_classes() {
    std::array<std::uint8_t, 256> classes{};
    for (unsigned c = 0x20; c < 256; ++c)
        if (c != 0x7f) classes[c] = value_byte;
    classes['\t'] = value_byte;
    constexpr std::string_view tokens =
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (const char c : tokens) classes[static_cast<unsigned char>(c)] |= token_byte;
    return classes;
}

inline constexpr std::array<std::uint8_t, 256> field_byte_classes = make_field_byte_classes();

constexpr std::size_t find_not(std::string_view text, std::uint8_t wanted) noexcept {
    for (std::size_t i = 0; i < text.size(); ++i)
        if ((field_byte_classes[static_cast<unsigned char>(text[i])] & wanted) == 0) return i;
    return std::string_view::npos;
}

}  // namespace detail

/// Position of the first byte that a token may not contain (RFC 9110, section 5.6.2); npos if there is none.
constexpr std::size_t find_non_token(std::string_view text) noexcept {
    return detail::find_not(text, detail::token_byte);
}

/// Whether the text is a token: not empty, token bytes only.
constexpr bool is_token(std::string_view text) noexcept {
    return !text.empty() && find_non_token(text) == std::string_view::npos;
}

/// Position of the first control byte other than HTAB; npos if there is none. Bytes from 0x80 on are allowed
/// (RFC 9110, section 5.5, obs-text).
constexpr std::size_t find_bad_value_byte(std::string_view text) noexcept {
    return detail::find_not(text, detail::value_byte);
}

/// Whether there is a control byte, HTAB among them.
constexpr bool has_control_byte(std::string_view text) noexcept {
    return find_bad_value_byte(text) != std::string_view::npos || text.find('\t') != std::string_view::npos;
}

constexpr bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t';
}

/// The text without the spaces and tabs around it (OWS, RFC 9110, section 5.6.3).
constexpr std::string_view trim_blanks(std::string_view text) noexcept {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

constexpr char ascii_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// Equal but for the case of ASCII letters. No locale, no Unicode: U+212A is not a k.
constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (a[i] != b[i] && ascii_lower(a[i]) != ascii_lower(b[i])) return false;
    return true;
}

/// Whether the name is in the list, upper or lower case.
bool is_listed(const std::vector<std::string>& names, std::string_view name) noexcept;

/// Calls `each` with every element of a comma-separated list, trimmed, the empty ones left out (RFC 9110,
/// section 5.6.1.2).
template <class Fn>
constexpr void for_each_in_list(std::string_view list, Fn each) {
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        const std::string_view element = trim_blanks(list.substr(0, comma));
        if (!element.empty()) each(element);
        list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    }
}

/// Appends the text as a quoted-string.
void append_quoted(std::string& out, std::string_view text);

/// Foreign bytes for a message to people: printable ASCII as it is, the rest as \xNN, cut after about
/// `max_bytes` of output with "..." put behind it.
std::string escaped(std::string_view bytes, std::size_t max_bytes = 256);

/// Throws std::invalid_argument, which names the byte and its place, unless `name` is a token.
void require_field_name(std::string_view name);

/// Throws std::invalid_argument, which names the byte and its place, if `value` contains a control byte other
/// than HTAB. `what` is what the message calls the text.
void require_field_value(std::string_view what, std::string_view value);

}  // namespace skein::http
