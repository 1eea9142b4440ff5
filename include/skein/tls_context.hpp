// Whom TLS connections trust, who we are to them, and how they are made. Knows nothing of connections; copies
// share what was loaded.
#pragma once

#include <skein/detail/config.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace skein {

namespace tls {
class context;
}

/// A version of TLS. Those before 1.2 are not spoken at all (RFC 8996).
enum class tls_version : std::uint8_t { tls_1_2, tls_1_3 };

/// Whom a TLS connection trusts: by default the CAs of the system, found where OpenSSL looks (the environment
/// variables SSL_CERT_FILE and SSL_CERT_DIR included). TLS 1.2 and 1.3, no renegotiation, no compression, no
/// early data; the peer's certificate must name the host (RFC 9525: never the common name, no partial
/// wildcards).
///
/// A value: copies share what they have loaded, and a change to one never reaches another. The first ca_*
/// call takes the place of the system's CAs, later ones add to it; trust_system_roots() adds those back:
///
///     session_options.tls = skein::tls_context().ca_file("/etc/our-ca.pem");
///
/// A call that throws leaves the context as it was. *Thread:* may be used by several loops at once. The
/// system's CAs are loaded at the first handshake, once for a context and its copies.
class SKEIN_API tls_context {
public:
    tls_context();
    // No moves: a copy is a count, and a context that was moved from would trust nobody in a surprising way.
    tls_context(const tls_context&) noexcept = default;
    tls_context& operator=(const tls_context&) noexcept = default;
    ~tls_context() = default;

    /// Encrypts, but believes anybody: no certificate is verified, no host name compared. Whoever sits on the
    /// network path reads and changes everything. For tests against servers of your own. The first connection
    /// that a context of this kind makes is told to the loop's exception handler (a line on standard error),
    /// once. With a pin, only who has that key or certificate is believed: that is for servers that sign
    /// their own, and nothing is told.
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

    /// Who we are: shown to every server that asks for a certificate, so it is a credential. As a request's
    /// own (client_request::tls()) it stays with the origin; as a session's it is for every server that the
    /// session talks to. `certificate` is a PEM file with ours first and then those between it and the root,
    /// which are sent as they stand; `key` one with its private key, which may be the same file. *Throws*
    /// tls_error that names the file and the reason: no certificate or key in it, a key that is not that of
    /// the certificate, an encrypted key and no password or the wrong one. Nobody is asked on the terminal.
    tls_context& client_certificate(const std::filesystem::path& certificate,
                                    const std::filesystem::path& key, std::string_view password = {}) &;
    tls_context client_certificate(const std::filesystem::path& certificate, const std::filesystem::path& key,
                                   std::string_view password = {}) && {
        return client_certificate(certificate, key, password);
    }
    /// The same from PEM texts.
    tls_context& client_certificate_pem(std::string_view certificate, std::string_view key,
                                        std::string_view password = {}) &;
    tls_context client_certificate_pem(std::string_view certificate, std::string_view key,
                                       std::string_view password = {}) && {
        return client_certificate_pem(certificate, key, password);
    }

    /// Believes, of those that are verified, only a server with this key in its chain: the leaf's, or that of
    /// a CA above it. "sha256/BASE64", the hash of the SubjectPublicKeyInfo (RFC 7469; curl's "sha256//"
    /// is taken, too). Of several pins, of both kinds, one is enough. With insecure(): the leaf's key alone.
    /// A refusal (tls_errc::pin_mismatch) names the pins that were seen. *Throws:* std::invalid_argument.
    tls_context& pin_spki(std::string_view pin) &;
    tls_context pin_spki(std::string_view pin) && { return pin_spki(pin); }
    /// The same for the server's certificate itself: the SHA-256 of its DER form in hexadecimal, colons
    /// allowed, as `openssl x509 -fingerprint -sha256` prints it. *Throws:* std::invalid_argument.
    tls_context& pin_certificate(std::string_view sha256) &;
    tls_context pin_certificate(std::string_view sha256) && { return pin_certificate(sha256); }

    /// Asks for this name (SNI) and compares the certificate with it, not with the URL's host: for servers
    /// that are reached under another name or address than they have a certificate for. *Throws:*
    /// std::invalid_argument if no certificate can be for it.
    tls_context& server_name(std::string_view name) &;
    tls_context server_name(std::string_view name) && { return server_name(name); }

    /// The oldest version that is spoken. Default: TLS 1.2, or what OpenSSL's configuration demands, which
    /// counts anyway. *Throws:* std::invalid_argument if it is newer than the newest.
    tls_context& min_version(tls_version oldest) &;
    tls_context min_version(tls_version oldest) && { return min_version(oldest); }
    /// The newest version that is spoken. Default: the newest there is.
    tls_context& max_version(tls_version newest) &;
    tls_context max_version(tls_version newest) && { return max_version(newest); }
    /// The cipher suites of TLS 1.2, as OpenSSL's list ("ECDHE+AESGCM:!SHA1"). Those without authentication
    /// or encryption are never offered, whatever it says. *Throws:* std::invalid_argument if none is left.
    tls_context& ciphers(std::string_view list) &;
    tls_context ciphers(std::string_view list) && { return ciphers(list); }
    /// The cipher suites of TLS 1.3, by their names with colons between, the preferred one first. *Throws:*
    /// std::invalid_argument if OpenSSL does not know one.
    tls_context& cipher_suites(std::string_view list) &;
    tls_context cipher_suites(std::string_view list) && { return cipher_suites(list); }

    /// The application protocols that raw streams offer (ALPN, RFC 7301), the preferred one first: connect()
    /// and client_session::connect(); stream::alpn() is what the server chose. A server that wants none of
    /// them refuses the handshake, as it should (tls_errc::alert, "no application protocol"), or goes on
    /// without one. An empty list, the default: none is offered. Requests do not ask it: they offer http/1.1
    /// and nothing else, as that is what they speak. *Throws:* std::invalid_argument for a name that is empty
    /// or longer than 255 bytes, and for more than 65535 bytes in all, one more for each name.
    tls_context& alpn(const std::vector<std::string>& protocols) &;
    tls_context alpn(const std::vector<std::string>& protocols) && { return alpn(protocols); }

    /// Writes the secrets of its connections to a file, for programs such as Wireshark: whoever reads it can
    /// decrypt them. Appended to; created for its owner alone (0600). *Throws:* tls_error if it cannot be
    /// opened.
    tls_context& key_log(const std::filesystem::path& path) &;
    tls_context key_log(const std::filesystem::path& path) && { return key_log(path); }
    /// The same to the file that the environment variable SSLKEYLOGFILE names, as browsers do it; nothing if
    /// it is not set. Without this call the variable is not looked at.
    tls_context& key_log_from_environment() &;
    tls_context key_log_from_environment() && { return key_log_from_environment(); }

    /// Whether a later connection of a session to the same server may go on where an earlier one ended, which
    /// spares certificates and most of the handshake's arithmetic (session tickets, RFC 8446 section 2.2; no
    /// early data). Only the same context, host and port; a ticket of TLS 1.3 is used once. Default: true.
    /// Off: nothing that two connections have in common is shown.
    tls_context& resumption(bool on) &;
    tls_context resumption(bool on) && { return resumption(on); }

    /// Whether a peer has to announce the end of a connection (close_notify). Default: true, and a body that
    /// lasts until then is an error without it, as somebody may have cut it (RFC 9112 section 9.8). False is
    /// for servers that never do: then a body that was cut between two records is taken for a whole one.
    tls_context& require_close_notify(bool on) &;
    tls_context require_close_notify(bool on) && { return require_close_notify(on); }

    /// This one, without what is about one server or for it alone: client certificate, pins, server_name().
    /// insecure() with a pin believes a single server, so of that nothing is left but the system's CAs. What
    /// a session uses for an https proxy where nothing else is said (session_options::proxy_tls).
    tls_context for_proxy() const;

    /// False for insecure().
    bool verifies() const noexcept;

    /// Who this is: equal for copies until one is changed, different for contexts made separately, even in
    /// the same way. Connections are only reused under the id that they were made with.
    std::uint64_t id() const noexcept;

    /// For the library.
    const std::shared_ptr<tls::context>& shared() const noexcept { return shared_; }

private:
    explicit tls_context(std::shared_ptr<tls::context> shared) noexcept;
    template <class Fn>
    tls_context& change(Fn&& how);

    std::shared_ptr<tls::context> shared_;
};

}  // namespace skein
