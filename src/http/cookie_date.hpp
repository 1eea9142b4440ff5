// The dates of cookies, in whatever form servers write them (RFC 6265bis 5.1.1).
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace skein::http {

/// Reads a date as browsers do: any order, any separators, time zones ignored. Nullopt if it is none.
std::optional<std::chrono::sys_seconds> parse_cookie_date(std::string_view text) noexcept;

}  // namespace skein::http
