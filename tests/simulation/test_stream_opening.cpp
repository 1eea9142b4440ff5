// How raw streams are opened: names, addresses, proxies, TLS, the limits of sessions, and what goes wrong.
#include "proxies.hpp"
#include "streams.hpp"
#include "tls_wire.hpp"

#include <optional>
#include <stdexcept>

using namespace simulation;
using namespace std::chrono_literals;

TEST_CASE("streams: errors of connecting are those of a request") {
    skein::testing::run([]() -> task<> {
        auto& network = this_network();
        network.add_name("example.test", {"10.0.0.7", "10.0.0.8"});
        network.swallow("slow.test", 7);
        try {
            (void)co_await skein::connect("example.test", 7);
            FAIL("nobody listens");
        } catch (const skein::connect_error& e) {
            CHECK(mentions(e.what(), "10.0.0.7:7"));
            CHECK(mentions(e.what(), "10.0.0.8:7"));
            CHECK(e.host() == "example.test");
            CHECK(e.port() == 7);
            REQUIRE(e.report() != nullptr);
            REQUIRE(e.report()->attempt_list.size() == 1);
            CHECK(e.report()->attempt_list[0].connects.size() == 2);
        }
        const auto unknown = co_await words_of<skein::resolve_error>(skein::connect("none.test", 7));
        CHECK(mentions(unknown, "none.test"));
        skein::connect_options soon;
        soon.timeout.connect = 1s;
        const auto late = co_await words_of<skein::timeout_error>(skein::connect("slow.test", 7, soon));
        CHECK(mentions(late, "limit connect 1 s"));
        skein::connector_options careful;
        careful.address_policy = skein::address_policy::public_only();
        const auto refused = co_await words_of<skein::connect_error>(
            skein::connect("example.test", 7, skein::connect_options(), careful));
        CHECK(mentions(refused, "address policy"));
        for (const char* bad : {"", "a/b", "user@host", "a:b", "[::1]", "host:80", "a b", "a?b", "a#b"})
            CHECK_THROWS_AS((void)skein::connect(bad, 7), skein::invalid_url);
        CHECK_THROWS_AS((void)skein::connect_unix(""), std::invalid_argument);
        skein::connect_options by_proxy;
        by_proxy.proxy = skein::proxy("http://proxy.test:3128");
        CHECK_THROWS_AS((void)skein::connect_unix("/run/it", by_proxy), std::invalid_argument);
    });
}

TEST_CASE("streams: Unix sockets, by path") {
    skein::testing::run([]() -> task<> {
        this_network().listen_unix("/run/it", echo);
        auto s = co_await skein::connect_unix("/run/it");
        CHECK(s.peer() == "unix:/run/it");
        co_await write_and_end(s, "text");
        const auto all = co_await read_all(s);
        CHECK(all == "text");
    });
}

TEST_CASE("streams: what goes wrong with a Unix socket is said of its path, and of no host") {
    skein::testing::run([]() -> task<> {
        try {
            (void)co_await skein::connect_unix("/run/none");
            FAIL("nobody listens");
        } catch (const skein::connect_error& e) {
            CHECK(std::string(e.what()) ==
                  "cannot connect to unix:/run/none: No such file or directory "
                  "(stream to unix:/run/none, after 0 ms)");
            REQUIRE(e.report() != nullptr);
            CHECK(e.report()->url == "unix:/run/none");
            CHECK(e.report()->attempt_list.at(0).url == "unix:/run/none");
        }
        skein::connector_options careful;
        careful.address_policy = skein::address_policy::public_only();
        const auto refused = co_await words_of<skein::connect_error>(
            skein::connect_unix("/run/it", skein::connect_options(), careful));
        CHECK(refused ==
              "cannot connect to unix:/run/it is refused by the address policy public_only "
              "(stream to unix:/run/it, after 0 ms)");
        this_network().listen_unix("/run/mute", [](server_stream& client) -> task<> {
            std::string unanswered;
            co_await keep_all(client, unanswered);
        });
        skein::connect_options how;
        how.tls = trusting_tests();
        how.timeout.tls = 1s;
        const auto late = co_await words_of<skein::timeout_error>(skein::connect_unix("/run/mute", how));
        CHECK(late ==
              "timed out in the TLS handshake with unix:/run/mute: limit tls 1 s "
              "(stream to unix:/run/mute, after 1 s)");
        // A session has a name for whom it looks for there.
        session_options options;
        options.connector.unix_socket = "/run/none";
        client_session session(options);
        const auto named = co_await words_of<skein::connect_error>(session.connect("example.test", 7));
        CHECK(mentions(named, "cannot connect to example.test:7: unix:/run/none: No such file"));
        CHECK(mentions(named, "(stream to example.test:7, "));
    });
}

TEST_CASE("streams: TLS, whose end is announced in both directions, and after which there may be more") {
    skein::testing::run([]() -> task<> {
        bool saw_goodbye = false;
        this_network().listen("example.test", 7, [&](server_stream& wire) -> task<> {
            tls_wire client(wire, certified_as("example.test"));
            while (!client.engine.saw_close_notify()) {
                const bool more = co_await client.step();
                REQUIRE(more);
            }
            saw_goodbye = true;
            const auto end = co_await wire.read();
            CHECK(end == "");
            co_await client.write("you said " + client.engine.received());
        });
        skein::connect_options how;
        how.tls = trusting_tests();
        auto s = co_await skein::connect("example.test", 7, how);
        CHECK(s.tls_version() == "TLSv1.3");
        CHECK(s.tls_cipher() != "");
        const std::string text = numbered(200'000);
        co_await write_and_end(s, text);
        const auto got = co_await s.read_exactly(9 + text.size());
        CHECK(got == "you said " + text);
        CHECK(saw_goodbye);
        // The server closed without a word: what came may be cut.
        const auto words = co_await words_of<skein::disconnected_error>(s.read());
        CHECK(mentions(words, "example.test:7"));
    });
}

TEST_CASE("streams: what write() has returned from arrives, though the stream is closed at once") {
    for (const bool secret : {false, true}) {
        skein::testing::run([&]() -> task<> {
            std::string received;
            this_network().listen("example.test", 7, [&](server_stream& wire) -> task<> {
                if (!secret) {
                    co_await keep_all(wire, received, 1ms);
                    co_return;
                }
                tls_wire client(wire, certified_as("example.test"));
                for (bool more = true; more;) {
                    co_await skein::sleep(1ms);
                    more = co_await client.step();
                }
                received = client.engine.received();
            });
            set_window(1000);
            skein::connect_options how;
            if (secret) how.tls = trusting_tests();
            const std::string text = numbered(50'000);
            auto s = co_await skein::connect("example.test", 7, how);
            co_await s.write(text);
            s.close();
            co_await skein::sleep(1h);
            CHECK(received == text);
        });
    }
}

TEST_CASE("streams: through proxies of both kinds, http in a tunnel, too") {
    for (const bool socks : {false, true}) {
        skein::testing::run([&]() -> task<> {
            proxy_log log;
            proxy_plan plan;
            session_options options;
            if (socks) {
                listen_as_socks("proxy.test", 3128, log, plan);
                options.proxy = "socks5h://proxy.test:3128";
            } else {
                listen_as_proxy("proxy.test", 3128, log, plan);
                options.proxy = "http://proxy.test:3128";
            }
            client_session session(options);
            skein::connect_options how;
            how.proxy = options.proxy;
            for (const bool alone : {false, true}) {
                std::optional<stream> s;
                if (alone)
                    s = co_await skein::connect("example.test", 8080, how);
                else
                    s = co_await session.connect("example.test", 8080);
                co_await s->write("GET /x HTTP/1.1\r\n\r\n");
                const auto head = co_await s->read_until("\r\n\r\n");
                CHECK(mentions(*head, "200"));
            }
            REQUIRE(log.asked.size() == 2);
            if (socks)
                CHECK(log.asked[0] == "example.test:8080");
            else
                CHECK(log.asked[0].starts_with("CONNECT example.test:8080 HTTP/1.1\r\n"));
            CHECK(log.forwarded.empty());
            CHECK(log.tunnelled.size() == 2);
        });
    }
}

TEST_CASE("streams: those of a session count towards its limits, and are none of its connections") {
    skein::testing::run([]() -> task<> {
        this_network().listen("example.test", 80, echo_target);
        session_options options;
        options.connector.limit = 1;
        client_session session(options);
        co_await fetch_target(session, "/one");
        CHECK(session.stats().idle == 1);
        {
            auto s = co_await session.connect("example.test", 80);  // the idle one makes room
            CHECK(session.stats().idle == 0);
            CHECK(session.stats().open == 1);
            auto waiting = skein::create_task(fetch_target(session, "/two"));
            co_await skein::sleep(1s);
            CHECK(session.stats().waiting == 1);
            skein::connect_options soon;
            soon.timeout.pool = 1s;
            const auto words =
                co_await words_of<skein::timeout_error>(session.connect("example.test", 80, soon));
            CHECK(mentions(words, "limit pool 1 s"));
            s.close();
            co_await waiting;
        }
        CHECK(session.stats().open == 1);
        co_await session.close();
        CHECK_THROWS_AS((void)session.connect("example.test", 80), std::logic_error);
    });
}

TEST_CASE("streams: they are no requests: neither traces nor middlewares are asked") {
    skein::testing::run([]() -> task<> {
        this_network().listen("example.test", 7, echo);
        int told = 0;
        session_options options;
        options.trace = [&](const skein::trace_event&) { ++told; };
        options.middleware = {[&](skein::attempt_request& request, skein::next_handler next) {
            ++told;
            return next(request);
        }};
        client_session session(options);
        auto s = co_await session.connect("example.test", 7);
        CHECK(told == 0);
        CHECK(session.stats().requests == 0);
        CHECK(session.stats().open == 1);
    });
}

TEST_CASE("streams: one of a session goes on when that is closed or gone") {
    skein::testing::run([]() -> task<> {
        this_network().listen("example.test", 7, echo);
        std::optional<client_session> session;
        session.emplace();
        auto s = co_await session->connect("example.test", 7);
        co_await session->close();
        session.reset();
        co_await write_and_end(s, "text");
        const auto all = co_await read_all(s);
        CHECK(all == "text");
    });
}

TEST_CASE("streams: every fault at every wait of opening one in a session") {
    proxy_log log;
    proxy_plan plan;
    sweep("opening", [&]() -> task<> {
        this_network().set_link(slow_link());
        listen_as_proxy("proxy.test", 3128, log, plan);
        session_options options;
        options.proxy = "http://proxy.test:3128";
        options.tls = trusting_tests();
        client_session session(options);
        {
            const pool_check check(session);
            skein::connect_options how;
            how.tls = trusting_tests();
            auto s = co_await session.connect("example.test", 443, how);
            co_await s.write("GET /x HTTP/1.1\r\n\r\n");
            const auto head = co_await s.read_until("\r\n\r\n");
            if (head) CHECK(head->find("200") != head->npos);
        }
    });
}
