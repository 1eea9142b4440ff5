// Every phase has its own limit, and its error says which ran out, with whom, and after how long.
#include "client_test.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

using namespace client_test;
using namespace skein;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

// Checks what every timeout has to tell, and that nothing is left behind.
void check(const std::optional<timeout_error>& e, phase where, clock::duration limit,
           const client_session& session, bool total = false) {
    REQUIRE(e);
    CHECK(e->phase() == where);
    CHECK(e->limit() == limit);
    CHECK(e->total() == total);
    CHECK(mentions(*e, "timed out "));
    CHECK(mentions(*e, "limit " + std::string(total ? "total" : to_string(where))));
    CHECK(mentions(*e, "(GET "));
    REQUIRE(e->report() != nullptr);
    CHECK(e->report()->elapsed >= limit);
    CHECK(e->report()->spent(where) > 0s);
    if (!total) CHECK(e->report()->spent(where) >= limit);
    CHECK(session.stats().open == 0);
}

// A port whose queue of connections is full, so that the next one hangs.
class full_port {
public:
    full_port() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        address_.sin_family = AF_INET;
        address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address_;
        REQUIRE(bind(listener_, any(), size) == 0);
        REQUIRE(listen(listener_, 0) == 0);
        REQUIRE(getsockname(listener_, any(), &size) == 0);
        for (int i = 0; i < 16; ++i) {
            fillers_.push_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
            (void)connect(fillers_.back(), any(), size);
        }
    }
    ~full_port() {
        for (const int fd : fillers_) close(fd);
        close(listener_);
    }
    full_port(const full_port&) = delete;
    full_port& operator=(const full_port&) = delete;
    std::string url() const { return "http://127.0.0.1:" + std::to_string(ntohs(address_.sin_port)) + "/"; }

private:
    sockaddr* any() { return reinterpret_cast<sockaddr*>(&address_); }
    sockaddr_in address_{};
    int listener_;
    std::vector<int> fillers_;
};

}  // namespace

TEST_CASE("pool: nobody gives a connection back") {
    evil_server server([](evil_peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
        peer.hold();
    });
    const auto body = [&]() -> task<> {
        session_options options;
        options.connector.limit = 1;
        client_session session(options);
        auto held = co_await session.get(server.url());
        const auto e = co_await error_of<timeout_error>(session.get(server.url()).timeout({.pool = 50ms}));
        CHECK(session.stats().open == 1);
        CHECK(session.stats().waiting == 0);
        held.close();
        check(e, phase::pool, 50ms, session);
        CHECK(mentions(*e, "for a free connection to 127.0.0.1:"));
        CHECK(mentions(*e, "1 open, 0 of them idle; limit 1, per host none; 0 others wait"));
    };
    run(body);
    CHECK(server.connections() == 1);
}

TEST_CASE("connect: the peer does not answer") {
    full_port port;
    const auto body = [&]() -> task<> {
        client_session session;
        const auto e = co_await error_of<timeout_error>(session.get(port.url()).timeout({.connect = 50ms}));
        check(e, phase::connect, 50ms, session);
        CHECK(mentions(*e, "connecting to 127.0.0.1:"));
    };
    run(body);
}

TEST_CASE("tls: the peer accepts and says nothing") {
    evil_server server([](evil_peer& peer) { peer.hold(); });
    const auto body = [&]() -> task<> {
        client_session session;
        const std::string url = "https" + server.url().substr(4);
        const auto e = co_await error_of<timeout_error>(session.get(url).timeout({.tls = 50ms}));
        check(e, phase::tls, 50ms, session);
        CHECK(mentions(*e, "in the TLS handshake with 127.0.0.1:"));
    };
    run(body);
    CHECK(server.wait_until_open(0));
}

TEST_CASE("write: the peer does not read") {
    evil_server server([](evil_peer& peer) {
        if (peer.server().wait_for_signal()) peer.drain();
    });
    const auto body = [&]() -> task<> {
        client_session session;
        auto request = session.get(server.url());
        request.body(std::string(50'000'000, 'x')).timeout({.write = 50ms});
        const auto e = co_await error_of<timeout_error>(std::move(request));
        check(e, phase::write, 50ms, session);
        CHECK(mentions(*e, "sending the request to 127.0.0.1:"));
        server.signal();
    };
    run(body);
    CHECK(server.wait_until_open(0));
}

TEST_CASE("first_byte: the peer reads the request and says nothing, or never the whole head") {
    std::string part;
    SUBCASE("nothing") {}
    SUBCASE("a part of the head") {
        part = "HTTP/1.1 200 OK\r\nContent-";
    }
    SUBCASE("interim responses only") {
        part = "HTTP/1.1 103 Early Hints\r\n\r\n";
    }
    evil_server server([&](evil_peer& peer) {
        peer.read_request();
        peer.send(part);
        peer.hold();
    });
    const auto body = [&]() -> task<> {
        client_session session;
        const auto e =
            co_await error_of<timeout_error>(session.get(server.url()).timeout({.first_byte = 50ms}));
        check(e, phase::first_byte, 50ms, session);
        CHECK(mentions(*e, "waiting for the response of 127.0.0.1:"));
    };
    run(body);
    CHECK(server.wait_until_open(0));
}

TEST_CASE("read: the body stalls") {
    evil_server server([](evil_peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
        peer.hold();
    });
    const auto body = [&]() -> task<> {
        client_session session;
        auto got = co_await session.get(server.url()).timeout({.read = 50ms});
        const auto e = co_await body_error_of<timeout_error>(got);
        check(e, phase::read, 50ms, session);
        CHECK(mentions(*e, "reading the body after 5 of 10 bytes"));
        CHECK_THROWS_AS((void)got.chunk(), std::logic_error);
    };
    run(body);
    CHECK(server.wait_until_open(0));
}

TEST_CASE("read: a body that keeps coming, however slowly, is not stalled") {
    evil_server server([](evil_peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
        for (int i = 0; i < 10; ++i) {
            peer.pause(20ms);
            peer.send("x");
        }
    });
    const auto body = [&]() -> task<> {
        client_session session;
        auto got = co_await session.get(server.url()).timeout({.read = 10s});
        CHECK(co_await got.text() == "xxxxxxxxxx");
    };
    run(body);
}

TEST_CASE("total: is over in any phase, and the error says in which") {
    SUBCASE("pool") {
        evil_server server(always("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"));
        const auto body = [&]() -> task<> {
            session_options options;
            options.connector.limit = 1;
            client_session session(options);
            auto held = co_await session.get(server.url());
            const auto e = co_await error_of<timeout_error>(session.get(server.url()).timeout(50ms));
            held.close();
            check(e, phase::pool, 50ms, session, true);
        };
        run(body);
    }
    SUBCASE("first_byte") {
        evil_server server([](evil_peer& peer) { peer.hold(); });
        const auto body = [&]() -> task<> {
            client_session session;
            const auto e = co_await error_of<timeout_error>(session.get(server.url()).timeout(50ms));
            check(e, phase::first_byte, 50ms, session, true);
        };
        run(body);
    }
    SUBCASE("read") {
        evil_server server(always("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"));
        const auto body = [&]() -> task<> {
            client_session session;
            auto got = co_await session.get(server.url()).timeout(200ms);
            const auto e = co_await body_error_of<timeout_error>(got);
            check(e, phase::read, 200ms, session, true);
        };
        run(body);
    }
    SUBCASE("over redirects") {
        evil_server server([](evil_peer& peer) {
            while (peer.read_request()) {
                peer.pause(20ms);
                peer.send(response("", "302 Found", "Location: /\r\n"));
            }
        });
        const auto body = [&]() -> task<> {
            client_session session;
            auto request = session.get(server.url()).max_redirects(1'000'000).timeout(200ms);
            const auto e = co_await error_of<timeout_error>(std::move(request));
            REQUIRE(e);
            CHECK(e->total());
            CHECK(e->limit() == 200ms);
            CHECK(e->report()->redirects > 0);
            CHECK(e->report()->elapsed >= 200ms);
            CHECK(session.stats().open == 0);
        };
        run(body);
    }
}

TEST_CASE("total: bounds chunk() if it was set, for the request or the session") {
    evil_server server([](evil_peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
        while (peer.send("x")) peer.pause(5ms);
    });
    bool by_session = false;
    SUBCASE("request") {}
    SUBCASE("session") {
        by_session = true;
    }
    const auto body = [&]() -> task<> {
        session_options options;
        if (by_session) options.timeout.total = 200ms;
        client_session session(options);
        auto request = session.get(server.url());
        if (!by_session) request.timeout(200ms);
        auto got = co_await std::move(request);
        bool timed_out = false;
        try {
            while (co_await got.chunk()) {}
        } catch (const timeout_error& e) {
            timed_out = true;
            CHECK(e.total());
            CHECK(e.phase() == phase::read);
        }
        CHECK(timed_out);
    };
    run(body);
}

TEST_CASE("a limit of none is none, and the request's wins over the session's") {
    evil_server server([](evil_peer& peer) {
        peer.read_request();
        peer.pause(150ms);
        peer.send(response("late"));
    });
    const auto body = [&]() -> task<> {
        session_options options;
        options.timeout.first_byte = 50ms;
        options.timeout.total = 60ms;
        client_session session(options);
        auto got = co_await session.get(server.url()).timeout({.total = std::nullopt, .first_byte = 20s});
        CHECK(co_await got.text() == "late");
    };
    run(body);
}

TEST_CASE("a limit that ran out leaves the task as it was: the next request is well") {
    evil_server server([](evil_peer& peer) {
        while (auto request = peer.read_request()) {
            if (request->starts_with("GET /slow")) return peer.hold();
            peer.send(response("hello"));
        }
    });
    const auto body = [&]() -> task<> {
        client_session session;
        for (int i = 0; i < 3; ++i) {
            auto slow = session.get(server.url("/slow")).timeout({.first_byte = 20ms});
            CHECK(co_await error_of<timeout_error>(std::move(slow)));
            CHECK(co_await fetch(session, server.url()) == "hello");
        }
    };
    run(body);
}
