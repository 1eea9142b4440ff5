// Owns what the URL of a proxy may say.
#include "base/host_and_port.hpp"
#include "http/bytes.hpp"
#include "http/credentials.hpp"
#include "http/quote.hpp"

#include <skein/error.hpp>
#include <skein/proxy.hpp>
#include <skein/url.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace skein {

struct proxy::state {
    std::string_view scheme = {};  // in static storage; empty: none
    std::string host = {};
    std::uint16_t port = 0;
    std::string username = {};
    std::string password = {};
    std::optional<tls_context> tls = {};
    bool trusted = false;
};

namespace {

/// RFC 1929, section 2: their lengths are bytes.
constexpr std::size_t longest_socks_text = 255;

/// Texts are shown without what stands before the host: there may be a password in it.
[[noreturn]] void refuse(std::string_view text, std::string_view why) {
    const auto mark = text.find("://");
    const auto from = mark == text.npos ? 0 : mark + 3;
    const auto at = text.rfind('@');
    std::string shown(text);
    if (at != text.npos && at >= from) shown.replace(from, at - from, "***");
    constexpr std::size_t worth_showing = 200;
    throw invalid_url("invalid proxy " + http::quote(shown, worth_showing) + ": " + std::string(why));
}

std::string_view known_scheme(std::string_view text) noexcept {
    static constexpr std::array<std::string_view, 4> known = {"http", "https", "socks5", "socks5h"};
    const auto same = std::find_if(known.begin(), known.end(), [&](std::string_view one) {
        return std::equal(one.begin(), one.end(), text.begin(), text.end(),
                          [](char a, char b) { return a == http::to_lower(b); });
    });
    return same == known.end() ? std::string_view() : *same;
}

std::string_view fault_of(std::string_view scheme, const std::string& user, const std::string& password) {
    if (scheme.starts_with("http")) return http::fault_of_basic(user, password);
    if (user.size() > longest_socks_text) return "the user name is longer than 255 bytes (RFC 1929, 2)";
    if (password.size() > longest_socks_text) return "the password is longer than 255 bytes (RFC 1929, 2)";
    if (user.empty() && !password.empty()) return "there is a password without a user name (RFC 1929, 2)";
    return {};
}

}  // namespace

proxy::proxy(std::string_view text) {
    const auto blanks = text.find_first_not_of(' ');
    text.remove_prefix(std::min(blanks, text.size()));
    const auto mark = text.find("://");
    const auto scheme = mark == text.npos ? std::string_view() : known_scheme(text.substr(0, mark));
    if (scheme.empty()) refuse(text, "it must begin with http://, https://, socks5:// or socks5h://");
    const std::string rest(text.substr(mark + 3));
    // Hosts and ports are those of any URL. What both schemes agree on is a port that was written down.
    const auto parsed = url::try_parse("http://" + rest);
    const auto other = url::try_parse("https://" + rest);
    if (!parsed || !other) refuse(text, "there is no valid host and port");
    if (parsed->target() != "/" || !parsed->fragment().empty() || rest.find_first_of("?#") != rest.npos)
        refuse(text, "it has a path, a query or a fragment");

    state made;
    made.scheme = scheme;
    made.host = parsed->host_without_brackets();
    const bool has_port = parsed->port() == other->port();
    made.port = has_port                     ? parsed->port()
                : scheme.starts_with("http") ? (scheme == "http" ? parsed->port() : other->port())
                                             : std::uint16_t(1080);
    made.username = http::percent_decode(parsed->username());
    made.password = http::percent_decode(parsed->password());
    if (const auto fault = fault_of(scheme, made.username, made.password); !fault.empty())
        refuse(text, fault);
    state_ = std::make_shared<const state>(std::move(made));
}

proxy proxy::none() {
    static const auto made = std::make_shared<const state>();
    proxy p;
    p.state_ = made;
    return p;
}

namespace {
// What is not said is as empty as what is said not to be.
template <class State>
const State& nothing() {
    static const State empty;
    return empty;
}
}  // namespace

proxy::state& proxy::own() {
    auto changed = std::make_shared<state>(state_ ? *state_ : nothing<state>());
    state& inside = *changed;
    state_ = std::move(changed);
    return inside;
}

proxy& proxy::tls(const tls_context& trust) & {
    if (*this) own().tls = trust;
    return *this;
}
proxy& proxy::trusted(bool trust) & {
    if (*this) own().trusted = trust;
    return *this;
}

bool proxy::is_none() const noexcept {
    return state_ != nullptr && state_->scheme.empty();
}
std::string_view proxy::scheme() const noexcept {
    return state_ ? state_->scheme : std::string_view();
}
const std::string& proxy::host() const noexcept {
    return (state_ ? *state_ : nothing<state>()).host;
}
std::uint16_t proxy::port() const noexcept {
    return state_ ? state_->port : std::uint16_t(0);
}
const std::string& proxy::username() const noexcept {
    return (state_ ? *state_ : nothing<state>()).username;
}
const std::string& proxy::password() const noexcept {
    return (state_ ? *state_ : nothing<state>()).password;
}
bool proxy::has_credentials() const noexcept {
    return !username().empty() || !password().empty();
}
bool proxy::is_trusted() const noexcept {
    return state_ != nullptr && state_->trusted;
}
const std::optional<tls_context>& proxy::tls() const noexcept {
    return (state_ ? *state_ : nothing<state>()).tls;
}

std::string proxy::to_string() const {
    if (!*this) return {};
    return std::string(state_->scheme) + "://" + detail::host_and_port(state_->host, state_->port);
}

bool operator==(const proxy& a, const proxy& b) noexcept {
    if (a.state_ == b.state_) return true;
    if (!a.state_ || !b.state_) return false;
    const auto id = [](const proxy& p) { return p.tls() ? p.tls()->id() : 0; };
    return a.scheme() == b.scheme() && a.host() == b.host() && a.port() == b.port() &&
           a.username() == b.username() && a.password() == b.password() && a.is_trusted() == b.is_trusted() &&
           a.tls().has_value() == b.tls().has_value() && id(a) == id(b);
}

}  // namespace skein
