// Whom TLS connections trust. Knows nothing of connections; copies share what was loaded.
#pragma once

#include <skein/detail/config.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

namespace skein {

namespace tls {
class context;
}

/// Whom a TLS connection trusts: by default the CAs of the system, found where OpenSSL looks (the environment
/// variables SSL_CERT_FILE and SSL_CERT_DIR included). TLS 1.2 and 1.3, ALPN http/1.1, no renegotiation, no
/// compression; the peer's certificate must name the host (RFC 9525: never the common name, no partial
/// wildcards).
///
/// A value: copies share what they have loaded, and a change to one never reaches another. The first ca_*
/// call takes the place of the system's CAs, later ones add to it; trust_system_roots() adds those back:
///
///     session_options.tls = skein::tls_context().ca_file("/etc/our-ca.pem");
///
/// *Thread:* may be used by several loops at once. The system's CAs are loaded at the first handshake, once
/// for a context and its copies.
class SKEIN_API tls_context {
public:
    tls_context();
    // No moves: a copy is a count, and a context that was moved from would trust nobody in a surprising way.
    tls_context(const tls_context&) noexcept = default;
    tls_context& operator=(const tls_context&) noexcept = default;
    ~tls_context() = default;

    /// Encrypts, but believes anybody: no certificate is verified, no host name compared. Whoever sits on the
    /// network path reads and changes everything. For tests against servers of your own.
    static tls_context insecure();

    /// Trusts the certificates of a PEM file. *Throws* tls_error that names the file and the reason if it
    /// cannot be read, or holds no certificate or a broken one.
    tls_context& ca_file(const std::filesystem::path& path) &;
    tls_context ca_file(const std::filesystem::path& path) && { return ca_file(path); }

    /// Trusts the certificates of a folder prepared with `openssl rehash`; each is read when it is needed.
    /// *Throws* tls_error if it is no readable folder.
    tls_context& ca_folder(const std::filesystem::path& path) &;
    tls_context ca_folder(const std::filesystem::path& path) && { return ca_folder(path); }

    /// Trusts the certificates of a PEM text. *Throws* tls_error if it holds no certificate or a broken one.
    tls_context& ca_pem(std::string_view pem) &;
    tls_context ca_pem(std::string_view pem) && { return ca_pem(pem); }

    /// Trusts the system's CAs beside those that were named.
    tls_context& trust_system_roots() &;
    tls_context trust_system_roots() && { return trust_system_roots(); }

    /// False for insecure().
    bool verifies() const noexcept;

    /// Who this is: equal for copies until one is changed, different for contexts made separately, even in
    /// the same way. Connections are only reused under the id that they were made with.
    std::uint64_t id() const noexcept;

    /// For the library.
    const std::shared_ptr<tls::context>& shared() const noexcept { return shared_; }

private:
    explicit tls_context(std::shared_ptr<tls::context> shared) noexcept;

    std::shared_ptr<tls::context> shared_;
};

}  // namespace skein
