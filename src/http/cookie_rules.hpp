// The rules of cookies that need no jar: what matches what, and which cookies there may be (RFC 6265bis).
#pragma once

#include <skein/cookie_jar.hpp>

#include <string>
#include <string_view>

namespace skein::http {

/// Whether `host` is `domain` or lies below it (RFC 6265bis 5.1.3). Both in normal form.
bool domain_matches(std::string_view host, std::string_view domain) noexcept;

/// Whether a cookie for `cookie_path` is for `request_path` (RFC 6265bis 5.1.4).
bool path_matches(std::string_view request_path, std::string_view cookie_path) noexcept;

/// The path of a cookie that names none (RFC 6265bis 5.1.4): that of the request up to its last slash.
std::string_view default_path(std::string_view request_path) noexcept;

/// Whether the host, in normal form, is an IPv4 address or an IPv6 address in brackets.
bool is_address(std::string_view host) noexcept;

/// What is wrong with a name and a value that a program chose: what a Cookie header has no place for. A
/// phrase that follows "it "; empty if all is well.
std::string_view fault_of_pair(std::string_view name, std::string_view value) noexcept;

/// Appends `name=value` to a Cookie header, or `value` if there is no name.
void append_pair(std::string& header, std::string_view name, std::string_view value);

/// What is wrong with a cookie by its attributes alone: the prefixes of names, and SameSite=None. A phrase
/// that follows "it "; empty if all is well. `root_path` tells whether Path was named, and as "/".
std::string_view fault_of_attributes(const cookie& one, bool root_path) noexcept;

/// What is wrong with a cookie that came from no server: everything a server could not have set. A phrase
/// that follows "it "; empty if all is well.
std::string_view fault_of(const cookie& one);

}  // namespace skein::http
