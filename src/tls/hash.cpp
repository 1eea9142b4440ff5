// Owns the use of OpenSSL's message digests.
#include "tls/hash.hpp"

#include "tls/handles.hpp"

#include <openssl/evp.h>

namespace skein::tls {

namespace {
const EVP_MD* method_of(hash which) noexcept {
    switch (which) {
        case hash::md5:
            return EVP_md5();
        case hash::sha256:
            return EVP_sha256();
        case hash::sha512_256:
            return EVP_sha512_256();
    }
    return nullptr;
}
}  // namespace

std::string hash_hex(hash which, std::string_view text) {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (EVP_Digest(text.data(), text.size(), bytes, &size, method_of(which), nullptr) != 1) {
        forget_errors();
        return {};
    }
    std::string hex;
    hex.reserve(2 * size);
    for (unsigned i = 0; i < size; ++i) {
        hex += "0123456789abcdef"[bytes[i] >> 4];
        hex += "0123456789abcdef"[bytes[i] & 15];
    }
    return hex;
}

}  // namespace skein::tls
