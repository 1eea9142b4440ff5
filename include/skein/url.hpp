// An absolute http, https, ws or wss URL in its normal form. Knows no network, no request and no cookie.
#pragma once

#include <skein/detail/config.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace skein {

namespace detail {

class url_parser;

/// Where the components lie in the text of a URL.
///
///     https://user:pass@host:8443/path?query#fragment
///          ^      ^     ^   ^    ^    ^     ^
///          |      |     |   |    |    |     fragment_begin (the end of the text if there is none)
///          |      |     |   |    |    query_begin (fragment_begin if there is none)
///          |      |     |   |    path_begin
///          |      |     |   host_end
///          |      |     host_begin
///          |      user_end (host_begin if there are no credentials)
///          scheme_end
struct url_layout {
    std::uint32_t scheme_end = 0;
    std::uint32_t user_end = 0;
    std::uint32_t host_begin = 0;
    std::uint32_t host_end = 0;
    std::uint32_t path_begin = 0;
    std::uint32_t query_begin = 0;
    std::uint32_t fragment_begin = 0;
    std::uint16_t port = 0;
};

}  // namespace detail

/// A URL, parsed and normalised as browsers do (WHATWG URL Standard), for the schemes http, https, ws and
/// wss. The one parser of the library: what is connected to, sent as Host, shown to TLS and matched against
/// cookies is always what these getters say.
///
/// Scheme and host become lower-case, numeric hosts get their one spelling, a default port goes, dot segments
/// are resolved. Path, query and fragment keep the caller's bytes, percent-escapes included; only bytes that
/// a URL may not have are percent-encoded. Stricter than browsers in four points: a tab or line break is
/// refused (they drop it), and so are texts over 64 KiB, hosts over 253 and labels over 63 bytes, and labels
/// that begin with `xn--` but encode nothing.
///
/// *Lifetime*: every view that a getter returns lies in the url and is valid until the url is assigned to,
/// moved from, or destroyed. A url that was moved from can only be assigned to or destroyed.
class SKEIN_API url {
public:
    /// The longest text that is parsed and the longest normal form, in bytes.
    static constexpr std::size_t max_bytes = std::size_t{64} * 1024;

    /// Parses an absolute URL; spaces around it are ignored.
    /// *Throws*: invalid_url, whose what() quotes the text (credentials hidden) and says what is wrong and
    /// where.
    explicit url(std::string_view text);

    /// Parses an absolute URL; nullopt where the constructor throws.
    [[nodiscard]] static std::optional<url> try_parse(std::string_view text);

    /// Parses a reference (absolute or relative) as seen from `base`; nullopt if that is no URL.
    [[nodiscard]] static std::optional<url> try_parse(std::string_view text, const url& base);

    /// Parses a reference (absolute or relative) as seen from `base`.
    /// *Throws*: invalid_url.
    [[nodiscard]] static url parse(std::string_view text, const url& base);

    /// Resolves a reference against this url, as of a Location header (RFC 9110 10.2.2). The fragment of this
    /// url is not inherited.
    /// *Throws*: invalid_url.
    [[nodiscard]] url join(std::string_view reference) const { return parse(reference, *this); }

    /// The whole normal form, with credentials and fragment.
    const std::string& str() const noexcept { return text_; }
    /// The whole normal form, with credentials and fragment.
    std::string_view href() const noexcept { return text_; }

    /// "http", "https", "ws" or "wss".
    std::string_view scheme() const noexcept { return cut(0, at_.scheme_end); }
    /// True for https and wss.
    bool is_secure() const noexcept { return scheme() == "https" || scheme() == "wss"; }

    /// The user name, percent-encoded; empty if there is none.
    std::string_view username() const noexcept { return cut(at_.scheme_end + 3, at_.user_end); }
    /// The password, percent-encoded; empty if there is none.
    std::string_view password() const noexcept {
        return at_.user_end + 1 < at_.host_begin ? cut(at_.user_end + 1, at_.host_begin - 1)
                                                 : std::string_view();
    }
    /// True if there is a user name or a password.
    bool has_credentials() const noexcept { return at_.user_end != at_.host_begin; }

    /// The host in its normal form: lower-case, international names in punycode, IPv4 in dotted decimal, IPv6
    /// compressed and in brackets. A trailing dot is kept. Never empty.
    std::string_view host() const noexcept { return cut(at_.host_begin, at_.host_end); }
    /// The host as a resolver wants it: host() without the brackets of an IPv6 address.
    std::string_view host_without_brackets() const noexcept;
    /// True if the host is an IPv4 or IPv6 address, not a name.
    bool host_is_address() const noexcept;

    /// The port to connect to: the one in the URL, else the scheme's own (80 or 443).
    std::uint16_t port() const noexcept { return at_.port; }
    /// True if the URL has a port and it is not the scheme's own (that one is dropped).
    bool has_explicit_port() const noexcept { return at_.host_end != at_.path_begin; }
    /// The value of the Host header (RFC 9110 7.2): the host, with `:port` unless that is the scheme's own.
    std::string_view host_header() const noexcept { return cut(at_.host_begin, at_.path_begin); }

    /// The path; begins with a slash.
    std::string_view path() const noexcept { return cut(at_.path_begin, at_.query_begin); }
    /// The query without its question mark; empty if there is none.
    std::string_view query() const noexcept { return after_mark(at_.query_begin, at_.fragment_begin); }
    /// The fragment without its number sign; empty if there is none.
    std::string_view fragment() const noexcept {
        return after_mark(at_.fragment_begin, static_cast<std::uint32_t>(text_.size()));
    }
    /// The request target in origin-form (RFC 9112 3.2.1): path and query, never the fragment.
    std::string_view target() const noexcept { return cut(at_.path_begin, at_.fragment_begin); }

    /// Scheme, host and non-default port: "https://example.org:8443".
    std::string origin() const;
    /// True if scheme, host and port are the same (RFC 6454 5).
    bool same_origin(const url& other) const noexcept {
        return scheme() == other.scheme() && host_header() == other.host_header();
    }

    /// The text for logs and messages: user name and password, each if it is there, become `***`.
    std::string redacted() const;

    /// This url without user name and password.
    [[nodiscard]] url without_credentials() const;
    /// This url without the fragment.
    [[nodiscard]] url without_fragment() const;
    /// This url with another fragment, given without its number sign; an empty one is none. Only bytes that a
    /// fragment may not have are percent-encoded.
    /// *Throws*: invalid_url for a tab or line break, or if the url would get longer than max_bytes.
    [[nodiscard]] url with_fragment(std::string_view fragment) const;
    /// This url with one more `name=value` at the end of its query, in form-urlencoding: any bytes may be in
    /// name and value.
    /// *Throws*: invalid_url if the url would get longer than max_bytes.
    [[nodiscard]] url with_param(std::string_view name, std::string_view value) const;

    /// Equal if the normal forms are: fragment and credentials count.
    friend bool operator==(const url& a, const url& b) noexcept { return a.text_ == b.text_; }

private:
    friend class detail::url_parser;
    url() = default;

    std::string_view cut(std::uint32_t begin, std::uint32_t end) const noexcept {
        return {text_.data() + begin, end - begin};
    }
    std::string_view after_mark(std::uint32_t begin, std::uint32_t end) const noexcept {
        return begin == end ? std::string_view() : cut(begin + 1, end);
    }

    std::string text_;
    detail::url_layout at_;
};

}  // namespace skein

/// Hashes the normal form, in keeping with operator==.
template <>
struct std::hash<skein::url> {
    std::size_t operator()(const skein::url& value) const noexcept {
        return std::hash<std::string>()(value.str());
    }
};
