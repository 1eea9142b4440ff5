// Text in the charsets of the web, as UTF-8.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace skein::http {

/// Whether the label, in lower case, stands for UTF-8, in which nothing is to be converted.
bool is_utf8_label(std::string_view label) noexcept;

/// Why only the most common charsets are known; empty: all are.
std::string why_few_charsets();

/// Text in the charset of that label, in lower case, as UTF-8; nothing if the label is unknown here. Labels
/// mean what they mean in the WHATWG Encoding standard, where iso-8859-1 is windows-1252. That and UTF-16 are
/// always known; with ICU, what ICU knows. A byte order mark is taken off, and one of UTF-8
/// or UTF-16 overrides the label. What is malformed becomes U+FFFD. Throws std::bad_alloc.
std::optional<std::string> to_utf8(std::string_view text, std::string_view label);

}  // namespace skein::http
