// Basic authentication (RFC 7617), and what no user name and no password may contain.
#pragma once

#include <string>
#include <string_view>

namespace skein::http {

/// What makes a user name or a password unfit for any scheme, with the words "the user name ..." before it;
/// empty if nothing does. A control character: a field cannot carry it, and no server takes it.
std::string_view fault_of_credentials(std::string_view user, std::string_view password) noexcept;

/// The same for Basic, where a colon ends the user name.
std::string_view fault_of_basic(std::string_view user, std::string_view password) noexcept;

/// The value of Authorization. The bytes go as they are: UTF-8, if they are. There must be no fault.
std::string basic_credentials(std::string_view user, std::string_view password);

}  // namespace skein::http
