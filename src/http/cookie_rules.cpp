// Owns the matching of domains and paths, and the conditions under which a cookie may exist.
#include "http/cookie_rules.hpp"

#include "http/field_grammar.hpp"
#include "http/host.hpp"
#include "http/public_suffix.hpp"
#include "http/set_cookie.hpp"

#include <string>

namespace skein::http {

namespace {

bool begins_with(std::string_view text, std::string_view prefix) noexcept {
    return text.size() >= prefix.size() && equals_ignoring_case(text.substr(0, prefix.size()), prefix);
}

constexpr auto none = std::string_view::npos;
constexpr std::string_view secure_prefix = "__Secure-";
constexpr std::string_view host_prefix = "__Host-";

bool is_normal_host(const std::string& domain) {
    std::string normal;
    return !domain.starts_with('.') && append_host(normal, domain).empty() && normal == domain;
}

bool is_trimmed(std::string_view text) noexcept {
    return trim_blanks(text) == text;
}

}  // namespace

bool domain_matches(std::string_view host, std::string_view domain) noexcept {
    if (!host.ends_with(domain)) return false;
    if (host.size() == domain.size()) return true;
    return !domain.empty() && host[host.size() - domain.size() - 1] == '.' && !is_address(host);
}

bool path_matches(std::string_view request_path, std::string_view cookie_path) noexcept {
    if (!request_path.starts_with(cookie_path)) return false;
    return request_path.size() == cookie_path.size() || cookie_path.ends_with('/') ||
           request_path[cookie_path.size()] == '/';
}

std::string_view default_path(std::string_view request_path) noexcept {
    const std::size_t slash = request_path.rfind('/');
    if (slash == request_path.npos || slash == 0) return "/";
    return request_path.substr(0, slash);
}

bool is_address(std::string_view host) noexcept {
    return host.starts_with('[') || is_dotted_decimal(host);
}

std::string_view fault_of_attributes(const cookie& one, bool root_path) noexcept {
    if (begins_with(one.name, secure_prefix) && !one.secure) return "is called __Secure- but is not secure";
    if (begins_with(one.name, host_prefix) && !(one.secure && one.host_only && root_path))
        return "is called __Host- but is not secure, for one host, and for all its paths";
    if (one.name.empty() && (begins_with(one.value, secure_prefix) || begins_with(one.value, host_prefix)))
        return "has no name, and a value that a server would take for a name with a prefix";
    if (one.same_site == same_site::none && !one.secure) return "says SameSite=None but is not secure";
    return {};
}

std::string_view fault_of_pair(std::string_view name, std::string_view value) noexcept {
    if (name.empty() && value.empty()) return "has neither name nor value";
    if (find_control(name) != none || name.find_first_of("=;") != none || !is_trimmed(name))
        return "has a name with '=', ';', a control character, or blanks around it";
    if (find_control(value) != none || value.find(';') != none || !is_trimmed(value))
        return "has a value with ';', a control character, or blanks around it";
    if (name.size() + value.size() > cookie_jar::max_cookie_bytes) return "is longer than 4096 bytes";
    return {};
}

void append_pair(std::string& header, std::string_view name, std::string_view value) {
    if (!header.empty()) header += "; ";
    if (!name.empty()) header.append(name).append("=");
    header += value;
}

std::string_view fault_of(const cookie& one) {
    if (const auto fault = fault_of_pair(one.name, one.value); !fault.empty()) return fault;
    if (!one.path.starts_with('/') || find_control(one.path) != none || one.path.size() > url::max_bytes)
        return "has a path that is none";
    if (!is_normal_host(one.domain)) return "has a domain that is no host in its normal form";
    if (!one.host_only && is_address(one.domain)) return "is for what lies below an address: nothing does";
    if (!one.host_only && is_public_suffix(one.domain)) return "is for a whole public suffix";
    return fault_of_attributes(one, one.path == "/");
}

}  // namespace skein::http
