// Hosts of URLs: names, IPv4 and IPv6 addresses (WHATWG URL 3.5). Knows no other part of a URL.
#pragma once

#include <string>
#include <string_view>

namespace skein::http {

/// The limits of the domain name system (RFC 1035 2.3.4), in bytes; a trailing dot is not counted.
inline constexpr std::size_t max_host_bytes = 253;
inline constexpr std::size_t max_label_bytes = 63;

/// Appends the normal form of a host, of which no byte is ':' outside brackets. Returns what is wrong with
/// it, as a phrase that follows "it "; empty if all is well.
[[nodiscard]] std::string_view append_host(std::string& out, std::string_view text);

/// True if the name ends in a label that makes browsers read it as an IPv4 address.
bool ends_in_number(std::string_view name) noexcept;

/// The end of an IPv4 address in its normal form, four decimal numbers, that begins at `p`; null if none
/// does.
const char* skip_dotted_decimal(const char* p, const char* end) noexcept;

/// True if the text is an IPv4 address in its normal form, four decimal numbers.
bool is_dotted_decimal(std::string_view text) noexcept;

/// International names to ASCII (UTS 46, non-transitional, hyphens unchecked). `name` is UTF-8, at most
/// max_unicode_host_bytes. Appends to `out`; returns what is wrong, empty if all is well.
[[nodiscard]] std::string_view append_ascii_domain(std::string& out, std::string_view name);

/// Longer names cannot have an ASCII form within max_host_bytes, but for ignored characters. The bound also
/// keeps the quadratic cost of punycode small.
inline constexpr std::size_t max_unicode_host_bytes = 4 * max_host_bytes;

}  // namespace skein::http
