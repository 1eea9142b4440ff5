// Says why TLS failed, as a code and in words. Knows OpenSSL's error numbers, so that nobody else has to.
#pragma once

#include <skein/bytes.hpp>

#include <string>
#include <system_error>

#include <openssl/x509.h>

namespace skein::tls {

/// A reason: the code for programs, the text for people.
struct failure {
    std::error_code code;
    std::string text;
};

/// A certificate was refused. `error` is OpenSSL's X509_V_ERR_*, `certificate` the one of the chain that it
/// is about (null if it is not known), `host` whom we wanted. `no_roots`: there is no CA to trust at all.
failure certificate_failure(int error, const X509* certificate, const std::string& host, bool no_roots);

/// None of the pins is in the chain, which has `seen`.
failure pin_failure(const std::string& seen, const X509* leaf);

/// A call of OpenSSL failed with this entry of its error queue (0 if it left none).
failure openssl_failure(unsigned long error, bool established);

/// The first thing the peer sent is not TLS.
failure not_tls_failure(byte_view beginning);

/// True if a peer that speaks TLS may begin so (as far as `beginning` goes).
bool looks_like_tls(byte_view beginning) noexcept;

}  // namespace skein::tls
