// Which connection serves which request: keep-alive, what forbids it, and what happens when it has gone
// stale.
#include "client_test.hpp"

#include <atomic>

using namespace client_test;
using namespace skein;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

// Two requests one after the other; how many connections that took.
int connections_for(evil_server& server, std::string_view method = "GET") {
    const auto body = [&]() -> task<> {
        client_session session;
        for (int i = 0; i < 2; ++i) {
            auto got = co_await session.request(method, server.url());
            (void)co_await got.read();
        }
        CHECK(session.stats().requests == 2);
    };
    run(body);
    CHECK(server.requests() == 2);
    return server.connections();
}

}  // namespace

TEST_CASE("a connection serves one request after the other") {
    evil_server server(always(response("hello")));
    const auto body = [&]() -> task<> {
        client_session session;
        for (int i = 0; i < 20; ++i) {
            auto got = co_await session.get(server.url());
            CHECK(got.report().reused == (i > 0));
            CHECK(co_await got.text() == "hello");
        }
        CHECK(session.stats().connections == 1);
        CHECK(session.stats().open == 1);
        CHECK(session.stats().idle == 1);
    };
    run(body);
    CHECK(server.connections() == 1);
    CHECK(server.requests() == 20);
    CHECK(server.wait_until_open(0));
}

TEST_CASE("responses without a body leave the connection fit") {
    SUBCASE("HEAD") {
        evil_server server(always("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"));
        CHECK(connections_for(server, "HEAD") == 1);
    }
    SUBCASE("204") {
        evil_server server(always("HTTP/1.1 204 No Content\r\n\r\n"));
        CHECK(connections_for(server) == 1);
    }
    SUBCASE("304") {
        evil_server server(always("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"));
        CHECK(connections_for(server) == 1);
    }
    SUBCASE("a length of 0") {
        evil_server server(always(response("")));
        CHECK(connections_for(server) == 1);
    }
}

TEST_CASE("a chunked response leaves the connection fit, and its trailers apart") {
    evil_server server(
        always("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
               "5\r\nhello\r\n7\r\n, world\r\n0\r\nX-Sum: 12\r\n\r\n"));
    const auto body = [&]() -> task<> {
        client_session session;
        for (int i = 0; i < 2; ++i) {
            auto got = co_await session.get(server.url());
            CHECK(co_await got.text() == "hello, world");
            CHECK(got.trailers().get("X-Sum") == "12");
            CHECK_FALSE(got.headers().contains("X-Sum"));
        }
    };
    run(body);
    CHECK(server.connections() == 1);
}

TEST_CASE("a connection that the response ends is not used again") {
    SUBCASE("the end of the connection ends the body") {
        evil_server server([](evil_peer& peer) {
            if (peer.read_request()) peer.send("HTTP/1.1 200 OK\r\n\r\nhello");
        });
        CHECK(connections_for(server) == 2);
    }
    SUBCASE("Connection: close, though the server keeps it open") {
        evil_server server(always(response("hello", "200 OK", "Connection: close\r\n")));
        CHECK(connections_for(server) == 2);
    }
    SUBCASE("HTTP/1.0") {
        evil_server server(always("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"));
        CHECK(connections_for(server) == 2);
    }
    SUBCASE("bytes behind the response") {
        evil_server server(always(response("hello") + "HTTP/1.1 200 OK\r\n"));
        CHECK(connections_for(server) == 2);
    }
}

TEST_CASE("force_close makes a connection for each request and says so") {
    evil_server server(always(response("hello")));
    const auto body = [&]() -> task<> {
        session_options options;
        options.connector.force_close = true;
        client_session session(options);
        CHECK(co_await fetch(session, server.url()) == "hello");
        CHECK(co_await fetch(session, server.url()) == "hello");
        CHECK(session.stats().open == 0);
    };
    run(body);
    CHECK(server.connections() == 2);
    CHECK(field_of(server.seen().at(0), "Connection") == "close");
}

TEST_CASE("an unread body takes its connection with it") {
    evil_server server([](evil_peer& peer) {
        while (peer.read_request())
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\nthe beginning");
    });
    const auto body = [&]() -> task<> {
        client_session session;
        (void)co_await session.get(server.url());
        CHECK(session.stats().open == 0);
    };
    run(body);
}

TEST_CASE("a complete response frees its connection though nobody has read it") {
    evil_server server(always(response(std::string(100'000, 'x'))));
    const auto body = [&]() -> task<> {
        session_options options;
        options.connector.limit = 1;
        client_session session(options);
        auto first = co_await session.get(server.url());
        auto second = co_await session.get(server.url()).timeout(20s);
        CHECK((co_await first.text()).size() == 100'000);
        CHECK((co_await second.text()).size() == 100'000);
    };
    run(body);
    CHECK(server.connections() == 1);
}

TEST_CASE("bytes or an end on an idle connection retire it") {
    const auto play = [](const std::function<void(evil_peer&)>& then) {
        evil_server server([&](evil_peer& peer) {
            if (!peer.read_request()) return;
            peer.send(response("hello"));
            if (peer.number() == 1) {
                if (peer.server().wait_for_signal()) then(peer);
                return;
            }
            peer.drain();
        });
        const auto body = [&]() -> task<> {
            client_session session;
            CHECK(co_await fetch(session, server.url()) == "hello");
            server.signal();
            const auto gone = [&] { return session.stats().open == 0; };
            CHECK(co_await eventually(gone));
            CHECK(co_await fetch(session, server.url()) == "hello");
            CHECK(session.stats().retried == 0);
        };
        run(body);
        CHECK(server.connections() == 2);
    };
    SUBCASE("an end") {
        play([](evil_peer&) {});
    }
    SUBCASE("a reset") {
        play([](evil_peer& peer) { peer.reset(); });
    }
    SUBCASE("a response that nobody asked for") {
        play([](evil_peer& peer) {
            peer.send(response("POISON"));
            peer.drain();
        });
    }
    SUBCASE("more than one read takes") {
        play([](evil_peer& peer) {
            peer.send(std::string(5'000'000, 'x'));
            peer.drain();
        });
    }
}

// ---- stale connections

namespace {

// The first connection serves one request well and then ends as `then` says once the next one has come.
evil_server::script stale_after_one(std::function<void(evil_peer&)> then) {
    return [then = std::move(then)](evil_peer& peer) {
        for (int i = 1; peer.read_request(); ++i) {
            if (peer.number() == 1 && i == 2) return then(peer);
            peer.send(response("hello"));
        }
    };
}

}  // namespace

TEST_CASE("a request on a connection that had gone stale is sent again, once") {
    std::function<void(evil_peer&)> then = [](evil_peer&) {};
    SUBCASE("closed") {}
    SUBCASE("reset") {
        then = [](evil_peer& peer) { peer.reset(); };
    }
    evil_server server(stale_after_one(then));
    const auto body = [&]() -> task<> {
        client_session session;
        CHECK(co_await fetch(session, server.url()) == "hello");
        auto got = co_await session.get(server.url("/again"));
        CHECK(co_await got.text() == "hello");
        CHECK(got.report().attempts == 2);
        CHECK_FALSE(got.report().reused);
        CHECK(session.stats().retried == 1);
        CHECK(session.stats().requests == 3);
    };
    run(body);
    CHECK(server.connections() == 2);
}

TEST_CASE("the second attempt goes over a fresh connection, for another idle one may be stale too") {
    evil_server server([](evil_peer& peer) {  // of the first two connections each serves one request
        for (int i = 1; peer.read_request(); ++i) {
            if (peer.number() <= 2 && i == 2) return;
            if (peer.number() == 1 && !peer.server().wait_for_signal()) return;
            if (peer.number() == 2) peer.server().signal();
            peer.send(response("hello"));
        }
    });
    const auto body = [&]() -> task<> {
        client_session session;
        (void)co_await gather(fetch(session, server.url()), fetch(session, server.url()));
        REQUIRE(session.stats().idle == 2);
        auto got = co_await session.get(server.url());
        CHECK(co_await got.text() == "hello");
        CHECK(got.report().attempts == 2);
        CHECK(session.stats().retried == 1);
    };
    run(body);
    CHECK(server.connections() == 3);
}

TEST_CASE("a POST that was written is not sent again") {
    evil_server server(stale_after_one([](evil_peer&) {}));
    const auto body = [&]() -> task<> {
        client_session session;
        CHECK(co_await fetch(session, server.url()) == "hello");
        const auto e = co_await error_of<disconnected_error>(session.post(server.url()).body("data"));
        REQUIRE(e);
        CHECK(mentions(*e, "POST"));
        REQUIRE(e->report() != nullptr);
        CHECK(e->report()->attempts == 1);
        CHECK(e->report()->reused);
        CHECK(session.stats().retried == 0);
        CHECK(session.stats().open == 0);
    };
    run(body);
    CHECK(server.requests() == 2);
}

TEST_CASE("a PUT on a stale connection is sent again with its body") {
    evil_server server(stale_after_one([](evil_peer&) {}));
    const auto body = [&]() -> task<> {
        client_session session;
        CHECK(co_await fetch(session, server.url()) == "hello");
        auto got = co_await session.put(server.url()).body("data");
        CHECK(co_await got.text() == "hello");
    };
    run(body);
    const auto seen = server.seen();
    REQUIRE(seen.size() == 3);
    CHECK(seen[1] == seen[2]);
    CHECK(seen[2].ends_with("\r\n\r\ndata"));
}

TEST_CASE("a response that has begun is never asked for again") {
    evil_server server(stale_after_one([](evil_peer& peer) { peer.send("HTTP/1.1 2"); }));
    const auto body = [&]() -> task<> {
        client_session session;
        CHECK(co_await fetch(session, server.url()) == "hello");
        CHECK(co_await error_of<disconnected_error>(session.get(server.url())));
        CHECK(session.stats().retried == 0);
    };
    run(body);
    CHECK(server.requests() == 2);
}

TEST_CASE("a fresh connection that fails is not tried again") {
    evil_server server([](evil_peer& peer) { peer.read_request(); });
    const auto body = [&]() -> task<> {
        client_session session;
        CHECK(co_await error_of<disconnected_error>(session.get(server.url())));
        CHECK(session.stats().retried == 0);
    };
    run(body);
    CHECK(server.requests() == 1);
}

TEST_CASE("a connection that the server closed while the program computed is not used, not even by a POST") {
    std::atomic<bool> closed = false;
    evil_server server([&](evil_peer& peer) {
        peer.read_request();
        peer.send(response("hello"));
        if (peer.number() > 1 || !peer.server().wait_for_signal()) return;
        peer.finish();
        closed = true;
        peer.hold();
    });
    const auto body = [&]() -> task<> {
        client_session session;
        const auto first = co_await fetch(session, server.url());
        CHECK(first == "hello");
        CHECK(session.stats().idle == 1);
        co_await sleep(10ms);  // the turn in which it became idle is over
        server.signal();
        while (!closed) {}  // the loop does not see anything of it
        auto got = co_await session.post(server.url()).body("once");
        CHECK(got.status() == 200);
        CHECK(got.report().attempts == 1);
        CHECK(session.stats().retried == 0);
    };
    run(body);
    CHECK(server.connections() == 2);
    CHECK(server.requests() == 2);
}
