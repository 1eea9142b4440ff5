// What the two text forms of a jar share.
#pragma once

#include <skein/cookie_jar.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace skein::http {

/// The array, one cookie a line.
std::string to_json(const std::vector<const cookie*>& cookies);

/// cookies.txt. Cookies that it has no place for are left out.
std::string to_netscape(const std::vector<const cookie*>& cookies);

/// The domain of a file in its normal form, without a leading dot; as it is if it has none.
std::string normal_domain(std::string_view text);

}  // namespace skein::http
