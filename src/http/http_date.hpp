// The dates of header fields (RFC 9110, section 5.6.7).
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace skein::http {

/// Reads a date in one of the three forms of HTTP. A year of two digits is the one that is at most 50 years
/// after `now`. Nullopt if it is none.
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text,
                                                        std::chrono::sys_seconds now) noexcept;

}  // namespace skein::http
