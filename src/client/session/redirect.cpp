// Owns the rules of redirects: what is kept, what is dropped, what is refused.
#include "client/session/redirect.hpp"

#include "http/bytes.hpp"
#include "http/credentials.hpp"
#include "http/field_grammar.hpp"

#include <skein/error.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace skein::client {

namespace {

bool begins_with(std::string_view name, std::string_view prefix) noexcept {
    return name.size() >= prefix.size() && http::equals_ignoring_case(name.substr(0, prefix.size()), prefix);
}

bool is_body_header(std::string_view name) noexcept {
    return begins_with(name, "Content-") || http::equals_ignoring_case(name, "Transfer-Encoding") ||
           http::equals_ignoring_case(name, "Trailer") || http::equals_ignoring_case(name, "Expect");
}

// What a caller sets that tells another origin nothing.
bool is_harmless(std::string_view name) noexcept {
    return begins_with(name, "Accept") || begins_with(name, "If-") || is_body_header(name) ||
           http::equals_ignoring_case(name, "Range") || http::equals_ignoring_case(name, "User-Agent");
}

bool is_credential(std::string_view name) noexcept {
    static constexpr std::array<std::string_view, 5> names = {"Authorization", "Cookie", "Cookie2",
                                                              "Proxy-Authorization", "WWW-Authenticate"};
    return std::any_of(names.begin(), names.end(),
                       [&](std::string_view one) { return http::equals_ignoring_case(name, one); });
}

template <class Keep>
void filter(headers& fields, Keep keep) {
    headers kept;
    for (auto [name, value] : fields)
        if (keep(name)) kept.append(name, value);
    fields = std::move(kept);
}

bool same_trust(const url& from, const url& to) noexcept {
    if (from.same_origin(to)) return true;
    return from.scheme() == "http" && to.scheme() == "https" && from.host() == to.host() &&
           from.port() == 80 && to.port() == 443;
}

// "http:///path", "//": a URL parser makes something of them, but RFC 9110 (section 4.2.1) wants an http URL
// without a host to be refused.
bool names_no_host(std::string_view location) noexcept {
    constexpr std::string_view slashes = "/\\";
    const auto is_slash = [&](std::size_t at) {
        return at < location.size() && slashes.find(location[at]) != slashes.npos;
    };
    location.remove_prefix(std::min(location.find_first_not_of(' '), location.size()));
    const auto end = location.find_first_of(":/\\?#");
    if (end != location.npos && location[end] == ':') location.remove_prefix(end + 1);
    if (!is_slash(0) || !is_slash(1)) return false;
    return location.size() == 2 || is_slash(2) || location[2] == '?' || location[2] == '#';
}

// In an error: a server may make its Location long.
std::string shown(const url& which) {
    return http::escaped(which.redacted());
}

url next_url(const url& asked, const http1::response_head& head) {
    const auto locations = head.fields.get_all("Location");
    for (const auto& other : locations)
        if (other != locations.front())
            throw invalid_url("a redirect from " + shown(asked) + " names two different locations");
    try {
        if (names_no_host(locations.front())) throw invalid_url("its Location has no host");
        url to = asked.join(locations.front());
        if (to.scheme() != "http" && to.scheme() != "https")
            throw invalid_url("its scheme is " + std::string(to.scheme()) + ", not http or https");
        const bool has_fragment = to.str().find('#') != to.str().npos;  // an empty one is one, too
        if (!has_fragment && !asked.fragment().empty()) to = to.with_fragment(asked.fragment());
        return to;
    } catch (const invalid_url& e) {
        throw invalid_url("a redirect from " + shown(asked) + " leads nowhere: " + e.what());
    }
}

}  // namespace

bool is_redirect(const http1::response_head& head) noexcept {
    switch (head.status) {
        case 301:
        case 302:
        case 303:
        case 307:
        case 308:
            return head.fields.contains("Location");
        default:
            return false;
    }
}

void follow_redirect(request_state& request, const url& asked, const http1::response_head& head,
                     const session_options& session) {
    url to = next_url(asked, head);
    const bool was_secure = request.url.is_secure() || asked.is_secure();
    if (was_secure && !to.is_secure() && !request.allow_downgrade)
        throw invalid_url("a redirect from " + shown(asked) + " to " + shown(to) +
                          " gives up TLS: refused, unless allow_downgrade(true)");

    const bool post_to_get = (head.status == 301 || head.status == 302) && request.method == "POST";
    const bool see_other = head.status == 303 && request.method != "HEAD" && request.method != "GET";
    if (post_to_get || see_other) {
        request.method = "GET";
        request.drop_body();
        filter(request.fields, [](std::string_view name) { return !is_body_header(name); });
    } else if (!request.can_replay()) {
        throw payload_error("a redirect with status " + std::to_string(head.status) + " from " +
                            shown(request.url) + " to " + shown(to) +
                            " asks for the body again, and that could be sent once only");
    }
    if (!same_trust(request.url, to) || !same_trust(asked, to)) {
        filter(request.fields, [&](std::string_view name) {
            if ((request.rules && http::is_listed(request.rules->redirect_safe, name)) ||
                http::is_listed(session.redirect_safe_headers, name))
                return true;
            return is_harmless(name) && !is_credential(name);
        });
        request.cookies.clear();
        if (request.auth) request.auth->digest.reset();
        if (request.choices) request.choices->tls.reset();  // it may hold a client certificate
    } else {
        request.fields.remove("Host");  // it named the host of this hop
    }
    request.url = to.without_credentials();  // a server does not choose whom we say to be
}

void take_url_credentials(request_state& request) {
    if (!request.url.has_credentials()) return;
    const std::string user = http::percent_decode(request.url.username());
    const std::string password = http::percent_decode(request.url.password());
    if (const auto fault = http::fault_of_basic(user, password); !fault.empty())
        throw invalid_url("the credentials in " + shown(request.url) +
                          " cannot be sent: " + std::string(fault));
    if (!request.fields.contains("Authorization"))
        request.fields.append("Authorization", http::basic_credentials(user, password));
    request.url = request.url.without_credentials();
}

}  // namespace skein::client
