// Owns the grammar of challenges (RFC 9110, section 11.6.1). A comma may stand between two parameters or
// between two challenges: what follows decides.
#include <skein/auth_challenge.hpp>

#include "http/auth_params.hpp"
#include "http/field_values.hpp"

#include <algorithm>

namespace skein {

namespace {

using http::skip_blanks;

constexpr bool is_token68_byte(char c) noexcept {
    const char lower = http::ascii_lower(c);
    return (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z') ||
           std::string_view("-._~+/").find(c) != std::string_view::npos;
}

bool at_end_of_element(std::string_view text) noexcept {
    skip_blanks(text);
    return text.empty() || text.front() == ',';
}

// "YIIB/=" behind a scheme, where nothing else follows it; else nothing, and `text` stays as it is.
std::string_view take_token68(std::string_view& text) noexcept {
    auto end =
        static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_token68_byte) - text.begin());
    if (end == 0) return {};
    while (end < text.size() && text[end] == '=') ++end;
    if (!at_end_of_element(text.substr(end))) return {};
    const std::string_view token = text.substr(0, end);
    text.remove_prefix(end);
    return token;
}

// Whether `name` is followed by an equals sign, so that it names a parameter.
bool is_param(std::string_view behind_name) noexcept {
    skip_blanks(behind_name);
    return behind_name.starts_with('=');
}

// What stands between two commas: a scheme, alone or with what comes first in it, or one more parameter.
bool take_element(std::string_view& text, std::vector<auth_challenge>& into) {
    std::string_view rest = text;
    const std::string_view name = http::take_token(rest);
    if (name.empty()) return false;
    if (is_param(rest))
        return !into.empty() && into.back().token68.empty() &&
               http::take_auth_param(text, into.back().params);
    into.push_back({std::string(name), {}, {}});
    text = rest;
    if (at_end_of_element(text)) return true;
    if (!http::is_blank(text.front())) return false;
    skip_blanks(text);
    into.back().token68 = take_token68(text);
    return !into.back().token68.empty() || http::take_auth_param(text, into.back().params);
}

}  // namespace

bool http::take_auth_param(std::string_view& text, std::vector<auth_challenge::param>& into) {
    auth_challenge::param one;
    one.name = ascii_lowered(take_token(text));
    skip_blanks(text);
    if (one.name.empty() || !text.starts_with('=')) return false;
    text.remove_prefix(1);
    skip_blanks(text);
    if (text.starts_with('"')) {
        text.remove_prefix(1);
        auto value = take_quoted(text);
        if (!value) return false;
        one.value = std::move(*value);
    } else {
        one.value = take_token(text);
        if (one.value.empty()) return false;
    }
    if (find_bad_value_byte(one.value) != one.value.npos || into.size() == auth_challenge::max_params ||
        find_auth_param(into, one.name) != nullptr)
        return false;
    into.push_back(std::move(one));
    return true;
}

std::vector<auth_challenge::param> http::parse_auth_params(std::string_view text) {
    std::vector<auth_challenge::param> found;
    for (;;) {
        while (!text.empty() && (is_blank(text.front()) || text.front() == ',')) text.remove_prefix(1);
        if (text.empty()) return found;
        if (!take_auth_param(text, found) || !at_end_of_element(text)) return {};
    }
}

const std::string* http::find_auth_param(const std::vector<auth_challenge::param>& all,
                                         std::string_view name) noexcept {
    for (const auto& one : all)
        if (one.name == name) return &one.value;
    return nullptr;
}

bool auth_challenge::is(std::string_view name) const noexcept {
    return http::equals_ignoring_case(scheme, name);
}

std::optional<std::string_view> auth_challenge::get(std::string_view name) const noexcept {
    for (const auto& one : params)
        if (http::equals_ignoring_case(one.name, name)) return one.value;
    return std::nullopt;
}

std::vector<auth_challenge> auth_challenge::parse(std::string_view value) {
    std::vector<auth_challenge> found;
    for (;;) {
        while (!value.empty() && (http::is_blank(value.front()) || value.front() == ','))
            value.remove_prefix(1);
        if (value.empty()) return found;
        if (take_element(value, found) && at_end_of_element(value)) continue;
        if (!found.empty()) found.pop_back();  // the fault may be in it
        return found;
    }
}

std::vector<auth_challenge> auth_challenge::parse(const headers& fields, std::string_view name) {
    std::vector<auth_challenge> found;
    for (const std::string_view value : fields.get_all(name))
        for (auto& one : parse(value)) found.push_back(std::move(one));
    return found;
}

}  // namespace skein
