// No secret goes astray on the way through proxies: random chains of redirects over origins that are reached
// directly, through a proxy that gets the requests, and through tunnels, with secrets for all of them; and
// for each request that anybody got, exactly what it may have been told.
#include "proxies.hpp"

#include <array>
#include <random>
#include <vector>

using namespace simulation;
using skein::proxy;

namespace {

constexpr std::array<const char*, 6> origins = {"http://a.test",      "https://a.test",
                                                "http://b.test",      "https://b.test",
                                                "http://direct.test", "https://direct.test"};

const std::string for_proxy = "Basic cHJveHk6c2VjcmV0";  // proxy:secret
const std::string for_origin = "Bearer origin-secret";

struct chain {
    std::vector<std::size_t> hops;  // which origin, the first included
    std::string way;                // the proxy's URL
    std::size_t at = 0;
};

std::string host_of(std::size_t origin) {
    const std::string url = origins[origin];
    return url.substr(url.find("://") + 3);
}
bool is_secure(std::size_t origin) {
    return std::string_view(origins[origin]).starts_with("https");
}

/// Whether the first origin's secrets are still told at that hop.
bool is_trusted(const chain& c, std::size_t at) {
    for (std::size_t i = 1; i <= at; ++i) {
        const bool same = c.hops[i - 1] == c.hops[i];
        const bool upgrade = host_of(c.hops[i - 1]) == host_of(c.hops[i]) && !is_secure(c.hops[i - 1]);
        if (!same && !upgrade) return false;
    }
    return true;
}

/// A request in the hands of somebody: a proxy, or an origin that it reached through one or directly.
void look_at(const chain& c, const std::string& head, bool by_proxy) {
    const std::string whole = head.substr(0, head.find("\r\n\r\n"));
    if (head.starts_with("CONNECT ")) {
        CHECK(whole.find("origin-secret") == whole.npos);
        CHECK(field_of(head, "Cookie").empty());
        CHECK(field_of(head, "Proxy-Authorization") == for_proxy);
        return;
    }
    CHECK(field_of(head, "Proxy-Authorization") == (by_proxy ? for_proxy : ""));
    CHECK(field_of(head, "Authorization") == (is_trusted(c, c.at) ? for_origin : ""));
    CHECK(field_of(head, "Cookie") == (is_trusted(c, c.at) ? "own=cookie" : ""));
}

task<> walk(chain& c) {
    proxy_log log;
    proxy_plan plan;
    plan.answer = [&](const std::string& origin, const std::string& head) {
        CHECK(origin == host_of(c.hops[c.at]));
        const bool by_proxy = target_of(head).starts_with("http");
        CHECK(by_proxy ==
              (origin != "direct.test" && !is_secure(c.hops[c.at]) && !c.way.starts_with("socks")));
        look_at(c, head, by_proxy);
        skein::headers to;
        if (++c.at < c.hops.size()) to.append("Location", std::string(origins[c.hops[c.at]]) + "/");
        return skein::testing::response_text(to.empty() ? 200 : 307, "", to);
    };
    if (c.way.starts_with("https")) plan.tls_name = "proxy.test";
    if (c.way.starts_with("socks")) {
        plan.credentials = "proxy:secret";
        listen_as_socks("proxy.test", 3128, log, plan);
    } else {
        plan.credentials = for_proxy;
        listen_as_proxy("proxy.test", 3128, log, plan);
    }
    for (const std::uint16_t port : {std::uint16_t(80), std::uint16_t(443)})
        this_network().listen("direct.test", port, [&, port](server_stream& wire) -> task<> {
            wire_end client(wire);
            proxy_log unused;
            co_await serve_behind(client, "direct.test:" + std::to_string(port), unused, plan);
        });
    session_options options = through(proxy(c.way));
    options.no_proxy = "direct.test";
    client_session session(options);
    const pool_check check(session);
    auto request = session.get(std::string(origins[c.hops[0]]) + "/");
    request.cookie("own", "cookie").allow_downgrade(true).header("Authorization", for_origin);
    auto got = co_await std::move(request);
    CHECK(got.status() == 200);
    (void)co_await got.text();
    for (const auto& head : log.asked)
        if (head.starts_with("CONNECT ")) look_at(c, head, true);
    for (const auto& login : log.logins) CHECK(login == "proxy:secret");
}

}  // namespace

TEST_CASE("random chains of redirects through proxies: everybody is told what is for him, and nothing else") {
    std::size_t requests = 0;
    for (unsigned seed = 0; seed < 240; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        chain c;
        const std::array<const char*, 3> schemes = {"http", "https", "socks5h"};
        c.way = std::string(schemes[seed % schemes.size()]) + "://proxy:secret@proxy.test:3128";
        for (std::size_t left = 2 + random() % 6; left != 0; --left)
            c.hops.push_back(random() % 3 == 0 ? random() % origins.size() : random() % 2);
        skein::testing::run([&]() -> task<> { co_await walk(c); });
        CHECK(c.at == c.hops.size());
        requests += c.at;
    }
    MESSAGE("taint: " << requests << " requests of 240 chains through proxies looked at");
}
