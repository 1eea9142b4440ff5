// OpenSSL's hashes, for those who may not know OpenSSL.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace skein::tls {

enum class hash : std::uint8_t { md5, sha256, sha512_256 };

/// The hash of the text in lower-case hexadecimal. Empty if OpenSSL does not provide that one (MD5 under
/// FIPS).
std::string hash_hex(hash which, std::string_view text);

}  // namespace skein::tls
