// The parameters of authentication fields: `name=value`, the value a token or quoted.
#pragma once

#include <skein/auth_challenge.hpp>

#include <string_view>
#include <vector>

namespace skein::http {

/// Takes one auth-param from the front and adds it. False if there is none that is sound (auth_challenge says
/// what is not); then `text` may be anywhere.
bool take_auth_param(std::string_view& text, std::vector<auth_challenge::param>& into);

/// The parameters of a field that has nothing else, as Authentication-Info (RFC 7615). Empty if it is not
/// sound.
std::vector<auth_challenge::param> parse_auth_params(std::string_view text);

/// The value of the parameter of that name, given in lower case; null if there is none.
const std::string* find_auth_param(const std::vector<auth_challenge::param>& all,
                                   std::string_view name) noexcept;

}  // namespace skein::http
