// Lists of names, quoted strings, and what the grammar of fields says when it refuses something.
#include "http/field_grammar.hpp"

#include <algorithm>
#include <stdexcept>

namespace skein::http {

namespace {

constexpr char hex_digits[] = "0123456789abcdef";

[[noreturn]] void refuse(std::string_view what, std::string_view text, std::size_t position) {
    const auto byte = static_cast<unsigned char>(text[position]);
    std::string message(what);
    message += ": byte 0x";
    message += hex_digits[byte >> 4];
    message += hex_digits[byte & 15];
    message += " at position " + std::to_string(position) + " is not allowed: \"" + escaped(text) + '"';
    throw std::invalid_argument(message);
}

}  // namespace

bool is_listed(const std::vector<std::string>& names, std::string_view name) noexcept {
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& one) { return equals_ignoring_case(one, name); });
}

void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    out += '"';
}

std::string escaped(std::string_view bytes, std::size_t max_bytes) {
    std::string out;
    for (const char c : bytes) {
        if (out.size() >= max_bytes) return out += "...";
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\r') {
            out += "\\r";
        } else if (c == '\n') {
            out += "\\n";
        } else if (byte >= 0x20 && byte < 0x7f) {
            out += c;
        } else {
            out += "\\x";
            out += hex_digits[byte >> 4];
            out += hex_digits[byte & 15];
        }
    }
    return out;
}

void require_field_name(std::string_view name) {
    if (name.empty()) throw std::invalid_argument("header name: must not be empty");
    if (const auto at = find_non_token(name); at != name.npos) refuse("header name", name, at);
}

void require_field_value(std::string_view what, std::string_view value) {
    if (const auto at = find_bad_value_byte(value); at != value.npos) refuse(what, value, at);
}

}  // namespace skein::http
