// Which option decides whom a connection talks to. Each one there is stands here, in one of two lists: a new
// one does not compile before somebody has decided.
#include "client/request/request_state.hpp"
#include "client/session/pool_key.hpp"

#include <skein/session_options.hpp>

#include <doctest/doctest.h>

#include <string>

using skein::url;
using skein::client::pool_key;

namespace {

std::string key_of(const char* text) {
    std::string key;
    pool_key(url(text)).write_to(key);
    return key;
}

template <class... Options>
constexpr int count(const Options&...) {
    return sizeof...(Options);
}

// One for all requests of a session, and so for all that its pool holds.
int of_the_session(const skein::session_options& all) {
    const auto& [base_url, default_headers, timeout, connector, cookies, tls, proxy_tls, proxy, no_proxy,
                 trust_env, max_redirects, trust_netrc, netrc, skip_auto_headers, redirect_safe_headers,
                 raise_for_status, decompress, decoding, retry, retry_if, retry_budget, rate_limit,
                 middleware, trace] = all;
    const auto& [limit, limit_per_host, keepalive, max_idle, max_lifetime, max_requests, force_close,
                 max_head_bytes, max_headers, dns_ttl, dns_names, family, happy_eyeballs_delay, hosts,
                 resolver, address_policy, unix_socket, local_address, local_ports, tcp_keepalive,
                 tcp_user_timeout, tcp_no_delay, send_buffer_bytes, receive_buffer_bytes] = connector;
    return count(base_url, default_headers, timeout, cookies, tls, proxy_tls, proxy, no_proxy, trust_env,
                 max_redirects, trust_netrc, netrc, skip_auto_headers, redirect_safe_headers,
                 raise_for_status, decompress, decoding, retry, retry_if, retry_budget, rate_limit,
                 middleware, trace) +
           count(limit, limit_per_host, keepalive, max_idle, max_lifetime, max_requests, force_close,
                 max_head_bytes, max_headers, dns_ttl, dns_names, family, happy_eyeballs_delay, hosts,
                 resolver, address_policy, unix_socket, local_address, local_ports, tcp_keepalive,
                 tcp_user_timeout, tcp_no_delay, send_buffer_bytes, receive_buffer_bytes);
}

// What requests of one session may differ in.
struct options_of_request {
    int in_the_key;
    int not_in_it;  // they change what is sent, when, or what becomes of the answer; not to whom it goes
};
options_of_request of_a_request(const skein::client::request_state& all) {
    const auto& [core, method, target, fields, cookies, body, upload, limits, follow_redirects, max_redirects,
                 rules, allow_downgrade, raise_for_status, auth, decompress, hooks, retry, resumable,
                 choices] = all;
    return {count(target, choices),
            count(core, method, fields, cookies, body, upload, limits, follow_redirects, max_redirects, rules,
                  allow_downgrade, raise_for_status, auth, decompress, hooks, retry, resumable)};
}

}  // namespace

TEST_CASE("every option is known to be part of the key of a connection, or not to be") {
    CHECK(of_the_session(skein::session_options()) > 0);
    const skein::client::request_state request(nullptr, "GET", url("http://example.test/"));
    CHECK(of_a_request(request).in_the_key == 2);
    CHECK(of_a_request(request).not_in_it > 0);
}

TEST_CASE("the key of a connection is its scheme, host and port") {
    CHECK(key_of("http://example.test/a?b") == key_of("http://EXAMPLE.test:80/c#d"));
    CHECK(key_of("http://example.test/") == key_of("http://user:secret@example.test/"));
    const char* different[] = {
        "http://example.test/",     "https://example.test/",      "https://example.test:80/",
        "http://example.test:443/", "http://example.test:8080/",  "http://www.example.test/",
        "http://example.test./",    "http://127.0.0.1/",          "http://[::1]/",
        "http://[::1]:8080/",       "http://example.test8080.x/", "https://example.test:8080/"};
    for (const char* one : different) {
        for (const char* other : different) {
            const bool same = std::string_view(one) == other;
            CHECK_MESSAGE((key_of(one) == key_of(other)) == same, one << " and " << other);
            CHECK(pool_key(url(one)).is(key_of(other)) == same);
            std::string with_credentials = one;
            with_credentials.insert(with_credentials.find("//") + 2, "user:secret@");
            CHECK(pool_key(url(with_credentials)).is(key_of(other)) == same);
        }
    }
}

TEST_CASE("what a request has chosen for its connection is part of the key") {
    const url to("https://example.test/");
    const char* const choices[] = {"",
                                   "tls 1",
                                   "tls 12",
                                   "via http://proxy.test:3128",
                                   "via http://proxy.test:3128 dQ==:",
                                   "tls 1 via http://proxy.test:3128"};
    for (const char* one : choices) {
        for (const char* other : choices) {
            std::string key;
            pool_key(to, one).write_to(key);
            CHECK(pool_key(to, other).is(key) == (std::string_view(one) == other));
        }
    }
}
