// Owns the syntax of NO_PROXY, and which variables count.
#include "client/connection/proxy_rules.hpp"

#include "http/bytes.hpp"
#include "http/host.hpp"

#include <skein/error.hpp>

#include <algorithm>
#include <charconv>
#include <span>
#include <utility>

namespace skein::client {

namespace {

std::optional<unsigned> number(std::string_view text, unsigned most) noexcept {
    unsigned value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc() || end != text.data() + text.size() || value > most) return std::nullopt;
    return value;
}

std::string_view without_brackets(std::string_view host) noexcept {
    const bool has = host.size() > 1 && host.front() == '[' && host.back() == ']';
    return has ? host.substr(1, host.size() - 2) : host;
}

std::string_view without_last_dot(std::string_view name) noexcept {
    if (name.ends_with('.')) name.remove_suffix(1);
    return name;
}

std::optional<ip_address> address_of(const url& to) {
    return to.host_is_address() ? ip_address::try_parse(to.host_without_brackets()) : std::nullopt;
}

/// An IPv4 address that is written as an IPv6 one is the same host (RFC 4291, section 2.5.5.2).
byte_view plain_bytes(const ip_address& of) noexcept {
    constexpr std::size_t mapped_bytes = 12;
    const byte_view all = bytes_of(of);
    if (all.size() != 16) return all;
    const bool zeros =
        std::all_of(all.begin(), all.begin() + 10, [](std::byte b) { return b == std::byte(); });
    const bool mapped = zeros && all[10] == std::byte(0xff) && all[11] == std::byte(0xff);
    return mapped ? all.subspan(mapped_bytes) : all;
}

bool same_network(byte_view a, byte_view b, unsigned bits) noexcept {
    if (a.size() != b.size()) return false;
    const std::size_t whole = bits / 8;
    if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) return false;
    if (bits % 8 == 0) return true;
    const auto mask = static_cast<std::byte>(0xff << (8 - bits % 8));
    return (a[whole] & mask) == (b[whole] & mask);
}

/// Of "host:port", "[::1]:port"; "::1" has none.
std::string_view take_port(std::string_view& text) noexcept {
    const auto colon = text.rfind(':');
    if (colon == text.npos) return {};
    const bool bare_ipv6 = text.find(':') != colon && text[colon - 1] != ']';
    if (bare_ipv6 || text.find(']', colon) != text.npos) return {};
    return std::exchange(text, text.substr(0, colon)).substr(colon + 1);
}

bool is_this_machine(const url& to) {
    const auto name = without_last_dot(to.host());
    if (name == "localhost" || name.ends_with(".localhost")) return true;  // RFC 6761, section 6.3
    const auto address = address_of(to);
    if (!address) return false;
    const byte_view bytes = plain_bytes(*address);
    if (bytes.size() == 4) return bytes[0] == std::byte(127);
    return bytes[15] == std::byte(1) &&
           std::all_of(bytes.begin(), bytes.begin() + 15, [](std::byte b) { return b == std::byte(); });
}

}  // namespace

byte_view bytes_of(const ip_address& of) noexcept {
    const byte_view all = std::as_bytes(std::span(of.bytes()));
    return of.is_v4() ? all.last(4) : all;
}

// ---- no_proxy_list

no_proxy_list::no_proxy_list(std::string_view text) {
    constexpr std::string_view separators = ", \t";
    while (!text.empty()) {
        const auto end = std::min(text.find_first_of(separators), text.size());
        if (end != 0) add(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

void no_proxy_list::add(std::string_view text) {
    if (text == "*") {
        everybody_ = true;
        return;
    }
    entry made;
    const auto slash = text.find('/');
    if (slash == text.npos) {
        if (const auto port = take_port(text); !port.empty()) {
            const auto value = number(port, 65535);
            if (!value) return;
            made.port = static_cast<std::uint16_t>(*value);
        }
    }
    made.address = ip_address::try_parse(without_brackets(text.substr(0, slash)));
    if (made.address) {
        const auto all = static_cast<unsigned>(bytes_of(*made.address).size() * 8);
        const auto bits = slash == text.npos ? all : number(text.substr(slash + 1), all);
        if (!bits) return;
        // Of an address in the other family's notation, the bits before it are no part.
        const auto plain = static_cast<unsigned>(plain_bytes(*made.address).size() * 8);
        if (*bits < all - plain) return;
        made.bits = *bits - (all - plain);
    } else {
        if (slash != text.npos) return;
        if (text.starts_with("*.")) text.remove_prefix(1);
        if (text.starts_with('.')) text.remove_prefix(1);
        std::string name;
        if (text.empty() || !http::append_host(name, text).empty()) return;
        made.address = ip_address::try_parse(name);  // "127.1"
        if (made.address)
            made.bits = 32;
        else
            made.name = without_last_dot(name);
    }
    entries_.push_back(std::move(made));
}

bool no_proxy_list::matches(const entry& one, const url& to, std::string_view name,
                            const std::optional<ip_address>& address) {
    if (one.port && *one.port != to.port()) return false;
    if (one.address)
        return address && same_network(plain_bytes(*address), plain_bytes(*one.address), one.bits);
    if (address || !name.ends_with(one.name)) return false;
    return name.size() == one.name.size() || name[name.size() - one.name.size() - 1] == '.';
}

bool no_proxy_list::covers(const url& to) const {
    if (everybody_) return true;
    if (entries_.empty()) return false;
    const auto name = without_last_dot(to.host());
    const auto address = address_of(to);
    return std::any_of(entries_.begin(), entries_.end(),
                       [&](const entry& one) { return matches(one, to, name, address); });
}

// ---- proxy_rules

namespace {

struct variable {
    std::string name = {};
    std::string_view value = {};
};

/// In lower case it counts before upper case, even if it is empty: so one can be taken back.
variable look_up(const environment& variables, std::string_view lower, bool in_upper_case_too = true) {
    std::string name(lower);
    if (const char* value = variables(name.c_str())) return {std::move(name), value};
    if (!in_upper_case_too) return {};
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return http::is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; });
    const char* value = variables(name.c_str());
    return value != nullptr ? variable{std::move(name), value} : variable();
}

proxy proxy_of(const variable& said) {
    if (said.value.empty()) return {};
    std::string text(said.value);
    if (text.find("://") == text.npos) text.insert(0, "http://");
    try {
        return proxy(text);
    } catch (const invalid_url& e) {
        throw invalid_url("the environment variable " + said.name + ": " + e.what());
    }
}

}  // namespace

std::optional<proxy_rules> proxy_rules::from(const environment& variables, std::string_view except) {
    // A CGI script gets the header "Proxy" of its request as HTTP_PROXY (CVE-2016-5386).
    const bool in_cgi = variables("REQUEST_METHOD") != nullptr;
    const proxy all = proxy_of(look_up(variables, "all_proxy"));
    proxy_rules rules;
    rules.http_ = proxy_of(look_up(variables, "http_proxy", !in_cgi));
    rules.https_ = proxy_of(look_up(variables, "https_proxy"));
    if (!rules.http_) rules.http_ = all;
    if (!rules.https_) rules.https_ = all;
    if (!rules.http_ && !rules.https_) return std::nullopt;
    rules.except_ = no_proxy_list(look_up(variables, "no_proxy").value);
    rules.except_too_ = no_proxy_list(except);
    rules.spares_this_machine_ = true;
    return rules;
}

const proxy* proxy_rules::of(const url& to) const {
    const proxy& one = to.is_secure() ? https_ : http_;
    if (!one || (spares_this_machine_ && is_this_machine(to))) return nullptr;
    return except_.covers(to) || except_too_.covers(to) ? nullptr : &one;
}

}  // namespace skein::client
