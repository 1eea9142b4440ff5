// A proxy as a value: where it is, who we are to it, how far it is trusted.
#pragma once

#include <skein/detail/config.hpp>
#include <skein/tls_context.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace skein {

/// A proxy that requests go through, or word that they go through none.
///
///     session_options.proxy = "http://user:password@proxy.example:3128";
///     auto response = co_await session.get(url).proxy("socks5h://127.0.0.1:9050");
///     auto other = co_await session.get(url).proxy(skein::proxy::none());
///
/// The scheme says how it is spoken to:
/// - `http`: in the clear. It is asked for http URLs with the whole request, and for a tunnel (CONNECT) to
/// the
///   origin of https URLs: what goes through that is between the client and the origin.
/// - `https`: the same, over TLS with the proxy, whose certificate is verified.
/// - `socks5`: the name of the origin is resolved here, and the proxy gets an address (RFC 1928).
/// - `socks5h`: the proxy gets the name, and nobody is asked for it here.
///
/// User and password of the URL, percent-decoded, go to the proxy and to nobody else: as Basic (RFC 7617), or
/// as RFC 1929 has it for SOCKS. The default port is 80, 443, or 1080 for SOCKS.
///
/// A value; copies share what they hold. *Thread:* may be used by several loops at once.
class SKEIN_API proxy {
public:
    /// Nothing is said: what the session has, or the environment where that is trusted, counts.
    proxy() noexcept = default;
    /// From its URL. *Throws:* invalid_url, which does not show the password, for a text that is none,
    /// another scheme, a path, or credentials that the scheme cannot carry.
    proxy(std::string_view url);
    proxy(const char* url) : proxy(std::string_view(url)) {}
    proxy(const std::string& url) : proxy(std::string_view(url)) {}

    /// None: requests go directly, whatever the session and the environment say.
    static proxy none();

    /// The context that the proxy's own certificate is verified with, if it is an https one; default: the
    /// session's. What the request trusts (client_request::tls()) is for the origin.
    proxy& tls(const tls_context& trust) &;
    proxy tls(const tls_context& trust) && { return tls(trust); }
    /// Says that this proxy may be used where the program has limited whom it connects to: it is the proxy,
    /// then, which sees to it that nobody reaches what he should not. Default: false.
    proxy& trusted(bool trust = true) &;
    proxy trusted(bool trust = true) && { return trusted(trust); }

    /// Whether anything is said: a proxy, or none().
    bool is_set() const noexcept { return state_ != nullptr; }
    /// Whether this is none().
    bool is_none() const noexcept;
    /// Whether this is a proxy; only then the following have something to say.
    explicit operator bool() const noexcept { return is_set() && !is_none(); }

    /// "http", "https", "socks5" or "socks5h".
    std::string_view scheme() const noexcept;
    /// A name or an address, IPv6 without brackets.
    const std::string& host() const noexcept;
    std::uint16_t port() const noexcept;
    /// Percent-decoded; empty if there is none.
    const std::string& username() const noexcept;
    const std::string& password() const noexcept;
    bool has_credentials() const noexcept;
    bool is_trusted() const noexcept;
    /// What tls() has set.
    const std::optional<tls_context>& tls() const noexcept;

    /// "http://proxy.example:3128": without credentials. Of none(), and if nothing is said, empty.
    std::string to_string() const;

    /// The same proxy with the same credentials, contexts and trust.
    SKEIN_API friend bool operator==(const proxy& a, const proxy& b) noexcept;

private:
    struct state;
    state& own();

    std::shared_ptr<const state> state_;
};

}  // namespace skein
