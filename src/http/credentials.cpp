// Owns what a user name and a password may be, and how Basic writes them.
#include "http/credentials.hpp"

#include "http/base64.hpp"

#include <algorithm>

namespace skein::http {

namespace {
bool has_control(std::string_view text) noexcept {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; });
}
}  // namespace

std::string_view fault_of_credentials(std::string_view user, std::string_view password) noexcept {
    if (has_control(user)) return "the user name has a control character (RFC 7617, 2)";
    if (has_control(password)) return "the password has a control character (RFC 7617, 2)";
    return {};
}

std::string_view fault_of_basic(std::string_view user, std::string_view password) noexcept {
    if (user.find(':') != user.npos) return "the user name has a colon (RFC 7617, 2)";
    return fault_of_credentials(user, password);
}

std::string basic_credentials(std::string_view user, std::string_view password) {
    return "Basic " + base64(std::string(user).append(":").append(password));
}

}  // namespace skein::http
