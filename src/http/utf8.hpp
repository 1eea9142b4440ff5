// UTF-8, strictly (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace skein::http {

/// Takes the first character off `text`; nullopt, and `text` unchanged, if there is none or it is malformed.
std::optional<char32_t> take_utf8(std::string_view& text) noexcept;

bool is_utf8(std::string_view text) noexcept;

/// The longest beginning of `text`, which is valid UTF-8, that has at most `bytes` bytes and ends between two
/// characters.
std::string_view cut_utf8(std::string_view text, std::size_t bytes) noexcept;

/// ISO-8859-1 as UTF-8.
std::string latin1_to_utf8(std::string_view text);

}  // namespace skein::http
