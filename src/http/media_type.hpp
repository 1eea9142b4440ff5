// Content-Type: which type, and in which charset (RFC 9110, section 8.3.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace skein::http {

/// "text/html" of "Text/HTML; charset=utf-8": lower-case; empty if that is no media type.
std::string media_type_of(std::string_view content_type);

/// The charset parameter, lower-case; nothing if there is none. Read with leniency, as everybody does.
std::optional<std::string> charset_of(std::string_view content_type);

}  // namespace skein::http
