// Requests through proxies of every kind: who is told what, what is shared, what is refused.
#include "proxies.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>

using namespace simulation;
using namespace std::chrono_literals;
using namespace std::string_literals;
using skein::proxy;

namespace {

/// A way through a proxy, to http and to https.
struct way {
    const char* name;
    const char* url;       // of the proxy
    const char* tls_name;  // of its certificate; empty: none
    bool socks;
    const char* credentials;  // that it wants
};

const way ways[] = {
    {"http", "http://proxy.test:3128", "", false, ""},
    {"http with a login", "http://user:pass@proxy.test:3128", "", false, "Basic dXNlcjpwYXNz"},
    {"https", "https://user:pass@proxy.test:3128", "proxy.test", false, "Basic dXNlcjpwYXNz"},
    {"socks5", "socks5://proxy.test:3128", "", true, ""},
    {"socks5h", "socks5h://proxy.test:3128", "", true, ""},
    {"socks5h with a login", "socks5h://user:pass@proxy.test:3128", "", true, "user:pass"},
};

void listen(const way& w, proxy_log& log, proxy_plan& plan) {
    plan.tls_name = w.tls_name;
    plan.credentials = w.credentials;
    if (std::string_view(w.url).starts_with("socks5://"))
        this_network().add_name("example.test", {"10.0.0.7"});
    if (w.socks)
        listen_as_socks("proxy.test", 3128, log, plan);
    else
        listen_as_proxy("proxy.test", 3128, log, plan);
}

task<> fetch_twice(const way& w, const char* scheme, proxy_log& log, proxy_plan& plan) {
    this_network().set_link(slow_link());
    listen(w, log, plan);
    client_session session(through(w.url));
    const pool_check check(session);
    const std::string origin = scheme + "://example.test"s;
    for (const char* path : {"/one", "/two"}) {
        auto got = co_await session.get(origin + path);
        const auto text = co_await got.text();
        CHECK(text == path);
        CHECK(got.report().via == proxy(w.url).to_string());
    }
    if (untouched) CHECK(this_network().made_connections() == 1);
}

}  // namespace

TEST_CASE("proxies: every fault at every wait of two requests, on every way") {
    // Servers end after the scenario.
    proxy_log log;
    proxy_plan plan;
    for (const way& w : ways)
        for (const char* scheme : {"http", "https"})
            sweep("through "s + w.name + " to " + scheme,
                  [&]() -> task<> { return fetch_twice(w, scheme, log, plan); });
}

TEST_CASE("proxies: http is asked in absolute-form, with the login for the proxy") {
    skein::testing::run([]() -> task<> {
        proxy_log log;
        const proxy_plan plan;
        listen_as_proxy("proxy.test", 3128, log, plan);
        client_session session(through("http://user:pass@proxy.test:3128"));
        const auto text = co_await body_of(session, "http://u:p@example.test:8080/a?b#c");
        CHECK(text == "/a?b");
        REQUIRE(log.forwarded.size() == 1);
        const std::string& head = log.forwarded[0];
        CHECK(head.starts_with("GET http://example.test:8080/a?b HTTP/1.1\r\nHost: example.test:8080\r\n"));
        CHECK(field_of(head, "Proxy-Authorization") == "Basic dXNlcjpwYXNz");
        CHECK(field_of(head, "Authorization") == "Basic dTpw");  // for the origin, which the proxy asks
        CHECK(this_network().lookups() == 1);                    // of the proxy's name
    });
}

TEST_CASE("proxies: https goes through a tunnel, and the proxy learns no more than where it leads") {
    skein::testing::run([]() -> task<> {
        proxy_log log;
        const proxy_plan plan;
        listen_as_proxy("proxy.test", 3128, log, plan);
        client_session session(through("http://user:pass@proxy.test:3128"));
        session.cookies().set(skein::url("https://example.test/"), "a", "b");
        auto got = co_await session.get("https://u:p@example.test/secret").header("X-Key", "key");
        const auto text = co_await got.text();
        CHECK(text == "/secret");
        REQUIRE(log.asked.size() == 1);
        REQUIRE(log.tunnelled.size() == 1);
        CHECK(log.asked[0] == "CONNECT example.test:443 HTTP/1.1\r\nHost: example.test:443\r\nUser-Agent: " +
                                  field_of(log.tunnelled[0], "User-Agent") +
                                  "\r\nProxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n");
        const std::string& head = log.tunnelled[0];
        CHECK(head.starts_with("GET /secret HTTP/1.1\r\nHost: example.test\r\n"));
        CHECK(field_of(head, "Proxy-Authorization").empty());
        CHECK(field_of(head, "Authorization") == "Basic dTpw");
        CHECK(field_of(head, "Cookie") == "a=b");
        CHECK(got.report().tls_version == "TLSv1.3");
        CHECK(got.report().via == "http://proxy.test:3128");
        CHECK(got.report().attempt_list.at(0).via == "http://proxy.test:3128");
        CHECK(this_network().lookups() == 1);
    });
}

TEST_CASE("proxies: socks5 resolves here and tries each address, socks5h leaves the name to the proxy") {
    skein::testing::run([]() -> task<> {
        proxy_log log;
        const proxy_plan plan;
        int refusals = 0;
        const auto serve = [&](server_stream& wire) -> task<> {
            if (refusals++ != 0) {
                co_await serve_socks_proxy(wire, log, plan);
                co_return;
            }
            wire_end client(wire);
            (void)co_await client.exactly(3);
            co_await client.write("\x05\x00"s);
            (void)co_await client.exactly(10);
            co_await client.write("\x05\x04\x00\x01\x00\x00\x00\x00\x00\x00"s);  // host unreachable
        };
        this_network().listen("proxy.test", 1080, serve);
        this_network().add_name("example.test", {"10.0.0.7", "10.0.0.8"});
        client_session session(through("socks5://proxy.test"));
        const auto text = co_await body_of(session, "http://example.test/here");
        CHECK(text == "/here");
        CHECK(log.asked == std::vector<std::string>{"10.0.0.8:80"});
        CHECK(this_network().lookups() == 2);  // the origin's, and the proxy's once for both addresses

        const proxy by_name = "socks5h://proxy.test";
        auto got = co_await session.get("https://unknown.test/there").proxy(by_name);
        const auto there = co_await got.text();
        CHECK(there == "/there");
        CHECK(log.asked.back() == "unknown.test:443");
        auto literal = co_await session.get("http://10.1.2.3/address").proxy(by_name);
        const auto address = co_await literal.text();
        CHECK(address == "/address");
        CHECK(log.asked.back() == "10.1.2.3:80");
    });
}

TEST_CASE("proxies: of very many addresses socks5 tries six, each by a connection of its own") {
    skein::testing::run([]() -> task<> {
        int refusals = 0;
        const auto serve = [&](server_stream& wire) -> task<> {
            ++refusals;
            wire_end client(wire);
            (void)co_await client.exactly(3);
            co_await client.write("\x05\x00"s);
            (void)co_await client.exactly(10);
            co_await client.write("\x05\x04\x00\x01\x00\x00\x00\x00\x00\x00"s);  // host unreachable
        };
        this_network().listen("proxy.test", 1080, serve);
        std::vector<std::string> addresses;
        for (int i = 1; i <= 20; ++i) addresses.push_back("10.0.0." + std::to_string(i));
        this_network().add_name("example.test", addresses);
        client_session session(through("socks5://proxy.test"));
        bool failed = false;
        try {
            (void)co_await body_of(session, "http://example.test/here");
        } catch (const skein::proxy_error& e) {
            failed = e.code() == std::errc::host_unreachable;
        }
        CHECK(failed);
        CHECK(refusals == 6);
        CHECK(session.stats().open == 0);
    });
}

TEST_CASE("proxies: connections are shared only on the same way, as the same user") {
    skein::testing::run([]() -> task<> {
        proxy_log log;
        const proxy_plan plan;
        proxy_plan over_tls;
        over_tls.tls_name = "proxy.test";
        listen_as_proxy("proxy.test", 3128, log, plan);
        listen_as_proxy("proxy.test", 3129, log, plan);
        listen_as_proxy("proxy.test", 3130, log, over_tls);
        listen_as_socks("proxy.test", 1080, log, plan);
        this_network().listen("example.test", 80, echo_target);
        this_network().listen("example.test", 443, [&](server_stream& wire) -> task<> {
            wire_end client(wire);
            co_await serve_behind(client, "example.test:443", log, plan);
        });
        session_options options;
        options.tls = trusting_tests();
        client_session session(options);
        const std::vector<proxy> all = {
            proxy::none(),
            "http://proxy.test:3128",
            "http://proxy.test:3129",
            "http://u@proxy.test:3128",
            "http://u:p@proxy.test:3128",
            "http://v:p@proxy.test:3128",
            "https://proxy.test:3130",
            proxy("https://proxy.test:3130").tls(skein::tls_context(trusting_tests()).trust_system_roots()),
            "socks5h://proxy.test:1080",
            "socks5h://u%3Aa:b@proxy.test:1080",
            "socks5h://u:a%3Ab@proxy.test:1080"};
        std::size_t made = 0;
        for (const char* origin : {"http://example.test/", "https://example.test/"}) {
            for (const proxy& p : all) {
                CAPTURE(p.to_string());
                for (int again = 0; again < 3; ++again) {
                    auto got = co_await session.get(origin).proxy(p);
                    const auto text = co_await got.text();
                    CHECK(text == "/");
                    CHECK(got.report().via == p.to_string());
                }
                CHECK(this_network().made_connections() == ++made);
            }
        }
        CHECK(session.stats().idle == made);
    });
}

TEST_CASE("proxies: a header of the caller's takes the place of the URL's login, and goes to a proxy only") {
    skein::testing::run([]() -> task<> {
        proxy_log log;
        const proxy_plan plan;
        listen_as_proxy("proxy.test", 3128, log, plan);
        listen_as_socks("proxy.test", 1080, log, plan);
        std::vector<std::string> direct;
        this_network().listen("direct.test", 80, [&](server_stream& wire) -> task<> {
            wire_end client(wire);
            for (;;) {
                direct.push_back(co_await client.until("\r\n\r\n"));
                co_await client.write(response(""));
            }
        });
        const proxy http = "http://user:pass@proxy.test:3128";
        session_options options;
        options.tls = trusting_tests();
        client_session session(options);
        for (const char* value : {"Bearer one", "Bearer two"}) {
            (void)co_await session.get("http://example.test/")
                .proxy(http)
                .header("Proxy-Authorization", value);
            CHECK(field_of(log.asked.back(), "Proxy-Authorization") == value);
            (void)co_await session.get("https://example.test/")
                .proxy(http)
                .header("Proxy-Authorization", value);
            CHECK(field_of(log.asked.back(), "Proxy-Authorization") == value);
            CHECK(field_of(log.tunnelled.back(), "Proxy-Authorization").empty());
            (void)co_await session.get("http://example.test/")
                .proxy("socks5h://proxy.test")
                .header("Proxy-Authorization", value);
            CHECK(field_of(log.tunnelled.back(), "Proxy-Authorization").empty());
            (void)co_await session.get("http://direct.test/").header("Proxy-Authorization", value);
            CHECK(field_of(direct.back(), "Proxy-Authorization").empty());
        }
        CHECK(this_network().made_connections() == 6);  // a tunnel is somebody's, too

        options.default_headers.append("Proxy-Authorization", "Bearer session");
        options.proxy = http;
        options.no_proxy = "direct.test";
        client_session other(options);
        (void)co_await other.get("http://example.test/");
        CHECK(field_of(log.asked.back(), "Proxy-Authorization") == "Bearer session");
        (void)co_await other.get("https://example.test/");
        CHECK(field_of(log.asked.back(), "Proxy-Authorization") == "Bearer session");
        CHECK(field_of(log.tunnelled.back(), "Proxy-Authorization").empty());
        (void)co_await other.get("http://direct.test/");
        CHECK(field_of(direct.back(), "Proxy-Authorization").empty());
    });
}

TEST_CASE("proxies: each hop of a redirect is decided anew") {
    skein::testing::run([]() -> task<> {
        proxy_log log;
        proxy_plan plan;
        plan.answer = [](const std::string& origin, const std::string& head) {
            skein::headers to;
            if (origin == "one.test") to.append("Location", "https://two.test/");
            if (origin == "two.test") to.append("Location", "https://direct.test/");
            if (origin == "direct.test" && target_of(head) == "/")
                to.append("Location", "https://three.test/");
            return skein::testing::response_text(to.empty() ? 200 : 302, origin, to);
        };
        listen_as_proxy("proxy.test", 3128, log, plan);
        std::vector<std::string> direct;
        this_network().listen("direct.test", 443, [&](server_stream& wire) -> task<> {
            wire_end client(wire);
            co_await serve_behind(client, "direct.test:443", log, plan);
        });
        session_options options = through("http://user:pass@proxy.test:3128");
        options.no_proxy = "direct.test";
        client_session session(options);
        const pool_check check(session);
        auto got = co_await session.get("http://one.test/").header("Proxy-Authorization", "Bearer mine");
        const auto text = co_await got.text();
        CHECK(text == "three.test");
        std::vector<std::string> vias;
        for (const auto& one : got.report().attempt_list) vias.push_back(one.via);
        const std::string p = "http://proxy.test:3128";
        CHECK(vias == std::vector<std::string>{p, p, "", p});
        std::vector<std::string> asked;
        for (const auto& head : log.asked)
            asked.push_back(target_of(head) + " " + field_of(head, "Proxy-Authorization"));
        // The caller's header is for the first origin, as all of them are; the URL's login for its proxy.
        CHECK(asked == std::vector<std::string>{"http://one.test/ Bearer mine",
                                                "two.test:443 Basic dXNlcjpwYXNz",
                                                "three.test:443 Basic dXNlcjpwYXNz"});
        for (const auto& head : log.tunnelled) CHECK(field_of(head, "Proxy-Authorization").empty());
    });
}

TEST_CASE("proxies: a connection to one that turns out stale is replaced on the same way") {
    for (const char* scheme : {"http", "https"}) {
        CAPTURE(scheme);
        skein::testing::run([&]() -> task<> {
            proxy_log log;
            int answers = 0;
            proxy_plan plan;
            plan.answer = [&](const std::string&, const std::string&) -> std::string {
                if (++answers == 2) throw skein::testing::client_gone();  // closes, as an idle limit does
                return response("x");
            };
            listen_as_proxy("proxy.test", 3128, log, plan);
            client_session session(through("http://user:pass@proxy.test:3128"));
            for (int i = 0; i < 2; ++i) {
                auto got = co_await session.get(scheme + "://example.test/"s);
                const auto text = co_await got.text();
                CHECK(text == "x");
                CHECK(got.report().attempts == unsigned(1 + i));
            }
            CHECK(session.stats().retried == 1);
            CHECK(this_network().made_connections() == 2);
            for (const auto& head : log.asked)
                CHECK(field_of(head, "Proxy-Authorization") == "Basic dXNlcjpwYXNz");
        });
    }
}

TEST_CASE("proxies: the environment counts only where it is trusted, and is read with the session") {
    ::setenv("http_proxy", "http://proxy.test:3128", 1);
    ::setenv("no_proxy", "direct.test", 1);
    skein::testing::run([]() -> task<> {
        proxy_log log;
        const proxy_plan plan;
        listen_as_proxy("proxy.test", 3128, log, plan);
        for (const char* host : {"example.test", "direct.test", "localhost"})
            this_network().listen(host, 80, echo_target);
        session_options options;
        options.trust_env = true;
        client_session trusting(options);
        options.proxy = proxy::none();
        client_session refusing(options);
        client_session plain;
        ::unsetenv("http_proxy");
        ::unsetenv("no_proxy");
        const auto via_of = [](client_session& session, const char* to) -> task<std::string> {
            auto got = co_await session.get(to);
            (void)co_await got.text();
            co_return got.report().via;
        };
        const auto through_it = co_await via_of(trusting, "http://example.test/");
        CHECK(through_it == "http://proxy.test:3128");
        for (const char* to : {"http://direct.test/", "http://localhost/"}) {
            const auto way = co_await via_of(trusting, to);
            CHECK(way.empty());
        }
        for (auto* session : {&refusing, &plain}) {
            const auto way = co_await via_of(*session, "http://example.test/");
            CHECK(way.empty());
        }
    });
}

TEST_CASE(
    "proxies: an https proxy is believed by its own context, the session's for proxies, or the session's") {
    using skein::tls_context;
    struct trust {
        const char* what;
        tls_context tls;  // of the session
        std::optional<tls_context> for_proxies;
        std::optional<tls_context> of_proxy;
        bool believed;
    };
    const tls_context& good = trusting_tests();
    const tls_context none;
    const std::string pin = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    const trust all[] = {
        {"the session's", good, {}, {}, true},
        {"the session's, without its pins", tls_context(good).pin_spki(pin), {}, {}, true},
        {"that for proxies", none, good, {}, true},
        {"that for proxies, and nothing else", good, none, {}, false},
        {"that for proxies, whoever is believed else", tls_context::insecure(), none, {}, false},
        {"the proxy's own", none, none, good, true},
        {"the proxy's own, and nothing else", good, good, none, false},
        {"one server's pin is for that", tls_context::insecure().pin_spki(pin), {}, {}, false},
    };
    for (const auto& one : all) {
        for (const bool from_environment : {false, true}) {
            if (from_environment && one.of_proxy) continue;
            CAPTURE(one.what);
            skein::testing::run([&]() -> task<> {
                proxy_log log;
                proxy_plan plan;
                plan.tls_name = "proxy.test";
                listen_as_proxy("proxy.test", 3128, log, plan);
                session_options options;
                options.tls = one.tls;
                options.proxy_tls = one.for_proxies;
                options.trust_env = from_environment;
                if (!from_environment) options.proxy = "https://proxy.test:3128";
                if (one.of_proxy) options.proxy.tls(*one.of_proxy);
                ::setenv("http_proxy", "https://proxy.test:3128", 1);
                client_session session(options);
                ::unsetenv("http_proxy");
                bool believed = true;
                try {
                    (void)co_await body_of(session, "http://example.test/x");
                } catch (const skein::tls_error& e) {
                    believed = false;
                    CHECK(e.host() == "proxy.test");
                }
                CHECK(believed == one.believed);
                CHECK(log.asked.size() == (one.believed ? 1 : 0));
            });
        }
    }
}

TEST_CASE("proxies: traces, the archive and the times tell of the way") {
    skein::testing::run([]() -> task<> {
        proxy_log log;
        const proxy_plan plan;
        this_network().set_link(slow_link());
        listen_as_proxy("proxy.test", 3128, log, plan);
        session_options options = through("http://user:pass@proxy.test:3128");
        std::vector<std::string> seen;
        options.trace = [&](const skein::trace_event& e) {
            if (e.kind == skein::trace_kind::response_chunk_received) return;
            seen.emplace_back(to_string(e.kind));
            const bool before = e.kind == skein::trace_kind::request_start;
            CHECK(e.via == (before ? "" : "http://proxy.test:3128"));
        };
        client_session session(options);
        const skein::har_recorder archive;
        auto got = co_await session.get("https://example.test/").trace(archive);
        (void)co_await got.text();
        const auto entry = archive.log()["log"]["entries"].at(0);
        CHECK(entry["comment"] == "through http://proxy.test:3128");
        CHECK(got.report().to_json()["via"] == "http://proxy.test:3128");
        CHECK(seen == std::vector<std::string>{"request_start", "connection_create_start", "dns_cache_miss",
                                               "dns_resolvehost_start", "dns_resolvehost_end",
                                               "proxy_tunnel_start", "proxy_tunnel_end",
                                               "tls_handshake_start", "tls_handshake_end",
                                               "connection_create_end", "request_headers_sent",
                                               "response_head", "request_end", "response_end"});
        CHECK(got.report().spent(skein::phase::connect) == 100ms);
        CHECK(got.report().spent(skein::phase::proxy) == 100ms);
        CHECK(got.report().spent(skein::phase::tls) == 100ms);
    });
}
