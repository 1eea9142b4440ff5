// The versions of HTTP that this library speaks.
#pragma once

#include <cstdint>
#include <string_view>

namespace skein {

/// The version of a message, from its first line (RFC 9112, section 2.3). Anything but these two is refused.
enum class http_version : std::uint8_t { http_1_0, http_1_1 };

/// The version as it is written on the wire: "HTTP/1.1".
constexpr std::string_view to_string(http_version value) noexcept {
    return value == http_version::http_1_0 ? "HTTP/1.0" : "HTTP/1.1";
}

}  // namespace skein
