// Domains under which strangers may register names ("co.uk", "github.io"): no cookie may span one.
#pragma once

#include <string_view>

namespace skein::http {

/// False if this build, or the libpsl that it found, has no list.
bool has_public_suffix_list() noexcept;

/// Whether the domain, lower-case and ASCII, is a public suffix. A trailing dot does not matter. False if
/// there is no list.
bool is_public_suffix(std::string_view domain);

/// Whether `domain`, which `host` lies below, is a public suffix or above the one of that host. False if
/// there is no list.
bool spans_public_suffix(std::string_view domain, std::string_view host);

}  // namespace skein::http
