// IPv6 addresses as text (WHATWG URL 3.5, RFC 5952). Knows no brackets and no zones.
#pragma once

#include <string>
#include <string_view>

namespace skein::http {

/// Appends the one normal spelling of an address: lower-case, the longest run of zeros compressed, no dotted
/// decimal. False if the text is no address; `out` is then unchanged.
bool append_ipv6(std::string& out, std::string_view text);

}  // namespace skein::http
