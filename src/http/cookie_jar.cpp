// Owns the store of cookies: what is taken, what is dropped, what is sent. The grammar is in set_cookie.cpp,
// the rules of a single cookie in cookie_rules.cpp.
#include <skein/cookie_jar.hpp>

#include "http/bytes.hpp"
#include "http/cookie_rules.hpp"
#include "http/field_grammar.hpp"
#include "http/public_suffix.hpp"
#include "http/set_cookie.hpp"

#include <algorithm>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace skein {

namespace {

using http::domain_matches;
using http::path_matches;

// The domain and host-only flag that a Domain attribute gives a cookie of that host (RFC 6265bis 5.7, steps
// 8 to 11). False if the cookie is to be refused.
bool choose_domain(cookie& out, const std::optional<std::string_view>& attribute, const url& from) {
    const std::string_view host = from.host();
    out.domain = host;
    out.host_only = true;
    if (!attribute || attribute->empty()) return true;
    std::string domain(*attribute);
    std::transform(domain.begin(), domain.end(), domain.begin(), http::to_lower);
    // A host is ASCII, so that what is not, matches none.
    if (!domain_matches(host, domain)) return false;
    if (from.host_is_address() || !http::has_public_suffix_list()) return true;
    if (domain == host) {
        out.host_only = http::is_public_suffix(domain);
        return true;
    }
    if (http::spans_public_suffix(domain, host)) return false;
    out.domain = std::move(domain);
    out.host_only = false;
    return true;
}

// Calls `each` with the host and every domain above it.
template <class Fn>
void for_each_domain_of(std::string_view host, Fn each) {
    each(host);
    if (http::is_address(host)) return;
    for (std::size_t dot = host.find('.'); dot != host.npos; dot = host.find('.')) {
        host.remove_prefix(dot + 1);
        each(host);
    }
}

std::size_t sent_bytes(const cookie& one) noexcept {
    return one.name.size() + (one.name.empty() ? 0 : 1) + one.value.size();
}

}  // namespace

// ---- taking

bool cookie_jar::is_secure(const url& where) const noexcept {
    return where.is_secure() ||
           std::any_of(options_.treat_as_secure_origin.begin(), options_.treat_as_secure_origin.end(),
                       [&](const url& one) { return one.same_origin(where); });
}

// Whether an insecure origin would put a cookie in front of a secure one of that name (step 17).
bool cookie_jar::would_shadow_secure(const cookie& one) const noexcept {
    return std::any_of(cookies_.begin(), cookies_.end(), [&](const cookie& other) {
        return other.secure && other.name == one.name && !has_expired(other) &&
               (domain_matches(other.domain, one.domain) || domain_matches(one.domain, other.domain)) &&
               path_matches(one.path, other.path);
    });
}

bool cookie_jar::take(std::string_view set_cookie, const url& from, time_point now) {
    see(now);
    if (options_.max_cookies == 0) return false;
    const auto found = http::parse_set_cookie(set_cookie, now_);
    if (!found) return false;
    const bool secure_origin = is_secure(from);
    cookie one;
    one.secure = found->secure;
    if (one.secure && !secure_origin) return false;
    if (!choose_domain(one, found->domain, from)) return false;
    const bool has_path = found->path && !found->path->empty();
    one.path = has_path ? *found->path : http::default_path(from.path());
    one.name = found->name;
    one.value = found->value;
    one.expires = found->expires;
    one.http_only = found->http_only;
    one.same_site = found->same_site;
    if (!http::fault_of_attributes(one, found->path && one.path == "/").empty()) return false;
    if (!one.secure && !secure_origin && would_shadow_secure(one)) return false;
    put(std::move(one));
    return true;
}

std::size_t cookie_jar::take_all(const headers& response, const url& from, time_point now) {
    std::size_t seen = 0;
    std::size_t taken = 0;
    for (auto [name, value] : response) {
        if (!http::equals_ignoring_case(name, "Set-Cookie")) continue;
        if (++seen > max_per_response) break;
        if (take(value, from, now)) ++taken;
    }
    return taken;
}

// ---- storing

cookie_jar::set_type::iterator cookie_jar::find(const cookie& like) const noexcept {
    const auto [begin, end] = cookies_.equal_range(std::string_view(like.domain));
    const auto at = std::find_if(begin, end, [&](const cookie& other) {
        return other.name == like.name && other.path == like.path && other.host_only == like.host_only;
    });
    return at == end ? cookies_.end() : at;
}

// One that takes the place of another is as old as that one. One that has expired removes it.
void cookie_jar::put(cookie&& one) {
    const std::uint64_t event = ++events_;
    const auto before = find(one);
    if (has_expired(one)) {
        if (before != cookies_.end()) cookies_.erase(before);
    } else if (before != cookies_.end()) {
        auto node = cookies_.extract(before);
        static_cast<cookie&>(node.value()) = std::move(one);
        node.value().used = event;
        cookies_.insert(std::move(node));
    } else {
        const auto added = cookies_.insert(detail::stored_cookie{std::move(one), event, event});
        evict(std::string(added->domain));  // a copy: it may be the one that goes
    }
}

// RFC 6265bis 5.7, its end: what has expired goes first, then of a domain with too many what is not secure;
// among equals what was longest without use.
void cookie_jar::evict(std::string_view domain) {
    const auto goes_before = [&](const detail::stored_cookie& a, const detail::stored_cookie& b) {
        return std::tuple(!has_expired(a), a.secure, a.used, a.born) <
               std::tuple(!has_expired(b), b.secure, b.used, b.born);
    };
    const auto was_used_before = [&](const detail::stored_cookie& a, const detail::stored_cookie& b) {
        return std::tuple(!has_expired(a), a.used, a.born) < std::tuple(!has_expired(b), b.used, b.born);
    };
    const auto [begin, end] = cookies_.equal_range(domain);
    const auto count = static_cast<std::size_t>(std::distance(begin, end));
    if (count > options_.max_per_domain) cookies_.erase(std::min_element(begin, end, goes_before));
    if (cookies_.size() > options_.max_cookies)
        cookies_.erase(std::min_element(cookies_.begin(), cookies_.end(), was_used_before));
}

// ---- sending

std::vector<const cookie*> cookie_jar::matching(const url& to, time_point now) {
    see(now);
    const bool secure = is_secure(to);
    const std::string_view host = to.host();
    std::vector<const detail::stored_cookie*> found;
    for_each_domain_of(host, [&](std::string_view domain) {
        auto [at, end] = cookies_.equal_range(domain);
        while (at != end) {
            if (has_expired(*at)) {
                at = cookies_.erase(at);
                continue;
            }
            const bool for_host = !at->host_only || domain.size() == host.size();
            if (for_host && (secure || !at->secure) && path_matches(to.path(), at->path))
                found.push_back(&*at);
            ++at;
        }
    });
    std::sort(found.begin(), found.end(), [](const auto* a, const auto* b) {
        return std::pair(b->path.size(), a->born) < std::pair(a->path.size(), b->born);
    });
    const std::uint64_t event = ++events_;
    for (const auto* one : found) one->used = event;
    return {found.begin(), found.end()};
}

std::string cookie_jar::header_for(const url& to, time_point now) {
    std::string header;
    for (const cookie* one : matching(to, now)) {
        if (header.size() + (header.empty() ? 0 : 2) + sent_bytes(*one) > max_header_bytes) continue;
        http::append_pair(header, one->name, one->value);
    }
    return header;
}

// ---- the program

void cookie_jar::set(cookie one) {
    if (const auto fault = http::fault_of(one); !fault.empty())
        throw std::invalid_argument("cookie \"" + http::escaped(one.name, 64) + "\" cannot be: it " +
                                    std::string(fault));
    if (options_.max_cookies != 0) put(std::move(one));
}

void cookie_jar::set(const url& where, std::string_view name, std::string_view value) {
    cookie one;
    one.name = name;
    one.value = value;
    one.domain = where.host();
    one.secure = where.is_secure();
    set(std::move(one));
}

std::size_t cookie_jar::remove_if(const std::function<bool(const cookie&)>& which) {
    return std::erase_if(cookies_, which);
}

std::size_t cookie_jar::remove_domain(std::string_view domain) {
    return std::erase_if(cookies_, [&](const cookie& one) { return domain_matches(one.domain, domain); });
}

void cookie_jar::expire(time_point now) {
    see(now);
    std::erase_if(cookies_, [&](const cookie& one) { return has_expired(one); });
}

std::shared_ptr<cookie_jar> no_cookies() {
    cookie_jar_options nothing;
    nothing.max_cookies = 0;
    return std::make_shared<cookie_jar>(std::move(nothing));
}

}  // namespace skein
