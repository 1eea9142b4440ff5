// What tls_context shares: whom to trust, and OpenSSL's SSL_CTX made from it. Never changes once it is made,
// so that connections and pools can be keyed by its id. Knows nothing of connections.
#pragma once

#include "tls/handles.hpp"

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace skein::tls {

/// Whom to trust.
struct trust {
    bool verify = true;
    bool system_roots = true;
    bool named = false;  ///< a CA was named, so that the system's count only if they were asked for
    std::vector<std::shared_ptr<X509>> certificates = {};
    std::vector<std::string> folders = {};
};

/// One trust and the SSL_CTX for it. Any thread may call anything.
class context {
public:
    explicit context(tls::trust trust) noexcept;

    const tls::trust& trust() const noexcept { return trust_; }
    std::uint64_t id() const noexcept { return id_; }

    /// The SSL_CTX; the first call makes it and loads the system's CAs. Throws tls_error.
    SSL_CTX* handle();

    /// True if the system's CAs were asked for and none was found: then every failure has this reason.
    bool lacks_system_roots() const noexcept;

private:
    owned<SSL_CTX> make() const;

    const tls::trust trust_;
    const std::uint64_t id_;
    std::once_flag made_;
    owned<SSL_CTX> handle_;
};

/// The certificates of a PEM text. `source` is what the message of an error calls it. Throws tls_error if
/// there is none, or a broken one.
std::vector<std::shared_ptr<X509>> parse_certificates(std::string_view pem, const std::string& source);

}  // namespace skein::tls
