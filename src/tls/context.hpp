// What tls_context shares: what was set, and OpenSSL's SSL_CTX made from it. Never changes once it is made,
// so that connections and pools can be keyed by its id. Knows nothing of connections.
#pragma once

#include "tls/handles.hpp"
#include "tls/identity.hpp"
#include "tls/key_log.hpp"
#include "tls/pins.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace skein::tls {

/// What connections offer (ALPN), unless they are not for HTTP.
inline constexpr std::string_view http_protocol = "http/1.1";

/// What a tls_context was told.
struct settings {
    // Whom to trust.
    bool verify = true;
    bool system_roots = true;
    bool named = false;  // a CA was named, so that the system's count only if they were asked for
    std::vector<std::shared_ptr<X509>> certificates = {};
    std::vector<std::string> folders = {};
    tls::pins pins = {};
    std::string server_name = {};  // empty: the host of the URL

    // Who we are; null: nobody.
    std::shared_ptr<const tls::identity> identity = {};

    // How it is done.
    int min_version = TLS1_2_VERSION;  // a floor beside that of OpenSSL's configuration
    int max_version = 0;               // 0: no limit
    std::string ciphers = {};
    std::string cipher_suites = {};
    std::shared_ptr<tls::key_log> key_log = {};  // null: none
    std::string alpn = {};                       // as it goes on the wire: each name behind its length
    bool resumption = true;
    bool requires_close_notify = true;
};

/// Settings and the SSL_CTX for them. Any thread may call anything.
class context {
public:
    explicit context(tls::settings settings) noexcept;

    const tls::settings& settings() const noexcept { return settings_; }
    std::uint64_t id() const noexcept { return id_; }

    /// The SSL_CTX; the first call makes it and loads the system's CAs. Throws tls_error.
    SSL_CTX* handle();

    /// True if the system's CAs were asked for and none was found: then every failure has this reason.
    bool lacks_system_roots() const noexcept;

    /// True at the first call, if its connections believe anybody: that has to be told.
    bool must_warn() noexcept;

private:
    owned<SSL_CTX> make() const;

    const tls::settings settings_;
    const std::uint64_t id_;
    std::once_flag made_;
    owned<SSL_CTX> handle_;
    std::atomic<bool> warned_ = false;
};

/// What holds for all our TLS, before what was set.
void set_policy(SSL_CTX* ctx);

/// Throws std::invalid_argument if OpenSSL has nothing for one of the lists.
void set_ciphers(SSL_CTX* ctx, const settings& with);

/// The certificates of a PEM text. `source` is what the message of an error calls it. Throws tls_error if
/// there is none, or a broken one.
std::vector<std::shared_ptr<X509>> parse_certificates(std::string_view pem, const std::string& source);

}  // namespace skein::tls
