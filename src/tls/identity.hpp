// A client certificate with its key: who we are to servers that ask. Knows files' contents, not files.
#pragma once

#include "tls/handles.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace skein::tls {

/// Never changes once it is made.
struct identity {
    std::vector<std::shared_ptr<X509>> chain;  // ours first
    std::shared_ptr<EVP_PKEY> key;
};

/// Of PEM texts; `certificate_source` and `key_source` are what errors call them. Throws tls_error.
std::shared_ptr<const identity> parse_identity(std::string_view certificate,
                                               const std::string& certificate_source, std::string_view key,
                                               const std::string& key_source, std::string_view password);

/// Connections of this SSL_CTX show it. Throws tls_error if OpenSSL's policy forbids it (weak keys).
void use_identity(SSL_CTX* ctx, const identity& who);

}  // namespace skein::tls
