// Owns the calls to OpenSSL.
#include "sha256.hpp"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>
#include <string_view>

namespace get {

namespace {

void check(int good) {
    if (good != 1) throw std::runtime_error("OpenSSL cannot compute SHA-256");
}

}  // namespace

void sha256::freer::operator()(evp_md_ctx_st* context) const noexcept {
    EVP_MD_CTX_free(context);
}

sha256::sha256() : context_(EVP_MD_CTX_new()) {
    check(context_ != nullptr ? 1 : 0);
    check(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
}

sha256::~sha256() = default;

void sha256::add(skein::byte_view bytes) {
    check(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
}

std::string sha256::finish() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    check(EVP_DigestFinal_ex(context_.get(), digest.data(), &size));
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (unsigned i = 0; i < size; ++i) {
        out.push_back(digits[digest[i] >> 4U]);
        out.push_back(digits[digest[i] & 15U]);
    }
    return out;
}

}  // namespace get
