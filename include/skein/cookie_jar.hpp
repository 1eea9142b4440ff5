// Cookies: what servers ask to be told again (RFC 6265bis). Values and a store of them; does no I/O and reads
// no clock: the time of day is handed in.
#pragma once

#include <skein/detail/config.hpp>
#include <skein/headers.hpp>
#include <skein/url.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace skein {

/// What SameSite said (RFC 6265bis 5.6.7). Kept for who reads the jar; a client without pages has no sites,
/// so it decides nothing here.
enum class same_site : std::uint8_t { unset, none, lax, strict };

/// A cookie as a jar keeps it. Text is bytes, exactly as the server sent them: nothing is quoted, unquoted or
/// decoded.
struct cookie {
    /// May be empty; then only the value is sent.
    std::string name = {};
    std::string value = {};
    /// A host in its normal form (url::host()), without a leading dot.
    std::string domain = {};
    /// Begins with a slash.
    std::string path = "/";
    /// None: a session cookie, kept as long as its jar.
    std::optional<std::chrono::sys_seconds> expires = {};
    /// True: for the host `domain` alone. False: for those below it too.
    bool host_only = true;
    /// For https and wss alone.
    bool secure = false;
    /// Not for scripts; a client without scripts sends it like any other.
    bool http_only = false;
    skein::same_site same_site = skein::same_site::unset;

    friend bool operator==(const cookie&, const cookie&) = default;
};

/// What a jar can be told.
struct cookie_jar_options {
    /// Cookies kept. One more drops the one that was longest without use. 0: the jar takes nothing.
    std::size_t max_cookies = 3000;
    /// Cookies kept of one domain; those that are not `secure` are dropped first.
    std::size_t max_per_domain = 50;
    /// Origins that are trusted like https though they are not, say "http://localhost:8080"; path and query
    /// do not matter. None by default, not even localhost: browsers trust it for the sake of developers, but
    /// who else answers on a port of this machine, a program cannot know.
    std::vector<url> treat_as_secure_origin = {};
};

/// The two forms of a jar as text.
enum class cookie_format : std::uint8_t {
    json,     ///< an array, one cookie a line; keeps everything
    netscape  ///< cookies.txt, as curl and wget have it; has no place for SameSite, or a tab in name or path
};

/// A part of a jar's text that could not be used.
struct cookie_fault {
    /// Of a Netscape file the line, of a JSON array the cookie, counted from 1; 0: the whole text.
    std::size_t number = 0;
    std::string what = {};
};

/// What became of a jar's text.
struct cookie_load_result {
    std::size_t loaded = 0;
    std::vector<cookie_fault> faults = {};
};

namespace detail {

struct stored_cookie : cookie {
    std::uint64_t born = 0;          // order of creation
    mutable std::uint64_t used = 0;  // order of last use
};

struct cookie_domain_order {
    using is_transparent = void;
    static std::string_view key(const stored_cookie& one) noexcept { return one.domain; }
    static std::string_view key(std::string_view domain) noexcept { return domain; }
    bool operator()(const auto& a, const auto& b) const noexcept { return key(a) < key(b); }
};

}  // namespace detail

/// The cookies of a session, or of several (RFC 6265bis, with its limits, the prefixes __Secure- and __Host-,
/// and the public suffix list). Hosts that are addresses have cookies too, for themselves alone; the port of
/// a URL never matters. Builds without libpsl keep every cookie of a server for its own host only.
///
/// *Lifetime:* a value; copies are independent. References and iterators stay valid until their cookie is
/// removed or replaced. *Thread:* one at a time.
///
/// Where a function takes `now`, it is the time of day, and what has expired by then is gone. The others go
/// by the latest time that the jar was told.
class SKEIN_API cookie_jar {
public:
    using time_point = std::chrono::system_clock::time_point;
    /// Gives `const cookie&`, grouped by domain.
    using const_iterator = std::multiset<detail::stored_cookie, detail::cookie_domain_order>::const_iterator;
    using iterator = const_iterator;

    /// Of name and value together, bytes; a longer cookie is refused.
    static constexpr std::size_t max_cookie_bytes = 4096;
    /// Of the value of one attribute, bytes; a longer one is ignored.
    static constexpr std::size_t max_attribute_bytes = 1024;
    /// Of a Cookie header, bytes; cookies that would make it longer are left out.
    static constexpr std::size_t max_header_bytes = 8190;
    /// Set-Cookie headers of one response that are looked at.
    static constexpr std::size_t max_per_response = 50;
    /// How long a server's cookie lasts at most, whatever it says.
    static constexpr std::chrono::days max_age{400};

    cookie_jar() = default;
    explicit cookie_jar(cookie_jar_options options) : options_(std::move(options)) {}

    // ---- the protocol

    /// Takes the value of one Set-Cookie header that came from `from` (RFC 6265bis 5.7). That may remove a
    /// cookie. False if it was refused.
    bool take(std::string_view set_cookie, const url& from, time_point now);
    /// Takes the Set-Cookie headers of a response; how many were not refused.
    std::size_t take_all(const headers& response, const url& from, time_point now);
    /// The cookies for a request, in the order in which they are sent: longer paths first, then older ones
    /// (RFC 6265bis 5.8.3). Counts as use.
    std::vector<const cookie*> matching(const url& to, time_point now);
    /// The value of the Cookie header for a request; empty if there is no cookie for it.
    std::string header_for(const url& to, time_point now);

    // ---- the program

    /// Puts a cookie in, in the place of one with the same name, domain, path and host_only.
    /// *Throws:* std::invalid_argument for what no server could have set: control characters, a domain that
    /// is no host in its normal form or is a public suffix, a __Host- cookie with a path, ...
    void set(cookie one);
    /// Puts a session cookie in for one host and all its paths; for https alone if the URL is https.
    /// *Throws:* std::invalid_argument.
    void set(const url& where, std::string_view name, std::string_view value);
    /// Removes the cookies for which `which` says so; how many there were.
    std::size_t remove_if(const std::function<bool(const cookie&)>& which);
    /// Removes the cookies of a domain and of those below it; how many there were.
    std::size_t remove_domain(std::string_view domain);
    /// Removes what has expired.
    void expire(time_point now);
    void clear() noexcept { cookies_.clear(); }

    std::size_t size() const noexcept { return cookies_.size(); }
    [[nodiscard]] bool empty() const noexcept { return cookies_.empty(); }
    const_iterator begin() const noexcept { return cookies_.begin(); }
    const_iterator end() const noexcept { return cookies_.end(); }
    const cookie_jar_options& options() const noexcept { return options_; }

    // ---- as text

    /// The jar as text, the oldest cookie first. Session cookies are left out if `session_cookies` is false.
    std::string to_text(cookie_format format, bool session_cookies = true) const;
    /// Adds the cookies of a text in either format. What is broken in it is reported and harms nothing else.
    cookie_load_result add_text(std::string_view text);

private:
    using set_type = std::multiset<detail::stored_cookie, detail::cookie_domain_order>;

    bool is_secure(const url& where) const noexcept;
    bool would_shadow_secure(const cookie& one) const noexcept;
    set_type::iterator find(const cookie& like) const noexcept;
    void put(cookie&& one);
    void evict(std::string_view domain);
    bool has_expired(const cookie& one) const noexcept { return one.expires && *one.expires <= now_; }
    void see(time_point now) noexcept { now_ = std::chrono::floor<std::chrono::seconds>(now); }
    void add_json(std::string_view text, cookie_load_result& result);
    void add_netscape(std::string_view text, cookie_load_result& result);
    void add(cookie&& one, std::size_t number, cookie_load_result& result);

    cookie_jar_options options_;
    set_type cookies_;
    std::chrono::sys_seconds now_ = {};  // the latest that was told
    std::uint64_t events_ = 0;           // gives `born` and `used`
};

/// A jar that takes nothing, for session_options::cookies.
SKEIN_API std::shared_ptr<cookie_jar> no_cookies();

}  // namespace skein
