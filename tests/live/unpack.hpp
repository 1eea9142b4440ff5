// Content codings undone by hand, for tests that look at what a server sent.
#pragma once

#include <skein/skein.hpp>

#include <string>
#include <string_view>

namespace live {

/// What was packed with gzip, deflate or br. Throws std::runtime_error if it is broken.
std::string unpack(std::string_view coding, const std::string& packed);

/// A URL of content(100'000) gives it in each coding that is asked for, and says so.
skein::task<> codings_are_kept(skein::client_session& session, std::string url);

}  // namespace live
