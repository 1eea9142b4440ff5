// Owns the grammar of Set-Cookie: tolerant in all but control characters and sizes. Of an attribute that is
// given twice, the last one that can be used counts.
#include "http/set_cookie.hpp"

#include "http/bytes.hpp"
#include "http/cookie_date.hpp"
#include "http/field_grammar.hpp"

#include <algorithm>
#include <cstdint>

namespace skein::http {

namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

struct name_and_value {
    std::string_view name;
    std::string_view value;
    bool has_equals;
};

name_and_value split(std::string_view text) noexcept {
    const std::size_t equals = text.find('=');
    if (equals == text.npos) return {trim_blanks(text), {}, false};
    return {trim_blanks(text.substr(0, equals)), trim_blanks(text.substr(equals + 1)), true};
}

// Everything up to the next semicolon, which goes too.
std::string_view take_part(std::string_view& text) noexcept {
    const std::size_t end = text.find(';');
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    return part;
}

// An optional minus and digits; a number that is larger than all limits is as good as any other.
std::optional<seconds> parse_max_age(std::string_view text) noexcept {
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
    constexpr std::int64_t limit = seconds(cookie_jar::max_age).count();
    std::int64_t value = 0;
    for (const char c : text) value = std::min(limit, value * 10 + (c - '0'));
    return seconds(negative ? -value : value);
}

same_site parse_same_site(std::string_view text) noexcept {
    if (equals_ignoring_case(text, "None")) return same_site::none;
    if (equals_ignoring_case(text, "Lax")) return same_site::lax;
    if (equals_ignoring_case(text, "Strict")) return same_site::strict;
    return same_site::unset;
}

struct attributes {
    set_cookie& out;
    sys_seconds now;
    std::optional<sys_seconds> by_max_age = {};
    std::optional<sys_seconds> by_date = {};

    void take(std::string_view name, std::string_view value) noexcept {
        if (value.size() > cookie_jar::max_attribute_bytes) return;
        if (equals_ignoring_case(name, "Expires")) {
            if (const auto date = parse_cookie_date(value)) by_date = date;
        } else if (equals_ignoring_case(name, "Max-Age")) {
            if (const auto age = parse_max_age(value))
                by_max_age = age->count() > 0 ? now + *age : sys_seconds::min();
        } else if (equals_ignoring_case(name, "Domain")) {
            if (value.starts_with('.')) value.remove_prefix(1);
            out.domain = value;
        } else if (equals_ignoring_case(name, "Path")) {
            out.path = value.starts_with('/') ? value : std::string_view();
        } else if (equals_ignoring_case(name, "Secure")) {
            out.secure = true;
        } else if (equals_ignoring_case(name, "HttpOnly")) {
            out.http_only = true;
        } else if (equals_ignoring_case(name, "SameSite")) {
            out.same_site = parse_same_site(value);
        }
    }
    void finish() const noexcept {
        out.expires = by_max_age ? by_max_age : by_date;
        if (out.expires) out.expires = std::min(*out.expires, now + cookie_jar::max_age);
    }
};

}  // namespace

std::size_t find_control(std::string_view text) noexcept {
    return find_bad_value_byte(text);
}

std::optional<set_cookie> parse_set_cookie(std::string_view text, sys_seconds now) noexcept {
    if (find_control(text) != text.npos) return std::nullopt;
    const name_and_value pair = split(take_part(text));
    set_cookie found;
    found.name = pair.has_equals ? pair.name : std::string_view();
    found.value = pair.has_equals ? pair.value : pair.name;
    if (found.name.empty() && found.value.empty()) return std::nullopt;
    if (found.name.size() + found.value.size() > cookie_jar::max_cookie_bytes) return std::nullopt;
    attributes all{found, now};
    while (!text.empty()) {
        const name_and_value one = split(take_part(text));
        all.take(one.name, one.value);
    }
    all.finish();
    return found;
}

}  // namespace skein::http
