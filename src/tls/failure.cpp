// Turns what OpenSSL says into our codes and into sentences that name the cause.
#include "tls/failure.hpp"

#include "tls/describe.hpp"
#include "tls/handles.hpp"

#include <skein/tls_errc.hpp>

#include <openssl/x509_vfy.h>

namespace skein::tls {

namespace {

tls_errc verify_code(int error) noexcept {
    switch (error) {
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return tls_errc::hostname_mismatch;
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return tls_errc::certificate_expired;
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return tls_errc::certificate_not_yet_valid;
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_CERT_UNTRUSTED:
            return tls_errc::unknown_ca;
        default:
            return tls_errc::certificate_invalid;
    }
}

std::string untrusted_text(int error, const X509* certificate) {
    if (certificate == nullptr) return "its issuer is not a CA that is trusted here";
    if (error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT)
        return "it is self-signed, and not itself trusted here";
    if (error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN)
        return "its chain ends at \"" + subject_text(certificate) +
               "\", which is not a CA that is trusted here";
    return "no trusted CA \"" + issuer_text(certificate) + "\" is known here, and the peer did not send one";
}

std::string mismatch_text(const X509* certificate, const std::string& host) {
    const std::string names = certificate == nullptr ? "" : names_text(certificate);
    if (names.empty()) return "it names no host at all (a common name does not count), wanted is " + host;
    return "it is for " + names + "; wanted is " + host;
}

std::string verify_text(int error, const X509* certificate, const std::string& host) {
    switch (verify_code(error)) {
        case tls_errc::hostname_mismatch:
            return mismatch_text(certificate, host);
        case tls_errc::unknown_ca:
            return untrusted_text(error, certificate);
        case tls_errc::certificate_expired:
            if (certificate != nullptr) return "expired at " + time_text(X509_get0_notAfter(certificate));
            break;
        case tls_errc::certificate_not_yet_valid:
            if (certificate != nullptr)
                return "not valid before " + time_text(X509_get0_notBefore(certificate));
            break;
        default:
            break;
    }
    return X509_verify_cert_error_string(error);
}

failure alert_failure(int alert, bool established) {
    const std::string text =
        std::string("\"") + SSL_alert_desc_string_long(alert) + "\" (" + std::to_string(alert) + ")";
    if (alert == SSL_AD_CERTIFICATE_REQUIRED)
        return {tls_errc::certificate_required, "the peer gave up with the TLS alert " + text};
    if (established) return {tls_errc::alert, "the peer gave up with the TLS alert " + text};
    const auto code = alert == SSL_AD_PROTOCOL_VERSION ? tls_errc::protocol_version : tls_errc::alert;
    return {code, "the peer refused the TLS handshake with the alert " + text};
}

bool is_about_versions(int reason) noexcept {
    return reason == SSL_R_UNSUPPORTED_PROTOCOL || reason == SSL_R_WRONG_SSL_VERSION ||
           reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_VERSION_TOO_LOW;
}

}  // namespace

failure certificate_failure(int error, const X509* certificate, const std::string& host, bool no_roots) {
    failure result = {verify_code(error), "the certificate is refused: "};
    result.text += verify_text(error, certificate, host);
    if (no_roots && result.code == tls_errc::unknown_ca)
        result.text += std::string("; there is no CA on this system, neither in ") +
                       X509_get_default_cert_file() + " nor in " + X509_get_default_cert_dir();
    if (certificate != nullptr) result.text += " [" + describe(certificate) + "]";
    return result;
}

failure pin_failure(const std::string& seen, const X509* leaf) {
    failure result = {tls_errc::pin_mismatch,
                      "the certificate is refused: none of the pins matches; seen are "};
    result.text += seen;
    if (leaf != nullptr) result.text += " [" + describe(leaf) + "]";
    return result;
}

failure openssl_failure(unsigned long error, bool established) {
    const int reason = ERR_GET_REASON(error);
    if (ERR_GET_LIB(error) == ERR_LIB_SSL) {
        if (reason > SSL_AD_REASON_OFFSET) return alert_failure(reason - SSL_AD_REASON_OFFSET, established);
        if (!established && is_about_versions(reason))
            return {tls_errc::protocol_version, "the peer offers no TLS 1.2 or later: " + reason_text(error)};
    }
    const std::string why = error == 0 ? "OpenSSL does not say why" : reason_text(error);
    if (established) return {tls_errc::bad_record, "broken TLS record: " + why};
    return {tls_errc::handshake_failed, "the TLS handshake failed: " + why};
}

bool looks_like_tls(byte_view beginning) noexcept {
    if (beginning.empty()) return true;
    const auto type = std::to_integer<int>(beginning[0]);  // RFC 8446 section 5.1: 20 to 23, then version 3.x
    return type >= 20 && type <= 23 && (beginning.size() < 2 || std::to_integer<int>(beginning[1]) == 3);
}

failure not_tls_failure(byte_view beginning) {
    return {tls_errc::not_tls,
            "the peer does not speak TLS: its answer begins with \"" + printable(as_text(beginning)) + "\""};
}

}  // namespace skein::tls
