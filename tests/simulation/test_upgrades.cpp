// Connections that HTTP gives up: 101 and CONNECT.
#include "proxies.hpp"
#include "streams.hpp"

#include <stdexcept>

using namespace simulation;
using namespace std::chrono_literals;

namespace {

const std::string switching =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo/1\r\n\r\n";

/// Answers each head with this.
void answer(std::string text, std::vector<std::string>* heads = nullptr) {
    this_network().listen("example.test", 80, [text, heads](server_stream& client) -> task<> {
        for (;;) {
            const auto head = co_await client.read_until("\r\n\r\n");
            if (heads != nullptr) heads->push_back(head);
            co_await client.write(text);
        }
    });
}

task<> switch_and_echo(server_stream& client) {
    const auto head = co_await client.read_until("\r\n\r\n");
    co_await client.write(switching + "glued to the head\n");
    co_await echo(client);
}

const char* const there = "http://example.test/chat";

}  // namespace

TEST_CASE("upgrades: every fault at every wait of one, of what it says, and of what comes after") {
    sweep("an upgrade", [&]() -> task<> {
        this_network().set_link(slow_link());
        this_network().listen("example.test", 80, switch_and_echo);
        client_session session;
        const pool_check check(session);
        auto got = co_await session.get(there).upgrade("echo/1");
        CHECK(got.status() == 101);
        auto s = got.upgrade();
        const auto first = co_await s.read_line();
        if (first) CHECK(*first == "glued to the head");
        co_await s.write("text\n");
        const auto second = co_await s.read_line();
        if (second) CHECK(*second == "text");
        co_await s.shutdown();
        const auto end = co_await s.read();
        CHECK(end == "");
    });
}

TEST_CASE("upgrades: byte by byte, the same") {
    skein::testing::run([]() -> task<> {
        set_largest_piece(1);
        this_network().listen("example.test", 80, switch_and_echo);
        client_session session;
        auto got = co_await session.get(there).upgrade("echo/1");
        auto s = got.upgrade();
        CHECK(s.peer() == "10.0.0.1:80");
        const auto first = co_await s.read_line();
        CHECK(first == "glued to the head");
    });
}

TEST_CASE("upgrades: what the request says, and that nothing is added to others") {
    skein::testing::run([]() -> task<> {
        std::vector<std::string> heads;
        answer(response("no"), &heads);
        client_session session;
        auto one = co_await session.get(there).upgrade("websocket");
        CHECK(one.status() == 200);
        const auto text = co_await one.text();
        CHECK(text == "no");
        auto two = co_await session.get(there).upgrade("a/1").upgrade("b");
        (void)co_await two.text();
        auto three = co_await session.get(there);
        (void)co_await three.text();
        REQUIRE(heads.size() == 3);
        CHECK(mentions(heads[0], "\r\nUpgrade: websocket\r\n"));
        CHECK(mentions(heads[0], "\r\nConnection: upgrade\r\n"));
        CHECK(mentions(heads[1], "\r\nUpgrade: a/1\r\nUpgrade: b\r\n"));
        CHECK(heads[2].find("pgrade") == heads[2].npos);
        CHECK(this_network().made_connections() == 1);
        for (const char* bad : {"", "a b", "a/", "/1", "a/b/c", "a,b", "a\r\nb"})
            CHECK_THROWS_AS((void)session.get(there).upgrade(bad), std::invalid_argument);
    });
}

TEST_CASE("upgrades: an answer that is none gives no stream") {
    skein::testing::run([]() -> task<> {
        answer("HTTP/1.1 426 Upgrade Required\r\nUpgrade: other\r\nContent-Length: 3\r\n\r\nwhy");
        client_session session;
        auto got = co_await session.get(there).upgrade("echo");
        CHECK(got.status() == 426);
        CHECK_THROWS_AS((void)got.upgrade(), std::logic_error);
        const auto text = co_await got.text();
        CHECK(text == "why");
        CHECK_THROWS_AS((void)got.upgrade(), std::logic_error);
    });
}

TEST_CASE("upgrades: a 101 that nobody asked for, or to something else, is none") {
    struct wrong {
        const char* fields;
        const char* words;
    };
    const wrong all[] = {
        {"Connection: upgrade\r\n", "no Upgrade field"},
        {"Connection: upgrade\r\nUpgrade: \r\n", "no Upgrade field"},
        {"Connection: upgrade\r\nUpgrade: other\r\n", "\"other\", which was not asked for"},
        {"Connection: upgrade\r\nUpgrade: echo\r\n", "\"echo\", which was not asked for"},
        {"Connection: upgrade\r\nUpgrade: echo/1, tls/1\r\n", "\"tls/1\", which was not asked for"},
    };
    for (const auto& one : all) {
        skein::testing::run([&]() -> task<> {
            answer("HTTP/1.1 101 OK\r\n" + std::string(one.fields) + "\r\n");
            client_session session;
            const pool_check check(session);
            const auto words =
                co_await words_of<skein::protocol_error>(session.get(there).upgrade("echo/1").send());
            CHECK(mentions(words, one.words));
            CHECK(mentions(words, "example.test [10.0.0.1:80]"));
            const auto unasked = co_await words_of<skein::protocol_error>(session.get(there).send());
            CHECK(mentions(unasked, "no upgrade was asked for"));
        });
    }
}

TEST_CASE("upgrades: names of protocols are compared without their case, among all that were asked for") {
    skein::testing::run([]() -> task<> {
        answer("HTTP/1.1 101 OK\r\nConnection: upgrade\r\nUpgrade: ECHO/1\r\n\r\n");
        client_session session;
        auto got = co_await session.get(there).upgrade("other").upgrade("echo/1");
        CHECK(got.status() == 101);
    });
}

TEST_CASE("upgrades: headers of the caller's own ask as well; HEAD asks for none") {
    skein::testing::run([]() -> task<> {
        this_network().listen("example.test", 80, switch_and_echo);
        client_session session;
        auto got = co_await session.get(there)
                       .header("Upgrade", "echo/1")
                       .header("Connection", "keep-alive, Upgrade");
        CHECK(got.status() == 101);
        auto s = got.upgrade();
        const auto line = co_await s.read_line();
        CHECK(line == "glued to the head");
        const auto words = co_await words_of<skein::protocol_error>(
            session.head(there).header("Upgrade", "echo/1").header("Connection", "upgrade").send());
        CHECK(mentions(words, "no upgrade was asked for"));
    });
}

TEST_CASE("upgrades: a 101 before the request is sent breaks HTTP") {
    skein::testing::run([]() -> task<> {
        this_network().listen("example.test", 80, [](server_stream& client) -> task<> {
            (void)co_await client.read_until("\r\n\r\n");
            co_await client.write(switching);
            (void)co_await client.read();
            co_await skein::sleep(1h);
        });
        set_window(1000);
        client_session session;
        const auto words = co_await words_of<skein::protocol_error>(
            session.post(there).body(std::string(100'000, 'x')).upgrade("echo/1").send());
        CHECK(mentions(words, "before the request was sent"));
    });
}

TEST_CASE("upgrades: a connection keeps its place in the limits until its stream is closed") {
    skein::testing::run([]() -> task<> {
        this_network().listen("example.test", 80, switch_and_echo);
        session_options options;
        options.connector.limit = 1;
        client_session session(options);
        auto got = co_await session.get(there).upgrade("echo/1");
        CHECK(session.stats().open == 1);
        auto s = got.upgrade();
        CHECK_THROWS_AS((void)got.upgrade(), std::logic_error);
        CHECK(session.stats().open == 1);
        CHECK(session.stats().idle == 0);
        got.close();
        auto waiting = skein::create_task(session.get(there).upgrade("echo/1").send());
        co_await skein::sleep(1s);
        CHECK(session.stats().waiting == 1);
        const auto line = co_await s.read_line();
        CHECK(line == "glued to the head");
        s.close();
        auto second = co_await std::move(waiting);
        CHECK(second.status() == 101);
        CHECK(this_network().made_connections() == 2);
    });
}

TEST_CASE("upgrades: a response that is dropped or closed before it was asked closes the connection") {
    skein::testing::run([]() -> task<> {
        this_network().listen("example.test", 80, switch_and_echo);
        client_session session;
        {
            auto got = co_await session.get(there).upgrade("echo/1");
            const auto text = co_await got.text();
            CHECK(text == "");
            CHECK(this_network().open_connections() == 1);
        }
        CHECK(this_network().open_connections() == 0);
        auto got = co_await session.get(there).upgrade("echo/1");
        got.close();
        CHECK(this_network().open_connections() == 0);
        CHECK(session.stats().open == 0);
        CHECK_THROWS_AS((void)got.upgrade(), std::logic_error);
    });
}

TEST_CASE("upgrades: what comes before upgrade() is called is kept, the end of the stream too") {
    for (const bool random : {false, true}) {
        skein::testing::simulation_options seeded;
        seeded.seed = 3;
        skein::testing::run(
            [&]() -> task<> {
                const std::string much(100'000, 'x');
                this_network().listen("example.test", 80, [&](server_stream& client) -> task<> {
                    (void)co_await client.read_until("\r\n\r\n");
                    co_await client.write(switching + "one ");
                    co_await client.write("two ");
                    co_await client.write(much);
                });
                skein::testing::link pieces;
                pieces.random_pieces = random;
                this_network().set_link(pieces);
                client_session session;
                auto got = co_await session.get(there).upgrade("echo/1");
                co_await skein::sleep(1s);
                auto s = got.upgrade();
                const auto all = co_await s.read_exactly(8 + much.size());
                CHECK(all == "one two " + much);
                const auto end = co_await s.read();
                CHECK(end == "");
            },
            seeded);
    }
}

TEST_CASE("upgrades: the same over TLS, with the end behind it") {
    skein::testing::run([]() -> task<> {
        this_network().listen("example.test", 443, [](server_stream& wire) -> task<> {
            web_stream client(wire, "example.test");
            (void)co_await client.request();
            co_await client.respond(switching + "glued ");
            co_await client.respond("and more");
        });
        session_options options;
        options.tls = trusting_tests();
        client_session session(options);
        auto got = co_await session.get("https://example.test/").upgrade("echo/1");
        co_await skein::sleep(1s);
        auto s = got.upgrade();
        CHECK(s.tls_version() == "TLSv1.3");
        const auto all = co_await s.read_exactly(14);
        CHECK(all == "glued and more");
        bool failed = false;
        try {
            (void)co_await s.read();
        } catch (const skein::disconnected_error&) {
            failed = true;  // no close_notify
        }
        CHECK(failed);
    });
}

TEST_CASE("upgrades: a redirect within the origin goes on asking, one to another does not") {
    skein::testing::run([]() -> task<> {
        std::vector<std::string> heads;
        const auto redirecting = [&](server_stream& client) -> task<> {
            for (;;) {
                const auto head = co_await client.read_until("\r\n\r\n");
                heads.push_back(head);
                std::string to = head.starts_with("GET /a") ? "/b" : "http://other.test/";
                co_await client.write("HTTP/1.1 302 Go\r\nContent-Length: 0\r\nLocation: " + to + "\r\n\r\n");
            }
        };
        this_network().listen("example.test", 80, redirecting);
        this_network().listen("other.test", 80, [&](server_stream& client) -> task<> {
            heads.push_back(co_await client.read_until("\r\n\r\n"));
            co_await client.write(response("plain"));
        });
        client_session session;
        auto got = co_await session.get("http://example.test/a").upgrade("echo/1");
        CHECK(got.status() == 200);
        REQUIRE(heads.size() == 3);
        CHECK(mentions(heads[0], "Upgrade: echo/1"));
        CHECK(mentions(heads[1], "Upgrade: echo/1"));
        CHECK(heads[2].find("pgrade") == heads[2].npos);
    });
}

TEST_CASE("upgrades: through a proxy they go in a tunnel, and share no connection with what it forwards") {
    skein::testing::run([]() -> task<> {
        proxy_log log;
        proxy_plan plan;
        plan.answer = [](const std::string&, const std::string& head) {
            return head.find("Upgrade: echo/1") != head.npos ? switching : response("plain");
        };
        listen_as_proxy("proxy.test", 3128, log, plan);
        client_session session(through("http://proxy.test:3128"));
        const auto text = co_await body_of(session, there);
        CHECK(text == "plain");
        auto got = co_await session.get(there).upgrade("echo/1");
        CHECK(got.status() == 101);
        REQUIRE(log.asked.size() == 2);
        CHECK(log.asked[0].starts_with("GET http://example.test/chat HTTP/1.1\r\n"));
        CHECK(log.asked[1].starts_with("CONNECT example.test:80 HTTP/1.1\r\n"));
        REQUIRE(log.tunnelled.size() == 1);
        CHECK(log.tunnelled[0].starts_with("GET /chat HTTP/1.1\r\n"));
        const auto again = co_await body_of(session, there);
        CHECK(again == "plain");
        CHECK(log.asked.size() == 3);
        CHECK(log.forwarded.size() == 2);
    });
}

// ---- CONNECT

TEST_CASE("connect: asks the server of the URL for a way to it, or to what Host says; 2xx gives the stream") {
    skein::testing::run([]() -> task<> {
        std::vector<std::string> heads;
        this_network().listen("proxy.test", 3128, [&](server_stream& client) -> task<> {
            heads.push_back(co_await client.read_until("\r\n\r\n"));
            // What these say of a body is not true of a tunnel.
            co_await client.write("HTTP/1.1 201 Yes\r\nContent-Length: 5\r\n\r\nfirst\n");
            co_await echo(client);
        });
        client_session session;
        auto got =
            co_await session.request("CONNECT", "http://proxy.test:3128").header("Host", "example.test:443");
        CHECK(got.status() == 201);
        auto s = got.upgrade();
        co_await s.write("text\n");
        const auto first = co_await s.read_line();
        const auto second = co_await s.read_line();
        CHECK(first == "first");
        CHECK(second == "text");
        auto own = co_await session.request("CONNECT", "http://proxy.test:3128/path?query");
        CHECK(own.status() == 201);
        REQUIRE(heads.size() == 2);
        CHECK(heads[0].starts_with("CONNECT example.test:443 HTTP/1.1\r\nHost: example.test:443\r\n"));
        CHECK(heads[1].starts_with("CONNECT proxy.test:3128 HTTP/1.1\r\nHost: proxy.test:3128\r\n"));
    });
}

TEST_CASE("connect: of a session with a proxy, asks that") {
    skein::testing::run([]() -> task<> {
        proxy_log log;
        proxy_plan plan;
        listen_as_proxy("proxy.test", 3128, log, plan);
        client_session session(through("http://proxy.test:3128"));
        auto got = co_await session.request("CONNECT", "http://example.test");
        CHECK(got.status() == 200);
        auto s = got.upgrade();
        co_await s.write("GET /x HTTP/1.1\r\n\r\n");
        const auto head = co_await s.read_until("\r\n\r\n");
        CHECK(mentions(*head, "HTTP/1.1 200"));
        REQUIRE(log.asked.size() == 1);
        CHECK(log.asked[0].starts_with("CONNECT example.test:80 HTTP/1.1\r\nHost: example.test:80\r\n"));
    });
}

TEST_CASE("connect: other answers are answers; no redirect is followed, no cookie goes or comes") {
    skein::testing::run([]() -> task<> {
        std::vector<std::string> heads;
        answer("HTTP/1.1 302 No\r\nLocation: /else\r\nSet-Cookie: a=b\r\nContent-Length: 3\r\n\r\nwhy",
               &heads);
        client_session session;
        session.cookies().take("own=cookie", skein::url("http://example.test/"), {});
        auto got = co_await session.request("CONNECT", "http://example.test");
        CHECK(got.status() == 302);
        CHECK_THROWS_AS((void)got.upgrade(), std::logic_error);
        const auto text = co_await got.text();
        CHECK(text == "why");
        REQUIRE(heads.size() == 1);
        CHECK(heads[0].find("Cookie") == heads[0].npos);
        CHECK(session.cookies().size() == 1);
    });
}

TEST_CASE("connect: every fault at every wait") {
    sweep("CONNECT", [&]() -> task<> {
        this_network().set_link(slow_link());
        this_network().listen("proxy.test", 3128, [](server_stream& client) -> task<> {
            (void)co_await client.read_until("\r\n\r\n");
            co_await client.write("HTTP/1.1 200 OK\r\n\r\n");
            co_await echo(client);
        });
        client_session session;
        const pool_check check(session);
        auto got = co_await session.request("CONNECT", "http://proxy.test:3128");
        auto s = got.upgrade();
        co_await s.write("text\n");
        const auto line = co_await s.read_line();
        if (line) CHECK(*line == "text");
    });
}
