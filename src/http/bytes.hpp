// What a byte may be in the parts of a URL: one table, and percent-encoding over it. Knows no structure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skein::http {

/// Properties of a byte; the first four say where it must be percent-encoded (WHATWG URL 1.3).
enum byte_class : std::uint8_t {
    escape_fragment = 1,
    escape_query = 2,  ///< in the query of http, https, ws and wss
    escape_path = 4,
    escape_user = 8,
    path_syntax = 16,     ///< means something in a path, or is illegal there: the quick scan stops at it
    host_plain = 32,      ///< stands for itself in a host: lower-case letters, digits, '-' and '_'
    host_forbidden = 64,  ///< may not be in a domain, even decoded (WHATWG URL 3.2)
    form_plain = 128,     ///< stands for itself in application/x-www-form-urlencoded
};

constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
constexpr bool is_lower(char c) noexcept {
    return c >= 'a' && c <= 'z';
}
constexpr bool is_upper(char c) noexcept {
    return c >= 'A' && c <= 'Z';
}
constexpr char to_lower(char c) noexcept {
    return is_upper(c) ? static_cast<char>(c | 0x20) : c;
}
constexpr bool is_line_break_or_tab(char c) noexcept {
    return c == '\t' || c == '\n' || c == '\r';
}

namespace detail {

constexpr std::array<std::uint8_t, 256> make_byte_classes() {
    std::array<std::uint8_t, 256> table{};
    const auto mark = [&](std::string_view bytes, int classes) {
        for (const char c : bytes) {
            auto& entry = table[static_cast<unsigned char>(c)];
            entry = static_cast<std::uint8_t>(entry | classes);
        }
    };
    constexpr int everywhere = escape_fragment | escape_query | escape_path | escape_user | path_syntax;
    for (unsigned b = 0; b < 256; ++b) {
        if (b < 0x20 || b >= 0x7f) table[b] = everywhere;
        if (b < 0x20 || b == 0x7f) table[b] |= host_forbidden;
        const char c = static_cast<char>(b);
        if (is_digit(c) || is_lower(c)) table[b] = host_plain | form_plain;
        if (is_upper(c)) table[b] = form_plain;
    }
    mark(" \"<>", everywhere);
    mark("`", everywhere & ~escape_query);
    mark("#'", escape_query);
    mark("?^{}", escape_path | escape_user | path_syntax);
    mark("/:;=@[\\]|", escape_user);
    mark("#/\\", path_syntax);
    mark("-_", host_plain);
    mark(" #/:<>?@[\\]^|%", host_forbidden);
    mark("*-._", form_plain);
    return table;
}

inline constexpr auto byte_classes = make_byte_classes();

}  // namespace detail

/// True if the byte has any of the classes.
constexpr bool is_any(char c, int classes) noexcept {
    return (detail::byte_classes[static_cast<unsigned char>(c)] & classes) != 0;
}

/// The value of a hexadecimal digit, or -1.
constexpr int hex_value(char c) noexcept {
    if (is_digit(c)) return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// Appends `%XX`.
void append_percent(std::string& out, char c);

/// Appends `part`, percent-encoding the bytes of the given classes. Existing escapes stay as they are.
/// A tab or line break is never encoded: its offset is returned, and `out` is then of no use.
std::optional<std::size_t> append_escaped(std::string& out, std::string_view part, int classes);

/// Appends application/x-www-form-urlencoded text: a space becomes '+', what is not form_plain `%XX`.
void append_form(std::string& out, std::string_view text);

/// Decodes `%XX`; a percent sign that begins no escape stays.
std::string percent_decode(std::string_view text);

}  // namespace skein::http
