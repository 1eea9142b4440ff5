// Digest through the public API, over the simulated network: who is told what, how often, and that
// no credential reaches another origin; and a fault at each wait.
#include "digest_server.hpp"
#include "temporary_file.hpp"

#include <chrono>
#include <memory>
#include <vector>

using namespace simulation;
using namespace std::chrono_literals;
using skein::client_request;
using skein::session_options;

namespace {

/// Serves with `server` at a.test.
void listen(digest_server& server, const char* host = "a.test") {
    this_network().listen(host, 80, [&server](server_stream& client) { return server(client); });
}

client_request get(client_session& session, const std::string& target = "/") {
    return session.get("http://a.test" + target).digest_auth("Mufasa", "Circle of Life");
}

task<int> status_of(client_request request) {
    auto got = co_await std::move(request);
    co_await got.read();
    co_return got.status();
}

/// Sends back what it got in a header.
task<> echo_authorization(server_stream& client) {
    for (;;) {
        const auto head = co_await client.read_until("\r\n\r\n");
        co_await client.write(response(field_of(head, "Authorization")));
    }
}

template <class Fn>
void in_simulation(Fn body) {
    skein::testing::run([&]() -> task<> {
        client_session session;
        const pool_check check(session);
        co_await body(session);
    });
}

}  // namespace

TEST_CASE("a challenge is answered once, and later requests answer before they are asked") {
    for (const char* algorithm :
         {"MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess", ""})
        for (const char* qop : {"auth", "auth-int", "auth,auth-int", ""}) {
            if (*qop == 0 && std::string(algorithm).ends_with("-sess")) continue;
            CAPTURE(algorithm);
            CAPTURE(qop);
            digest_server server;
            server.algorithm = algorithm;
            if (*algorithm == 0) server.algorithm = "MD5";
            server.qop = qop;
            in_simulation([&](client_session& session) -> task<> {
                listen(server);
                for (const char* target : {"/one", "/two?q=\\", "/three"}) {
                    const int status = co_await status_of(get(session, target));
                    CHECK(status == 200);
                }
                const int posted = co_await status_of(
                    session.post("http://a.test/").body("a body").digest_auth("Mufasa", "Circle of Life"));
                CHECK(posted == 200);
                CHECK(this_network().made_connections() == 1);
            });
            CHECK(server.challenges == 1);
            CHECK(server.right == 4);
            CHECK(server.replays == 0);
            CHECK(server.seen.at(4).ends_with("\r\n\r\na body"));
        }
}

TEST_CASE("auth-int is about the body as it is sent; where that is read on the way, auth does") {
    const skein::test::temporary_file file("from a file");
    for (const bool from_file : {false, true}) {
        CAPTURE(from_file);
        digest_server server;
        server.qop = "auth,auth-int";
        in_simulation([&](client_session& session) -> task<> {
            listen(server);
            auto request = session.post("http://a.test/").digest_auth("Mufasa", "Circle of Life");
            if (from_file)
                request.body_file(file.path());
            else
                request.body(std::string(1000, 'x')).compress(skein::content_coding::gzip);
            const int status = co_await status_of(std::move(request));
            CHECK(status == 200);
        });
        CHECK(server.right == 1);
        CHECK(server.wrong == 0);
        CHECK((server.seen.back().find("qop=auth-int") != std::string::npos) == !from_file);
    }
}

TEST_CASE("the report counts both attempts, and the 401 is no redirect") {
    digest_server server;
    in_simulation([&](client_session& session) -> task<> {
        listen(server);
        auto got = co_await get(session);
        CHECK(got.report().attempts == 2);
        CHECK(got.report().redirects == 0);
        CHECK(got.history().empty());
        const auto text = co_await got.text();
        CHECK(text == "here");
    });
}

TEST_CASE("a refused answer is the response: two requests, no loop, and no guess the next time") {
    digest_server server;
    server.password = "another";
    in_simulation([&](client_session& session) -> task<> {
        listen(server);
        auto got = co_await get(session);
        CHECK(got.status() == 401);
        CHECK(got.headers().contains("WWW-Authenticate"));
        const auto text = co_await got.text();
        CHECK(text == "denied");
        CHECK(server.seen.size() == 2);
        const int again = co_await status_of(get(session));
        CHECK(again == 401);
        CHECK(server.seen.size() == 4);
        CHECK(field_of(server.seen[2], "Authorization").empty());
    });
    CHECK(server.wrong == 2);
}

TEST_CASE("a server that calls every nonce stale is answered three times, not for ever") {
    in_simulation([](client_session& session) -> task<> {
        unsigned requests = 0;
        const auto never = [&](server_stream& client) -> task<> {
            for (;;) {
                co_await client.read_until("\r\n\r\n");
                co_await client.write("HTTP/1.1 401 Who\r\nWWW-Authenticate: Digest realm=r, nonce=n" +
                                      std::to_string(++requests) +
                                      ", qop=auth, stale=true\r\nContent-Length: 0\r\n\r\n");
            }
        };
        this_network().listen("a.test", 80, never);
        const int status = co_await status_of(get(session));
        CHECK(status == 401);
        CHECK(requests == 4);
    });
}

TEST_CASE("a nonce that is used up is replaced, whether the server says stale or not") {
    for (const bool says : {true, false}) {
        CAPTURE(says);
        digest_server server;
        server.uses = 2;
        server.says_stale = says;
        in_simulation([&](client_session& session) -> task<> {
            listen(server);
            for (int i = 0; i < 6; ++i) {
                const int status = co_await status_of(get(session));
                CHECK(status == 200);
            }
        });
        CHECK(server.stale == 2);
        CHECK(server.seen.size() == 9);  // six, the first challenge, and two that were stale
        CHECK(server.replays == 0);
    }
}

TEST_CASE("the nonce that a response names is the next one") {
    digest_server server;
    server.names_next = true;
    in_simulation([&](client_session& session) -> task<> {
        listen(server);
        for (int i = 0; i < 4; ++i) {
            const int status = co_await status_of(get(session));
            CHECK(status == 200);
        }
    });
    CHECK(server.challenges == 1);
    CHECK(server.seen.size() == 5);
}

TEST_CASE("requests under way together never use a nonce and a count twice") {
    digest_server server;
    in_simulation([&](client_session& session) -> task<> {
        this_network().set_link(slow_link());
        listen(server);
        std::vector<task<int>> all;
        for (int i = 0; i < 10; ++i) all.push_back(status_of(get(session, "/" + std::to_string(i))));
        for (const int status : co_await skein::gather(std::move(all))) CHECK(status == 200);
    });
    CHECK(server.right == 10);
    CHECK(server.replays == 0);
}

TEST_CASE("who is asked for first: the domain of the challenge, the user, the origin") {
    digest_server server;
    server.more = ", domain=\"/private /also http://b.test/\"";
    digest_server other;
    in_simulation([&](client_session& session) -> task<> {
        listen(server);
        listen(other, "b.test");
        const auto guesses = [&](client_request request, const digest_server& at) -> task<bool> {
            const auto before = at.seen.size();
            (void)co_await status_of(std::move(request));
            co_return !field_of(at.seen.at(before), "Authorization").empty();
        };
        const bool first = co_await guesses(get(session, "/private/x"), server);
        CHECK_FALSE(first);
        const bool inside = co_await guesses(get(session, "/private/y?z"), server);
        CHECK(inside);
        const bool beside = co_await guesses(get(session, "/privateer"), server);
        CHECK_FALSE(beside);
        const bool stranger =
            co_await guesses(session.get("http://a.test/private/").digest_auth("Scar", "x"), server);
        CHECK_FALSE(stranger);
        const bool nobody = co_await guesses(session.get("http://a.test/private/"), server);
        CHECK_FALSE(nobody);
        auto elsewhere = session.get("http://b.test/").digest_auth("Mufasa", "Circle of Life");
        const bool foreign = co_await guesses(std::move(elsewhere), other);
        CHECK_FALSE(foreign);
        CHECK(other.right == 1);  // asked for there, it is answered
    });
}

TEST_CASE("digest_auth takes the place of every other Authorization, and the last setter counts") {
    in_simulation([](client_session& session) -> task<> {
        this_network().listen("a.test", 80, echo_authorization);
        const auto sent = [&](client_request request) -> task<std::string> {
            auto got = co_await std::move(request);
            co_return co_await got.text();
        };
        auto digest = session.get("http://u:p@a.test/").bearer("token").digest_auth("a", "b");
        const auto none = co_await sent(std::move(digest));
        CHECK(none.empty());
        auto basic = session.get("http://a.test/").digest_auth("a", "b").basic_auth("u", "p");
        const auto last = co_await sent(std::move(basic));
        CHECK(last == "Basic dTpw");
    });
    skein::testing::run([]() -> task<> {
        this_network().listen("a.test", 80, echo_authorization);
        session_options options;
        options.default_headers.append("Authorization", "Bearer session");
        client_session session(options);
        auto got = co_await session.get("http://a.test/").digest_auth("a", "b");
        const auto none = co_await got.text();
        CHECK(none.empty());
        auto plain = co_await session.get("http://a.test/");
        const auto own = co_await plain.text();
        CHECK(own == "Bearer session");
    });
}

TEST_CASE("a redirect within the origin is answered too; another origin gets no answer, even if it asks") {
    digest_server own;
    digest_server foreign;
    in_simulation([&](client_session& session) -> task<> {
        listen(own);
        listen(foreign, "b.test");
        const auto redirect = [](server_stream& client) -> task<> {
            for (;;) {
                const auto target = target_of(co_await client.read_until("\r\n\r\n"));
                co_await client.write("HTTP/1.1 307 See\r\nLocation: http://a.test" + target +
                                      "\r\nContent-Length: 0\r\n\r\n");
            }
        };
        this_network().listen("start.test", 80, redirect);
        const int away =
            co_await status_of(session.get("http://start.test/").digest_auth("Mufasa", "Circle of Life"));
        CHECK(away == 401);
        CHECK(own.seen.size() == 1);
        CHECK(field_of(own.seen[0], "Authorization").empty());
    });
    digest_server server;
    in_simulation([&](client_session& session) -> task<> {
        const auto both = [&](server_stream& client) -> task<> {
            web_stream web(client, "");
            const auto request = co_await web.request();
            server.seen.push_back(request);
            co_await web.respond(
                "HTTP/1.1 302 See\r\nLocation: http://a.test/n\r\nContent-Length: 0\r\n"
                "Connection: close\r\n\r\n");
            client.close();
        };
        bool first = true;
        this_network().listen("a.test", 80, [&](server_stream& client) {
            return std::exchange(first, false) ? task<>(both(client)) : server(client);
        });
        const int status = co_await status_of(get(session));
        CHECK(status == 200);
        CHECK(server.challenges == 1);
        CHECK(server.right == 1);
    });
}

TEST_CASE("an answer does not go on to another origin, not even where Authorization is marked as safe") {
    digest_server server;
    in_simulation([&](client_session& session) -> task<> {
        listen(server);
        const int before = co_await status_of(get(session));
        CHECK(before == 200);
        this_network().listen("b.test", 80, echo_authorization);
        const auto away = [&](server_stream& client) -> task<> {
            const auto head = co_await client.read_until("\r\n\r\n");
            CHECK(field_of(head, "Authorization").starts_with("Digest "));
            co_await client.write(
                "HTTP/1.1 302 See\r\nLocation: http://b.test/\r\nContent-Length: 0\r\n"
                "Connection: close\r\n\r\n");
        };
        this_network().reset_all();
        this_network().listen("a.test", 80, away);
        co_await skein::sleep(1s);
        auto got = co_await get(session).redirect_safe("Authorization");
        const auto text = co_await got.text();
        CHECK(text.empty());
    });
}

TEST_CASE("raise_for_status looks at the last response only") {
    digest_server server;
    in_simulation([&](client_session& session) -> task<> {
        listen(server);
        const int status = co_await status_of(get(session).raise_for_status());
        CHECK(status == 200);
    });
}

TEST_CASE("digest and a fault at each wait") {
    sweep("digest", []() -> task<> {
        this_network().set_link(slow_link());
        const auto kept = std::make_shared<digest_server>();  // by the server, which ends last
        digest_server& server = *kept;
        server.uses = 2;
        server.qop = "auth-int";
        this_network().listen("a.test", 80, [kept](server_stream& client) { return (*kept)(client); });
        client_session session;
        const pool_check check(session);
        for (int i = 0; i < 4; ++i) {
            auto request =
                session.put("http://a.test/").body("content").digest_auth("Mufasa", "Circle of Life");
            const int status = co_await status_of(std::move(request));
            CHECK(status == 200);
        }
        if (untouched) CHECK(this_network().made_connections() == 1);
        if (untouched) CHECK(server.replays == 0);
    });
}

TEST_CASE("a nonce that a response names is counted from 1, and is that origin's alone") {
    digest_server server;
    server.names_next = true;
    digest_server other;  // with nonces that read the same
    in_simulation([&](client_session& session) -> task<> {
        listen(server);
        listen(other, "b.test");
        auto first = session.get("http://b.test/").digest_auth("Mufasa", "Circle of Life");
        const int before = co_await status_of(std::move(first));
        CHECK(before == 200);
        for (int i = 0; i < 3; ++i) {
            const int status = co_await status_of(get(session));
            CHECK(status == 200);
        }
        auto again = session.get("http://b.test/").digest_auth("Mufasa", "Circle of Life");
        const int after = co_await status_of(std::move(again));
        CHECK(after == 200);
    });
    for (const auto& request : server.seen) {
        const auto answer = field_of(request, "Authorization");
        if (!answer.empty()) CHECK(answer.find("nc=00000001") != answer.npos);
    }
    CHECK(server.challenges == 1);
    CHECK(other.challenges == 1);
    CHECK(other.seen.size() == 3);
    CHECK(field_of(other.seen.back(), "Authorization").find("nc=00000002") != std::string::npos);
}

TEST_CASE("a body that can be sent once is not sent again with an answer: the 401 is the response") {
    digest_server server;
    in_simulation([&](client_session& session) -> task<> {
        listen(server);
        const auto once = [](skein::body_writer& out) -> task<> { co_await out.write("once"); };
        const int status = co_await status_of(
            session.put("http://a.test/").body(once, 4).digest_auth("Mufasa", "Circle of Life"));
        CHECK(status == 401);
    });
    CHECK(server.seen.size() == 1);
}

TEST_CASE("of very many servers that have asked, those that did so first are forgotten") {
    digest_server server;
    server.algorithm = "MD5";
    in_simulation([&](client_session& session) -> task<> {
        const auto ask = [&](int port) -> task<> {
            const int status = co_await status_of(session.get("http://a.test:" + std::to_string(port) + "/")
                                                      .digest_auth("Mufasa", "Circle of Life"));
            CHECK(status == 200);
        };
        constexpr int first = 1000;
        constexpr int kept = 256;
        for (int port = first; port <= first + kept; ++port) {
            this_network().listen("a.test", static_cast<std::uint16_t>(port),
                                  [&server](server_stream& client) { return server(client); });
            co_await ask(port);
        }
        const unsigned challenges = server.challenges;
        CHECK(challenges == kept + 1);
        co_await ask(first + kept);
        CHECK(server.challenges == challenges);
        co_await ask(first);
        CHECK(server.challenges == challenges + 1);
    });
}
