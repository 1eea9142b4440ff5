// The grammar of Set-Cookie as it is in the wild (RFC 6265bis 5.6). Knows no host and no jar.
#pragma once

#include <skein/cookie_jar.hpp>

#include <chrono>
#include <optional>
#include <string_view>

namespace skein::http {

/// What a Set-Cookie header says. The views lie in its text.
struct set_cookie {
    std::string_view name;
    std::string_view value;
    std::optional<std::chrono::sys_seconds> expires;  ///< by Max-Age or else Expires; in the past: remove it
    std::optional<std::string_view> domain;  ///< without the leading dot, in whatever case; may be empty
    std::optional<std::string_view> path;    ///< empty if it asks for the default
    bool secure = false;
    bool http_only = false;
    skein::same_site same_site = skein::same_site::unset;
};

/// Parses the value of a Set-Cookie header. Nullopt if it is to be ignored: a control character, nothing in
/// it, too long. Times are never further off than the jar allows.
std::optional<set_cookie> parse_set_cookie(std::string_view text, std::chrono::sys_seconds now) noexcept;

/// Position of the first control character other than a tab; npos if there is none.
std::size_t find_control(std::string_view text) noexcept;

}  // namespace skein::http
