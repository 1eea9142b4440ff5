// Pins: hashes of the keys and certificates that alone are believed. Knows certificates, no connections.
#pragma once

#include "tls/handles.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace skein::tls {

using sha256_bytes = std::array<unsigned char, 32>;

/// A set of pins, of which one is enough.
class pins {
public:
    /// "sha256/BASE64" or "sha256//BASE64". Throws std::invalid_argument.
    void add_key(std::string_view text);
    /// Hexadecimal, with or without colons. Throws std::invalid_argument.
    void add_certificate(std::string_view text);

    bool empty() const noexcept { return keys_.empty() && certificates_.empty(); }
    /// Whether one of them is that of the key of a certificate of the chain, or of its first certificate.
    bool match(const STACK_OF(X509) * chain) const;
    /// The same, of the first certificate alone.
    bool match_leaf(const X509* leaf) const;

    /// The pins that a chain has, in words: "sha256/... (CN = a.test)". With those of the certificate itself
    /// if such are looked for.
    std::string seen_in(const STACK_OF(X509) * chain) const;
    std::string seen_in_leaf(const X509* leaf) const;

private:
    bool matches_key(const X509* certificate) const;

    std::vector<sha256_bytes> keys_;
    std::vector<sha256_bytes> certificates_;
};

}  // namespace skein::tls
