// Content codings undone by hand, for tests that look at what a server sent.
#pragma once

#include <skein/skein.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace live {

/// What was packed with gzip, deflate, br or zstd. Throws std::runtime_error if it is broken.
std::string unpack(std::string_view coding, const std::string& packed);

/// What a URL gives in each of the codings, and if the library chooses: packed, as the server sent it, and
/// undone by the library.
skein::task<> codings_are_undone(skein::client_session& session, std::string url, std::string expected,
                                 std::vector<const char*> codings);

}  // namespace live
