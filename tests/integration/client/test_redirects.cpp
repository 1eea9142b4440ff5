// Redirects over sockets; the rules themselves are tested with the redirect corpus.
#include "client_test.hpp"

using namespace client_test;
using namespace skein;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

std::string redirect(const std::string& to, std::string_view status = "302 Found",
                     std::string_view body = "") {
    return response(body, status, "Location: " + to + "\r\n");
}

}  // namespace

TEST_CASE("a redirect is followed on the same connection, and told in the history") {
    evil_server server([](evil_peer& peer) {
        while (auto request = peer.read_request()) {
            if (request->starts_with("GET /1"))
                peer.send(redirect("/2", "301 Moved", "a short body"));
            else if (request->starts_with("GET /2"))
                peer.send(redirect("3?q", "307 Temporary"));
            else
                peer.send(response("here"));
        }
    });
    const auto body = [&]() -> task<> {
        client_session session;
        auto got = co_await session.get(server.url("/1#part"));
        CHECK(co_await got.text() == "here");
        CHECK(got.url().str() == server.url("/3?q#part"));
        REQUIRE(got.history().size() == 2);
        CHECK(got.history()[0].status == 301);
        CHECK(got.history()[0].url.str() == server.url("/1#part"));
        CHECK(got.history()[1].headers.get("Location") == "3?q");
        CHECK(got.report().redirects == 2);
        CHECK(got.report().attempts == 3);
    };
    run(body);
    CHECK(server.connections() == 1);
}

TEST_CASE("max_redirects N means N hops") {
    evil_server server([](evil_peer& peer) {
        while (auto request = peer.read_request()) {
            const int n = std::stoi(request->substr(request->find('/') + 1));
            peer.send(n == 0 ? response("here") : redirect("/" + std::to_string(n - 1)));
        }
    });
    const auto body = [&]() -> task<> {
        client_session session;
        CHECK(co_await fetch(session, server.url("/10")) == "here");
        const auto e = co_await error_of<too_many_redirects>(session.get(server.url("/11")));
        REQUIRE(e);
        CHECK(mentions(*e, "more than 10 redirects"));
        CHECK(e->report()->redirects == 10);
        CHECK(co_await error_of<too_many_redirects>(session.get(server.url("/1")).max_redirects(0)));
        auto seen = co_await session.get(server.url("/1")).follow_redirects(false);
        CHECK(seen.status() == 302);
        auto head = co_await session.head(server.url("/1"));
        CHECK(head.status() == 302);
        auto asked = co_await session.request("HEAD", server.url("/1"));
        CHECK(asked.status() == 200);
    };
    run(body);
}

TEST_CASE("credentials stay at the origin they were meant for") {
    evil_server other([](evil_peer& peer) {
        while (auto request = peer.read_request())
            peer.send(request->starts_with("GET /back") ? redirect(field_of(*request, "X-Back"))
                                                        : response("there"));
    });
    std::string target;
    SUBCASE("another port") {
        target = other.url("/x");
    }
    SUBCASE("another name of the same machine") {
        target = other.url("/x", "localhost");
    }
    evil_server server([&](evil_peer& peer) {
        while (peer.read_request()) peer.send(redirect(target));
    });
    const auto body = [&]() -> task<> {
        session_options options;
        options.default_headers.append("X-Session-Key", "secret");
        options.redirect_safe_headers.emplace_back("X-Trace");
        client_session session(options);
        auto request = session.get("http://user:pass@127.0.0.1:" + std::to_string(server.port()) + "/");
        request.header("Cookie", "secret").header("X-Api-Key", "secret").header("X-Trace", "7");
        request.header("X-Kept", "yes").redirect_safe("x-kept").header("Accept", "text/html");
        auto got = co_await std::move(request);
        CHECK(co_await got.text() == "there");
    };
    run(body);
    const auto first = server.seen().at(0);
    CHECK(field_of(first, "Authorization") == "Basic dXNlcjpwYXNz");
    CHECK(field_of(first, "X-Session-Key") == "secret");
    const auto second = other.seen().at(0);
    for (const char* name : {"Authorization", "Cookie", "X-Api-Key", "X-Session-Key"}) {
        CAPTURE(name);
        CHECK(field_of(second, name).empty());
    }
    CHECK(field_of(second, "X-Trace") == "7");
    CHECK(field_of(second, "X-Kept") == "yes");
    CHECK(field_of(second, "Accept") == "text/html");
    CHECK(field_of(second, "User-Agent").starts_with("skein/"));
    CHECK(field_of(second, "Host") == target.substr(7, target.find('/', 7) - 7));
}

TEST_CASE("what was dropped does not come back with the way home") {
    evil_server* home = nullptr;
    evil_server other([&](evil_peer& peer) {
        while (peer.read_request()) peer.send(redirect(home->url("/end")));
    });
    evil_server server([&](evil_peer& peer) {
        while (auto request = peer.read_request())
            peer.send(request->starts_with("GET /end") ? response("end") : redirect(other.url()));
    });
    home = &server;
    const auto body = [&]() -> task<> {
        client_session session;
        auto got = co_await session.get(server.url()).bearer("secret");
        CHECK(co_await got.text() == "end");
    };
    run(body);
    CHECK(field_of(server.seen().at(0), "Authorization") == "Bearer secret");
    CHECK(field_of(server.seen().at(1), "Authorization").empty());
}

TEST_CASE("POST becomes GET where it should, and keeps its body where it must") {
    const auto second_request = [](std::string_view status) {
        evil_server server([&](evil_peer& peer) {
            while (auto request = peer.read_request())
                peer.send(request->find(" /end ") != std::string::npos ? response("")
                                                                       : redirect("/end", status));
        });
        const auto body = [&]() -> task<> {
            client_session session;
            (void)co_await session.post(server.url()).header("Content-Type", "text/plain").body("data");
        };
        run(body);
        return server.seen().at(1);
    };
    for (const char* status : {"301 Moved", "302 Found", "303 See Other"}) {
        CAPTURE(status);
        const auto request = second_request(status);
        CHECK(request.starts_with("GET /end "));
        CHECK(field_of(request, "Content-Type").empty());
        CHECK(field_of(request, "Content-Length").empty());
    }
    for (const char* status : {"307 Temporary Redirect", "308 Permanent Redirect"}) {
        CAPTURE(status);
        const auto request = second_request(status);
        CHECK(request.starts_with("POST /end "));
        CHECK(field_of(request, "Content-Type") == "text/plain");
        CHECK(request.ends_with("\r\n\r\ndata"));
    }
}

TEST_CASE("a redirect with a long body is followed on another connection") {
    evil_server server([](evil_peer& peer) {
        while (auto request = peer.read_request())
            peer.send(request->starts_with("GET /end")
                          ? response("end")
                          : redirect("/end", "302 Found", std::string(1'000'000, 'x')));
    });
    const auto body = [&]() -> task<> {
        client_session session;
        CHECK(co_await fetch(session, server.url()) == "end");
        CHECK(session.stats().open == 1);
    };
    run(body);
    CHECK(server.connections() == 2);
}

TEST_CASE("a redirect that leads nowhere: invalid_url, with the report") {
    const auto refused = [](const std::string& location, std::string_view words) {
        evil_server server([&](evil_peer& peer) {
            while (peer.read_request()) peer.send(redirect(location));
        });
        const auto body = [&]() -> task<> {
            client_session session;
            const auto e = co_await error_of<invalid_url>(session.get(server.url()));
            REQUIRE(e);
            CHECK(mentions(*e, words));
            CHECK(mentions(*e, "a redirect from http://127.0.0.1:"));
            CHECK(e->report() != nullptr);
        };
        run(body);
    };
    refused("ftp://127.0.0.1/", "ftp");
    refused("http://127.0.0.1:99999/", "99999");
    refused("/a\r\nLocation: /b", "two different locations");
}
