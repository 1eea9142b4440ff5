// Reading the structured values of fields from the front: tokens, quoted strings, blanks (RFC 9110, section
// 5.6). Knows nothing of what they mean.
#pragma once

#include "http/field_grammar.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace skein::http {

inline std::string ascii_lowered(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), ascii_lower);
    return out;
}

inline void skip_blanks(std::string_view& text) noexcept {
    while (!text.empty() && is_blank(text[0])) text.remove_prefix(1);
}

/// Takes that byte off the front, if it is there.
inline bool skip(std::string_view& text, char c) noexcept {
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
}

/// Takes the token at the front; empty if there is none.
inline std::string_view take_token(std::string_view& text) noexcept {
    const std::string_view token = text.substr(0, find_non_token(text));
    text.remove_prefix(token.size());
    return token;
}

/// Takes the content of a quoted string whose opening quote is gone; nothing if it does not end.
inline std::optional<std::string> take_quoted(std::string_view& text) {
    std::string out;
    while (!text.empty()) {
        char c = text[0];
        text.remove_prefix(1);
        if (c == '"') return out;
        if (c == '\\') {
            if (text.empty()) return std::nullopt;
            c = text[0];
            text.remove_prefix(1);
        }
        out += c;
    }
    return std::nullopt;
}

}  // namespace skein::http
