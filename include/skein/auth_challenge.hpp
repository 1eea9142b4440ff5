// What a server wants to be told before it answers: the challenges of a 401 or a 407.
#pragma once

#include <skein/detail/config.hpp>
#include <skein/headers.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein {

/// A challenge of WWW-Authenticate or Proxy-Authenticate (RFC 9110, section 11.3): a scheme, with either one
/// token or parameters. A value. `digest_auth()` answers those of Digest by itself; this is for other schemes
/// and for programs that ask their user:
///
///     for (const auto& one : skein::auth_challenge::parse(response.headers()))
///         if (one.is("Basic")) ask_for_password(one.get("realm").value_or(""));
struct SKEIN_API auth_challenge {
    struct param {
        std::string name;   ///< in lower case
        std::string value;  ///< without the quotes
    };

    /// As it was sent; compare with is().
    std::string scheme = {};
    /// The token of schemes like Negotiate, whose challenge has no parameters.
    std::string token68 = {};
    std::vector<param> params = {};

    /// Whether this is the scheme, upper or lower case.
    bool is(std::string_view name) const noexcept;
    /// The value of a parameter, its name in upper or lower case. Valid as long as the challenge is.
    std::optional<std::string_view> get(std::string_view name) const noexcept;

    /// The challenges of one field value, in their order: those before the first fault in it. A parameter
    /// that comes twice, a control character in a value, and more than 64 parameters are faults.
    [[nodiscard]] static std::vector<auth_challenge> parse(std::string_view value);
    /// The same of all fields of that name.
    [[nodiscard]] static std::vector<auth_challenge> parse(const headers& fields,
                                                           std::string_view name = "WWW-Authenticate");

    static constexpr std::size_t max_params = 64;
};

}  // namespace skein
