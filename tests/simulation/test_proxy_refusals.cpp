// Proxies that refuse, and what becomes of it: errors that name them, and what is tried again.
#include "proxies.hpp"

using namespace simulation;
using skein::proxy;
using skein::proxy_error;

TEST_CASE("proxies: a refusal is an error that names the proxy, whatever it is dressed up as") {
    struct refusal {
        const char* answer;
        int status;
        const char* words;
    };
    const refusal refusals[] = {
        {"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n\r\n", 407,
         "the proxy http://proxy.test:3128 refused a tunnel: it wants credentials: 407 No (Basic "
         "realm=\"p\")"},
        {"HTTP/1.1 302 Found\r\nLocation: http://evil.test/\r\nContent-Length: 0\r\n\r\n", 302,
         "answered 302"},
        {"HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm=\"a\", nonce=\"b\"\r\n\r\n", 401, "answered 401"},
        {"HTTP/1.1 403 No\r\nSet-Cookie: evil=1\r\nContent-Length: 4\r\n\r\nEVIL", 403, "answered 403"},
        {"HTTP/1.1 502 Bad Gateway\r\nTransfer-Encoding: chunked\r\n\r\n", 502, "answered 502"},
        {"garbage\r\n\r\n", 0, "broke HTTP"},
    };
    for (const auto& one : refusals) {
        CAPTURE(one.answer);
        skein::testing::run([&]() -> task<> {
            proxy_log log;
            proxy_plan plan;
            plan.granted = one.answer;
            listen_as_proxy("proxy.test", 3128, log, plan);
            client_session session(through("http://user:secret@proxy.test:3128"));
            const pool_check check(session);
            bool thrown = false;
            try {
                (void)co_await session.get("https://example.test/").digest_auth("me", "mine");
            } catch (const proxy_error& e) {
                thrown = true;
                const std::string what = e.what();
                CAPTURE(what);
                CHECK(what.find(one.words) != what.npos);
                CHECK(what.find("through http://proxy.test:3128") != what.npos);
                CHECK(what.find("secret") == what.npos);
                CHECK(e.status() == one.status);
                CHECK(e.host() == "proxy.test");
                CHECK(e.port() == 3128);
                CHECK(e.headers().empty() == (one.status == 0));
                REQUIRE(e.report() != nullptr);
                CHECK(e.report()->via == "http://proxy.test:3128");
                CHECK(e.report()->attempts == 0);
                CHECK(e.report()->attempt_list.at(0).status == 0);
            }
            CHECK(thrown);
            CHECK(session.stats().open == 0);
            CHECK(session.cookies().size() == 0);
            CHECK(log.asked.size() == 1);
        });
    }
}

TEST_CASE("proxies: 407 to a request that is forwarded is an error, too, and sets no cookie") {
    skein::testing::run([]() -> task<> {
        proxy_log log;
        proxy_plan plan;
        plan.credentials = "Basic b3RoZXI=";
        listen_as_proxy("proxy.test", 3128, log, plan);
        client_session session(through("http://user:pass@proxy.test:3128"));
        const pool_check check(session);
        bool thrown = false;
        try {
            (void)co_await session.get("http://example.test/");
        } catch (const proxy_error& e) {
            thrown = true;
            CHECK(e.status() == 407);
            CHECK(e.headers().get("Proxy-Authenticate") == "Basic realm=\"p\"");
            CHECK(
                std::string(e.what()).starts_with("the proxy http://proxy.test:3128 wants credentials: 407"));
        }
        CHECK(thrown);
        CHECK(session.cookies().size() == 0);
        // From an origin, it is a response as any other.
        this_network().listen("example.test", 80,
                              skein::testing::always_answer(skein::testing::response_text(407, "odd")));
        auto got = co_await session.get("http://example.test/").proxy(proxy::none());
        CHECK(got.status() == 407);
        (void)co_await got.text();
    });
}

TEST_CASE("proxies: a login that SOCKS refuses, a host that it cannot reach") {
    skein::testing::run([]() -> task<> {
        proxy_log log;
        proxy_plan plan;
        plan.credentials = "user:pass";
        listen_as_socks("proxy.test", 1080, log, plan);
        const auto outcome = [](client_session& session) -> task<std::string> {
            try {
                (void)co_await session.get("http://example.test/");
                co_return "none";
            } catch (const proxy_error& e) {
                CHECK(e.code() == std::errc::permission_denied);
                co_return e.what();
            }
        };
        client_session wrong(through("socks5h://user:wrong@proxy.test"));
        const auto first = co_await outcome(wrong);
        CHECK(first.starts_with(
            "the proxy socks5h://proxy.test:1080 does not accept the user name and password"));
        client_session without(through("socks5h://proxy.test"));
        const auto second = co_await outcome(without);
        CHECK(second.starts_with("the proxy socks5h://proxy.test:1080 wants credentials"));
        client_session right(through("socks5h://user:pass@proxy.test"));
        const auto text = co_await body_of(right, "http://example.test/x");
        CHECK(text == "/x");
    });
}

TEST_CASE("proxies: both certificates are verified, each for its own name and by its own context") {
    skein::testing::run([]() -> task<> {
        proxy_log log;
        proxy_plan plan;
        plan.tls_name = "proxy.test";
        proxy_plan other_name;
        other_name.tls_name = "other.test";
        listen_as_proxy("proxy.test", 443, log, plan);
        listen_as_proxy("liar.test", 443, log, other_name);
        session_options strict;  // trusts the system's CAs alone
        client_session session(strict);
        const auto host_of_failure = [&](const proxy& p, const char* to) -> task<std::string> {
            try {
                (void)co_await session.get(to).proxy(p).tls(trusting_tests());
                co_return "none";
            } catch (const skein::tls_error& e) {
                co_return e.host();
            }
        };
        const char* const secure = "https://example.test/";
        const char* const plain = "http://example.test/";
        const proxy untrusted = "https://proxy.test";
        const proxy good = proxy("https://proxy.test").tls(trusting_tests());
        const proxy liar = proxy("https://liar.test").tls(trusting_tests());
        for (const char* to : {secure, plain}) {
            const auto first = co_await host_of_failure(untrusted, to);
            CHECK(first == "proxy.test");
            const auto second = co_await host_of_failure(liar, to);
            CHECK(second == "liar.test");
            const auto third = co_await host_of_failure(good, to);
            CHECK(third == "none");
        }
        CHECK(log.asked.size() == 2);
        bool refused = false;
        try {  // the origin's is not believed by the context for the proxy
            (void)co_await session.get(secure).proxy(good);
        } catch (const skein::tls_error& e) {
            refused = e.host() == "example.test";
        }
        CHECK(refused);
    });
}

TEST_CASE("proxies: what may pass is tried again by a retry policy, refusals are not") {
    struct answer_case {
        const char* answer;
        std::size_t attempts;
    };
    for (const answer_case& one :
         {answer_case{"HTTP/1.1 503 Later\r\n\r\n", 3}, answer_case{"HTTP/1.1 403 No\r\n\r\n", 1},
          answer_case{"HTTP/1.1 407 Who\r\n\r\n", 1}, answer_case{"garbage\r\n\r\n", 1}}) {
        CAPTURE(one.answer);
        skein::testing::run([&]() -> task<> {
            proxy_log log;
            proxy_plan plan;
            plan.granted = one.answer;
            listen_as_proxy("proxy.test", 3128, log, plan);
            session_options options = through("http://proxy.test:3128");
            skein::retry_policy policy;
            policy.attempts = 3;
            options.retry = policy;
            client_session session(options);
            bool thrown = false;
            try {
                (void)co_await session.post("https://example.test/").body("x");  // nothing was sent of it
            } catch (const proxy_error&) {
                thrown = true;
            }
            CHECK(thrown);
            CHECK(log.asked.size() == one.attempts);
        });
    }
}

TEST_CASE("proxies: one that never agrees on a tunnel has as long as a connection may take") {
    for (const char* way : {"http://proxy.test:3128", "socks5h://proxy.test:3128"}) {
        CAPTURE(way);
        skein::testing::run([&]() -> task<> {
            const auto silent = [](server_stream& wire) -> task<> {
                for (;;)
                    if ((co_await wire.read()).empty()) co_return;
            };
            this_network().listen("proxy.test", 3128, silent);
            client_session session(through(way));
            const pool_check check(session);
            skein::timeouts limits;
            limits.connect = std::chrono::seconds(7);
            bool thrown = false;
            try {
                (void)co_await session.get("https://example.test/").timeout(limits);
            } catch (const skein::timeout_error& e) {
                thrown = true;
                CHECK(e.phase() == skein::phase::proxy);
                CHECK(e.limit() == std::chrono::seconds(7));
                CHECK_FALSE(e.total());
            }
            CHECK(thrown);
            CHECK(skein::testing::elapsed() == std::chrono::seconds(7));
            CHECK(session.stats().open == 0);
        });
    }
}
