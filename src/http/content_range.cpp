// Owns the grammar of Content-Range. Strict: bytes are put where it says.
#include "http/content_range.hpp"

#include "http/bytes.hpp"
#include "http/field_grammar.hpp"

#include <limits>

namespace skein::http {

namespace {

// Takes a number off the front.
std::optional<std::uint64_t> take_number(std::string_view& text) noexcept {
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    std::uint64_t value = 0;
    std::size_t digits = 0;
    for (; digits < text.size() && is_digit(text[digits]); ++digits) {
        const auto digit = static_cast<std::uint64_t>(text[digits] - '0');
        if (value > (most - digit) / 10) return std::nullopt;
        value = value * 10 + digit;
    }
    if (digits == 0) return std::nullopt;
    text.remove_prefix(digits);
    return value;
}

bool take(std::string_view& text, char c) noexcept {
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
}

}  // namespace

std::optional<content_range> parse_content_range(std::string_view value) noexcept {
    constexpr std::string_view unit = "bytes ";
    if (value.size() < unit.size() || !equals_ignoring_case(value.substr(0, unit.size()), unit))
        return std::nullopt;
    value.remove_prefix(unit.size());
    content_range out;
    if (!take(value, '*')) {
        const auto first = take_number(value);
        if (!first || !take(value, '-')) return std::nullopt;
        const auto last = take_number(value);
        if (!last || *last < *first) return std::nullopt;
        out.satisfied = true;
        out.first = *first;
        out.last = *last;
    }
    if (!take(value, '/')) return std::nullopt;
    if (out.satisfied && take(value, '*')) return value.empty() ? std::optional(out) : std::nullopt;
    out.total = take_number(value);
    if (!out.total || !value.empty() || (out.satisfied && *out.total <= out.last)) return std::nullopt;
    return out;
}

}  // namespace skein::http
