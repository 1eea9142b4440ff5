// Upgrades of who has to say first who it is: to the server, and to a proxy.
#include "digest_server.hpp"
#include "proxies.hpp"
#include "streams.hpp"

#include <memory>
#include <stdexcept>

using namespace simulation;

namespace {

const std::string switching =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo/1\r\n\r\n";
const char* const there = "http://example.test/chat";

}  // namespace

TEST_CASE(
    "upgrades: a 401 with a challenge of Digest is answered, and the answer asks for the upgrade again") {
    digest_server server;
    server.granted = switching + "glued to the head\n";
    skein::testing::run([&]() -> task<> {
        this_network().listen("example.test", 80, [&](server_stream& client) -> task<> {
            co_await server.let_in(client);
            co_await echo(client);
        });
        client_session session;
        const pool_check check(session);
        for (const char* path : {"/one", "/two"}) {
            auto got = co_await session.get("http://example.test" + std::string(path))
                           .upgrade("echo/1")
                           .digest_auth(server.user, server.password);
            CHECK(got.status() == 101);
            CHECK(got.history().empty());
            CHECK(got.report().attempts == (path == std::string("/one") ? 2 : 1));
            auto s = got.upgrade();
            co_await s.write("text\n");
            const auto first = co_await s.read_line();
            const auto second = co_await s.read_line();
            CHECK(first == "glued to the head");
            CHECK(second == "text");
        }
        CHECK(this_network().made_connections() == 2);
    });
    REQUIRE(server.seen.size() == 3);  // the second one is not asked who it is
    for (const auto& head : server.seen) {
        CHECK(mentions(head, "\r\nUpgrade: echo/1\r\n"));
        CHECK(mentions(head, "\r\nConnection: upgrade\r\n"));
    }
    CHECK(field_of(server.seen[0], "Authorization").empty());
    CHECK(server.right == 2);
    CHECK(server.wrong == 0);
    CHECK(server.replays == 0);
}

TEST_CASE("upgrades: every fault at every wait of one that has to say who it is") {
    sweep("an upgrade after a challenge", []() -> task<> {
        this_network().set_link(slow_link());
        const auto server = std::make_shared<digest_server>();
        server->granted = switching;
        this_network().listen("example.test", 80, [server](server_stream& client) -> task<> {
            co_await server->let_in(client);
            co_await echo(client);
        });
        client_session session;
        const pool_check check(session);
        auto got = co_await session.get(there).upgrade("echo/1").digest_auth(server->user, server->password);
        CHECK(got.status() == 101);
        auto s = got.upgrade();
        co_await s.write("text\n");
        const auto line = co_await s.read_line();
        if (line) CHECK(*line == "text");
    });
}

TEST_CASE("upgrades: an answer that is refused gives no stream; Basic goes with the first request") {
    skein::testing::run([]() -> task<> {
        std::vector<std::string> heads;
        const std::string refusal =
            "HTTP/1.1 401 Who\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\", Basic "
            "realm=\"r\"\r\nContent-Length: 3\r\n\r\nwho";
        this_network().listen("example.test", 80, [&](server_stream& client) -> task<> {
            for (;;) {
                heads.push_back(co_await client.read_until("\r\n\r\n"));
                co_await client.write(refusal);
            }
        });
        session_options options;
        options.base_url = "http://example.test/";
        options.default_headers.set("Authorization", "Basic dXNlcjpwYXNz");
        client_session session(options);
        auto refused = co_await session.get("/").upgrade("echo/1");
        CHECK(refused.status() == 401);
        CHECK_THROWS_AS((void)refused.upgrade(), std::logic_error);
        const auto text = co_await refused.text();
        CHECK(text == "who");
        auto wrong = co_await session.get("/").upgrade("echo/1").digest_auth("user", "wrong");
        CHECK(wrong.status() == 401);
        CHECK_THROWS_AS((void)wrong.upgrade(), std::logic_error);
        const auto again = co_await wrong.text();
        CHECK(again == "who");
        REQUIRE(heads.size() == 3);
        CHECK(field_of(heads[0], "Authorization") == "Basic dXNlcjpwYXNz");
        CHECK(field_of(heads[1], "Authorization").empty());
        CHECK(field_of(heads[2], "Authorization").starts_with("Digest "));
        CHECK(this_network().made_connections() == 1);
    });
}

TEST_CASE(
    "upgrades: the origin's challenge is answered within the tunnel; a proxy's ends it, and it hears of "
    "none") {
    skein::testing::run([]() -> task<> {
        proxy_log log;
        proxy_plan plan;
        digest_server server;
        server.granted = switching;
        plan.answer = [&](const std::string&, const std::string& head) { return server.reply(head); };
        listen_as_proxy("proxy.test", 3128, log, plan);
        client_session session(through("http://proxy.test:3128"));
        auto got = co_await session.get(there).upgrade("echo/1").digest_auth(server.user, server.password);
        CHECK(got.status() == 101);
        CHECK(log.asked.size() == 1);
        CHECK(log.tunnelled.size() == 2);
        got.close();
        plan.credentials = "Basic other";
        const auto words = co_await words_of<skein::proxy_error>(
            session.get(there).upgrade("echo/1").digest_auth(server.user, server.password).send());
        CHECK(mentions(words, "407"));
        REQUIRE(log.asked.size() == 2);
        CHECK(log.asked[1].starts_with("CONNECT example.test:80 "));
        CHECK(log.asked[1].find("pgrade") == log.asked[1].npos);
        CHECK(log.asked[1].find("Digest") == log.asked[1].npos);
        CHECK(log.tunnelled.size() == 2);
    });
}
