// Text for people: sizes, durations, and what a server said with nothing in it that a terminal would obey.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace get {

/// The text with control characters, those that reorder text, and what is not UTF-8 as \xNN.
std::string printable(std::string_view text);

/// At most so many characters; what is left out in the middle becomes "...". For valid UTF-8.
std::string clipped(std::string_view text, std::size_t characters);

/// "999 B", "1.2 MB": decimal units.
std::string size_text(std::uint64_t bytes);

/// "0:07", "12:34", "1:02:03".
std::string time_text(std::chrono::seconds time);

/// A URL without user name and password, whether or not it can be parsed.
std::string without_secrets(std::string_view url);

}  // namespace get
