// Foreign text in messages: bytes from outside never reach a terminal or a log as they are.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace skein::http {

/// The text in double quotes: quotes, backslashes and all that is not printable ASCII escaped, cut with "..."
/// so that at most `limit` bytes stand between the quotes.
std::string quote(std::string_view text, std::size_t limit);

}  // namespace skein::http
