// Owns percent-encoding and decoding.
#include "http/bytes.hpp"

namespace skein::http {

void append_percent(std::string& out, char c) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    const char escape[] = {'%', digits[byte >> 4], digits[byte & 15]};
    out.append(escape, sizeof escape);
}

std::optional<std::size_t> append_escaped(std::string& out, std::string_view part, int classes) {
    std::size_t plain = 0;  // where the run of bytes that stand for themselves began
    for (std::size_t k = 0; k < part.size(); ++k) {
        const char c = part[k];
        if (!is_any(c, classes)) continue;
        if (is_line_break_or_tab(c)) return k;
        out.append(part, plain, k - plain);
        append_percent(out, c);
        plain = k + 1;
    }
    out.append(part, plain);
    return std::nullopt;
}

void append_form(std::string& out, std::string_view text) {
    for (const char c : text) {
        if (is_any(c, form_plain)) {
            out += c;
        } else if (c == ' ') {
            out += '+';
        } else {
            append_percent(out, c);
        }
    }
}

std::string percent_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t k = 0; k < text.size(); ++k) {
        const bool escape = text[k] == '%' && k + 2 < text.size() && hex_value(text[k + 1]) >= 0 &&
                            hex_value(text[k + 2]) >= 0;
        if (!escape) {
            out += text[k];
            continue;
        }
        out += static_cast<char>(hex_value(text[k + 1]) * 16 + hex_value(text[k + 2]));
        k += 2;
    }
    return out;
}

}  // namespace skein::http
