// Owns the syntax of multipart/form-data. That further fields are well-formed, the headers class has made
// sure of.
#include "http/multipart_framing.hpp"

#include "http/field_grammar.hpp"
#include "http/quote.hpp"

#include <algorithm>
#include <stdexcept>

namespace skein::http {

namespace {

constexpr std::size_t longest_boundary_bytes = 70;
constexpr std::size_t shown_bytes = 64;

bool is_boundary_byte(char c) noexcept {
    constexpr std::string_view others = "'()+_,-./:=? ";
    const char lower = ascii_lower(c);
    return (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z') || others.find(c) != others.npos;
}

void append_escaped_name(std::string& out, std::string_view text) {
    for (const char c : text) {
        switch (c) {
            case '\r':
                out += "%0D";
                break;
            case '\n':
                out += "%0A";
                break;
            case '"':
                out += "%22";
                break;
            default:
                out += c;
        }
    }
}

void append_parameter(std::string& out, std::string_view name, std::string_view text) {
    out.append("; ").append(name).append("=\"");
    append_escaped_name(out, text);
    out += '"';
}

}  // namespace

void require_part_text(std::string_view text, const char* what) {
    for (const char c : text)
        if (c != '\r' && c != '\n' && find_bad_value_byte({&c, 1}) != std::string_view::npos)
            throw std::invalid_argument("multipart: " + std::string(what) +
                                        " has a control character: " + quote(text, shown_bytes));
}

void require_boundary(std::string_view boundary) {
    if (boundary.empty() || boundary.size() > longest_boundary_bytes || boundary.back() == ' ' ||
        !std::all_of(boundary.begin(), boundary.end(), is_boundary_byte))
        throw std::invalid_argument("multipart: not a boundary: " + quote(boundary, shown_bytes));
}

std::string make_boundary(std::span<const std::byte, 16> random) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "skein-";
    for (const std::byte one : random) {
        out += digits[std::to_integer<std::size_t>(one >> 4)];
        out += digits[std::to_integer<std::size_t>(one & std::byte{15})];
    }
    return out;
}

std::string multipart_content_type(std::string_view boundary) {
    std::string out = "multipart/form-data; boundary=";
    const bool plain = is_token(boundary);
    if (!plain) out += '"';
    out += boundary;
    if (!plain) out += '"';
    return out;
}

void append_part_head(std::string& out, std::string_view boundary, const part_head& head) {
    out.append("--").append(boundary).append("\r\nContent-Disposition: form-data");
    append_parameter(out, "name", head.name);
    if (head.filename) append_parameter(out, "filename", *head.filename);
    out += "\r\n";
    if (!head.content_type.empty()) out.append("Content-Type: ").append(head.content_type).append("\r\n");
    if (head.fields != nullptr)
        for (auto [name, value] : *head.fields) out.append(name).append(": ").append(value).append("\r\n");
    out += "\r\n";
}

void append_multipart_end(std::string& out, std::string_view boundary) {
    out.append("--").append(boundary).append("--\r\n");
}

}  // namespace skein::http
