// A host and a port as one text, as URLs, messages and CONNECT have it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace skein::detail {

/// "example.org:80", "[::1]:80" (RFC 3986, section 3.2): an IPv6 address gets brackets if it has none.
std::string host_and_port(std::string_view host, std::uint16_t port);

/// For messages: "example.org:80 [10.0.0.1:80]"; a place that is its own address is named once.
std::string with_address(std::string place, std::string_view address);

}  // namespace skein::detail
