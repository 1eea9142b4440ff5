// Owns the escaping of foreign text.
#include "http/quote.hpp"

namespace skein::http {

namespace {

std::string escape(char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
        case '\n':
            return "\\n";
        case '\r':
            return "\\r";
        case '\t':
            return "\\t";
        case '"':
            return "\\\"";
        case '\\':
            return "\\\\";
        default:
            break;
    }
    if (byte >= 0x20 && byte < 0x7f) return {c};
    return {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
}

}  // namespace

std::string quote(std::string_view text, std::size_t limit) {
    constexpr std::string_view cut = "...";
    std::string out = "\"";
    std::size_t kept = out.size();  // up to here there is room for the mark of a cut
    for (const char c : text) {
        out += escape(c);
        if (out.size() - 1 > limit) {
            out.resize(kept);
            out += cut;
            break;
        }
        if (out.size() - 1 + cut.size() <= limit) kept = out.size();
    }
    return out += '"';
}

}  // namespace skein::http
