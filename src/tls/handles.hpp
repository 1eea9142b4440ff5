// Owners for OpenSSL's objects, and its error queue as text. Knows OpenSSL only.
#pragma once

#include <memory>
#include <string>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace skein::tls {

struct openssl_free {
    void operator()(SSL_CTX* p) const noexcept { SSL_CTX_free(p); }
    void operator()(SSL* p) const noexcept { SSL_free(p); }
    void operator()(SSL_SESSION* p) const noexcept { SSL_SESSION_free(p); }
    void operator()(X509* p) const noexcept { X509_free(p); }
    void operator()(EVP_PKEY* p) const noexcept { EVP_PKEY_free(p); }
    void operator()(BIO* p) const noexcept { BIO_free(p); }
};

/// Owns one reference to an OpenSSL object.
template <class T>
using owned = std::unique_ptr<T, openssl_free>;

/// OpenSSL keeps its errors in a queue of the thread and looks at it to tell what a call's failure means:
/// what an earlier call left there, ours or that of other code in the program, must go first.
inline void forget_errors() noexcept {
    if (ERR_peek_error() != 0) ERR_clear_error();
}

/// The reason of one OpenSSL error in words, without the names of its functions and files.
inline std::string reason_text(unsigned long error) {
    const char* reason = ERR_reason_error_string(error);
    return reason != nullptr ? reason : "error " + std::to_string(error);
}

}  // namespace skein::tls
