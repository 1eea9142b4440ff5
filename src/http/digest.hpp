// Digest authentication (RFC 7616): what a challenge asks, and the answer. Pure: hashes are handed in, and
// who keeps nonces and counts is elsewhere.
#pragma once

#include <skein/auth_challenge.hpp>
#include <skein/url.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::http {

/// The hashes, the weakest first.
enum class digest_hash : std::uint8_t { md5, sha256, sha512_256 };

/// Of the values of a challenge. A longer one is not answered: it would be kept, and no server takes as much
/// back.
inline constexpr std::size_t max_digest_bytes = std::size_t{8} * 1024;

/// The hash of the text in lower-case hexadecimal; empty where that hash is not to be had, as MD5 is not
/// under FIPS.
using digest_hasher = std::string (*)(digest_hash, std::string_view);

/// A challenge of the scheme Digest that can be answered.
struct digest_challenge {
    std::string realm;
    std::string nonce;
    std::optional<std::string> opaque;
    std::string domain;
    digest_hash hash = digest_hash::md5;
    bool names_hash = false;  ///< else it is an old server, which may not know the parameter
    bool session = false;     ///< MD5-sess and the like
    bool auth = false;        ///< qop, as offered; neither: RFC 2069
    bool auth_int = false;
    bool stale = false;
    bool userhash = false;
    bool utf8 = false;
};

/// The strongest of the challenges that can be answered, the first of equals; nothing if there is none.
std::optional<digest_challenge> strongest_digest(const std::vector<auth_challenge>& all, digest_hasher hash);

/// What an answer is about. Views, valid until the call returns.
struct digest_subject {
    std::string_view user;
    std::string_view password;
    std::string_view method;
    std::string_view target;  ///< as in the request line
    /// The whole body, empty if there is none; nothing if it cannot be had before it is sent. Then the answer
    /// does not cover it.
    std::optional<std::string_view> body;
    std::string_view cnonce;  ///< plain ASCII
    std::uint32_t count = 1;  ///< how often the nonce has been used, this time included
};

/// The value of Authorization. Covers the body (auth-int) where that is offered and the body is at hand.
/// Nothing if only that is offered and it is not.
std::optional<std::string> answer_digest(const digest_challenge& challenge, const digest_subject& subject,
                                         digest_hasher hash);

/// The nonce that a response wants to be used next (Authentication-Info, RFC 7616, section 3.5).
std::optional<std::string> next_nonce(const headers& fields);

/// Where an answer may be sent before it is asked for (RFC 7616, section 3.4: the domain parameter). Bound to
/// the origin that asked.
class protection_space {
public:
    protection_space(std::string_view domain, const url& challenged);

    bool contains(const url& to) const noexcept;

private:
    url challenged_;
    bool everywhere_;
    std::vector<std::string> prefixes_;
};

}  // namespace skein::http
