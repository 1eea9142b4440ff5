// Why TLS failed, as a code: for programs that decide by it. The text for people is in the error's what().
#pragma once

#include <skein/detail/config.hpp>

#include <system_error>
#include <type_traits>

namespace skein {

/// What went wrong in TLS: the code() of a tls_error, and of what ends a TLS connection later.
enum class tls_errc {
    handshake_failed = 1,       ///< the peers could not agree, for a reason that has no code of its own
    handshake_cut,              ///< the peer closed the connection in the middle of the handshake
    not_tls,                    ///< what the peer sent is not TLS (often plain HTTP)
    protocol_version,           ///< the peer has no TLS version that we allow
    alert,                      ///< the peer refused or gave up, and said so in an alert
    hostname_mismatch,          ///< the certificate is good, but for other names (RFC 9525)
    unknown_ca,                 ///< the chain of certificates does not lead to a CA that we trust
    certificate_expired,        ///< a certificate of the chain is no longer valid
    certificate_not_yet_valid,  ///< a certificate of the chain is not valid yet
    certificate_invalid,        ///< a certificate of the chain breaks another rule of RFC 5280
    truncated,                  ///< the connection ended without close_notify (RFC 8446 section 6.1)
    bad_record,                 ///< a record that cannot be decrypted or must not come now
    flood,                      ///< much traffic and no data: KeyUpdates, tickets or empty records
    pin_mismatch,               ///< the certificate is good, but none of the pins is its
    certificate_required,       ///< the peer wants a certificate of ours, and got none
};

/// The category of tls_errc: "skein.tls".
SKEIN_API const std::error_category& tls_category() noexcept;

SKEIN_API std::error_code make_error_code(tls_errc code) noexcept;

}  // namespace skein

template <>
struct std::is_error_code_enum<skein::tls_errc> : std::true_type {};
