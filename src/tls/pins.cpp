// Owns the text forms of pins and their comparison.
#include "tls/pins.hpp"

#include "tls/describe.hpp"

#include <algorithm>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/x509.h>

namespace skein::tls {

namespace {

// 32 bytes take 43 digits and a "=".
constexpr std::size_t base64_length = 44;

std::string quoted(std::string_view text) {
    return "\"" + printable(text, 150) + "\"";
}

sha256_bytes key_hash(const X509* certificate) {
    sha256_bytes hash{};
    unsigned char* der = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    if (size > 0)
        EVP_Digest(der, static_cast<std::size_t>(size), hash.data(), nullptr, EVP_sha256(), nullptr);
    OPENSSL_free(der);
    return hash;
}

sha256_bytes certificate_hash(const X509* certificate) {
    sha256_bytes hash{};
    X509_digest(certificate, EVP_sha256(), hash.data(), nullptr);
    return hash;
}

bool has(const std::vector<sha256_bytes>& all, const sha256_bytes& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
}

std::string key_text(const X509* certificate) {
    const sha256_bytes hash = key_hash(certificate);
    unsigned char text[base64_length + 1];
    const int size = EVP_EncodeBlock(text, hash.data(), static_cast<int>(hash.size()));
    return "sha256/" + std::string(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)) +
           " (" + subject_text(certificate) + ")";
}

std::string certificate_text(const X509* certificate) {
    std::string text;
    for (const unsigned char byte : certificate_hash(certificate)) {
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
    }
    return text;
}

int hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

void pins::add_key(std::string_view text) {
    std::string_view digits = text;
    const bool named = digits.starts_with("sha256/");
    if (named) digits.remove_prefix(7);
    if (digits.size() == base64_length + 1 && digits.front() == '/') digits.remove_prefix(1);
    unsigned char bytes[base64_length / 4 * 3];
    // EVP_DecodeBlock takes white space and "=" anywhere: so what it gives is compared with what it was
    // given.
    const bool decoded = named && digits.size() == base64_length &&
                         EVP_DecodeBlock(bytes, reinterpret_cast<const unsigned char*>(digits.data()),
                                         static_cast<int>(digits.size())) == int{sizeof bytes};
    unsigned char again[base64_length + 1];
    const bool good = decoded &&
                      EVP_EncodeBlock(again, bytes, static_cast<int>(sizeof(sha256_bytes))) ==
                          static_cast<int>(base64_length) &&
                      digits == std::string_view(reinterpret_cast<const char*>(again), base64_length);
    forget_errors();
    if (!good)
        throw std::invalid_argument("a pin of a key is \"sha256/\" and 44 digits of Base64, not " +
                                    quoted(text));
    sha256_bytes hash;
    std::copy_n(bytes, hash.size(), hash.begin());
    keys_.push_back(hash);
}

void pins::add_certificate(std::string_view text) {
    sha256_bytes hash;
    std::size_t digits = 0;
    bool good = true;
    for (const char c : text) {
        if (c == ':' && digits % 2 == 0 && digits > 0) continue;
        const int value = hex_value(c);
        good = good && value >= 0 && digits < 2 * hash.size();
        if (!good) break;
        unsigned char& byte = hash[digits / 2];
        byte = static_cast<unsigned char>(digits % 2 == 0 ? value << 4 : byte | value);
        ++digits;
    }
    if (!good || digits != 2 * hash.size())
        throw std::invalid_argument("a pin of a certificate is 64 hexadecimal digits, not " + quoted(text));
    certificates_.push_back(hash);
}

bool pins::matches_key(const X509* certificate) const {
    return !keys_.empty() && has(keys_, key_hash(certificate));
}

bool pins::match_leaf(const X509* leaf) const {
    return matches_key(leaf) || (!certificates_.empty() && has(certificates_, certificate_hash(leaf)));
}

bool pins::match(const STACK_OF(X509) * chain) const {
    for (int i = 0; i < sk_X509_num(chain); ++i) {
        const X509* one = sk_X509_value(chain, i);
        if (i == 0 ? match_leaf(one) : matches_key(one)) return true;
    }
    return false;
}

std::string pins::seen_in_leaf(const X509* leaf) const {
    std::string text = key_text(leaf);
    if (!certificates_.empty()) text += ", the certificate itself " + certificate_text(leaf);
    return text;
}

std::string pins::seen_in(const STACK_OF(X509) * chain) const {
    std::string text;
    for (int i = 0; i < sk_X509_num(chain); ++i) {
        const X509* one = sk_X509_value(chain, i);
        text += i == 0 ? seen_in_leaf(one) : ", " + key_text(one);
    }
    return text;
}

}  // namespace skein::tls
