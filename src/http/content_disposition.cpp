// Owns the grammar of Content-Disposition. What makes a name safe is in download_name.cpp.
#include <skein/content_disposition.hpp>

#include "http/bytes.hpp"
#include "http/field_values.hpp"
#include "http/utf8.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace skein {

namespace {

using http::is_digit;
using http::is_lower;
using http::to_lower;

constexpr bool is_alphanumeric(char c) noexcept {
    return is_lower(to_lower(c)) || is_digit(c);
}

// RFC 8187 3.2.1.
constexpr bool is_attribute_byte(char c) noexcept {
    return is_alphanumeric(c) || std::string_view("!#$&+-.^_`|~").find(c) != std::string_view::npos;
}

struct parameter {
    std::string name;  // lower-case
    std::string value;
    bool quoted;
};

// One `name=value`; nullopt if it is malformed.
std::optional<parameter> take_parameter(std::string_view& text) {
    parameter found{http::ascii_lowered(http::take_token(text)), {}, false};
    http::skip_blanks(text);
    if (found.name.empty() || !http::skip(text, '=')) return std::nullopt;
    http::skip_blanks(text);
    if (http::skip(text, '"')) {
        auto value = http::take_quoted(text);
        if (!value) return std::nullopt;
        found.value = std::move(*value);
        found.quoted = true;
        return found;
    }
    found.value = http::take_token(text);
    if (found.value.empty()) return std::nullopt;
    return found;
}

// charset'language'value (RFC 8187 3.2). The two charsets of RFC 5987 are known; all others are ignored.
std::optional<std::string> decode_extended(std::string_view text) {
    const std::size_t charset_end = text.find('\'');
    const std::size_t language_end = charset_end == text.npos ? text.npos : text.find('\'', charset_end + 1);
    if (language_end == text.npos) return std::nullopt;
    const std::string charset = http::ascii_lowered(text.substr(0, charset_end));
    const std::string_view value = text.substr(language_end + 1);
    for (std::size_t k = 0; k < value.size(); ++k) {
        if (is_attribute_byte(value[k])) continue;
        const bool escape = value[k] == '%' && k + 2 < value.size() && http::hex_value(value[k + 1]) >= 0 &&
                            http::hex_value(value[k + 2]) >= 0;
        if (!escape) return std::nullopt;
        k += 2;
    }
    std::string decoded = http::percent_decode(value);
    if (charset == "iso-8859-1") return http::latin1_to_utf8(decoded);
    if (charset != "utf-8" || !http::is_utf8(decoded)) return std::nullopt;
    return decoded;
}

std::optional<std::string> find_filename(const std::vector<parameter>& parameters) {
    std::optional<std::string> plain;
    for (const parameter& p : parameters) {
        if (p.name == "filename*" && !p.quoted) {
            if (auto name = decode_extended(p.value)) return name;
        } else if (p.name == "filename") {
            // Officially ISO-8859-1; servers that send other bytes mean UTF-8 where it is valid.
            plain = http::is_utf8(p.value) ? p.value : http::latin1_to_utf8(p.value);
        }
    }
    return plain;
}

}  // namespace

std::optional<content_disposition> content_disposition::parse(std::string_view value) {
    http::skip_blanks(value);
    content_disposition result;
    result.type = http::ascii_lowered(http::take_token(value));
    if (result.type.empty()) return std::nullopt;
    std::vector<parameter> parameters;
    for (;;) {
        http::skip_blanks(value);
        if (value.empty()) break;
        if (!http::skip(value, ';')) return std::nullopt;
        http::skip_blanks(value);
        if (value.empty()) break;  // a semicolon at the end is common and harmless
        auto found = take_parameter(value);
        if (!found) return std::nullopt;
        for (const parameter& other : parameters) {
            if (other.name == found->name) return std::nullopt;
        }
        parameters.push_back(std::move(*found));
    }
    result.filename = find_filename(parameters);
    return result;
}

}  // namespace skein
