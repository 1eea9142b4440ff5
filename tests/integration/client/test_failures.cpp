// What a peer can do wrong, where it does it, and which error that gives.
#include "client_test.hpp"

#include <nlohmann/json.hpp>

#include <sys/resource.h>
#include <unistd.h>

using namespace client_test;
using namespace skein;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

constexpr std::string_view head_of_10 = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";

// The connection ends after `sent`, by FIN or RST, once the client has seen those bytes.
struct ending {
    std::string sent;
    bool reset = false;
    evil_server server{[this](evil_peer& peer) {
        peer.read_request();
        peer.send(sent);
        if (!peer.server().wait_for_signal()) return;
        if (reset) peer.reset();
    }};
};

template <class Error>
void ends_in_head(const std::string& sent, bool reset, std::string_view words) {
    ending e{sent, reset};
    const auto body = [&]() -> task<> {
        client_session session;
        auto asked = create_task(error_of<Error>(session.get(e.server.url())));
        const auto seen = [&] { return e.server.requests() == 1; };
        CHECK(co_await eventually(seen));
        co_await sleep(20ms);
        e.server.signal();
        const auto got = co_await asked;
        REQUIRE(got);
        CHECK(mentions(*got, words));
        CHECK(mentions(*got, "127.0.0.1:" + std::to_string(e.server.port())));
        CHECK(mentions(*got, "(GET http://127.0.0.1:"));
        if (reset) CHECK(mentions(*got, "reset"));
        REQUIRE(got->report() != nullptr);
        CHECK(got->report()->peer == "127.0.0.1:" + std::to_string(e.server.port()));
        CHECK(got->report()->attempts == 1);
        if constexpr (std::same_as<Error, disconnected_error>) {
            CHECK(got->host() == "127.0.0.1");
            CHECK(got->port() == e.server.port());
            CHECK(bool(got->code()) == reset);
        }
        CHECK(session.stats().open == 0);
    };
    run(body);
}

void ends_in_body(const std::string& sent, bool reset, std::string_view words) {
    ending e{sent, reset};
    const auto body = [&]() -> task<> {
        client_session session;
        auto got = co_await session.get(e.server.url());
        e.server.signal();
        const auto error = co_await body_error_of<payload_error>(got);
        REQUIRE(error);
        CHECK(mentions(*error, words));
        CHECK(mentions(*error, "127.0.0.1:" + std::to_string(e.server.port())));
        if (reset) CHECK(mentions(*error, "reset"));
        REQUIRE(error->report() != nullptr);
        CHECK(session.stats().open == 0);
    };
    run(body);
}

}  // namespace

TEST_CASE("the connection ends before the response: disconnected_error") {
    const bool reset = false;
    ends_in_head<disconnected_error>("", reset, "before the first byte");
    ends_in_head<disconnected_error>("HTTP/1.1 200 OK\r\nContent-", reset, "after");
    ends_in_head<disconnected_error>("HTTP/1.1 103 Early Hints\r\n\r\n", reset, "closed");
}

TEST_CASE("the connection is reset before the response: disconnected_error") {
    const bool reset = true;
    ends_in_head<disconnected_error>("", reset, "before the first byte");
    ends_in_head<disconnected_error>("HTTP/1.1 200 OK\r\nContent-", reset, "after");
}

TEST_CASE("the connection ends in the body: payload_error with what had come") {
    ends_in_body(std::string(head_of_10) + "hello", false, "5 of 10 bytes");
    ends_in_body(std::string(head_of_10) + "hello", true, "5 of 10 bytes");
    const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";
    ends_in_body(chunked, false, "after 5 bytes of body, before its last chunk");
    ends_in_body(chunked, true, "after 5 bytes of body, before its last chunk");
    ends_in_body("HTTP/1.1 200 OK\r\n\r\nhello", true, "after 5 bytes of body");
}

TEST_CASE("pieces that came before the body was cut short are read") {
    ending e{std::string(head_of_10) + "hello", false};
    const auto body = [&]() -> task<> {
        client_session session;
        auto got = co_await session.get(e.server.url());
        const auto piece = co_await got.chunk();
        REQUIRE(piece);
        CHECK(as_text(*piece) == "hello");
        e.server.signal();
        CHECK_THROWS_AS((void)co_await got.chunk(), payload_error);
        CHECK_THROWS_AS((void)co_await got.chunk(), payload_error);
    };
    run(body);
}

TEST_CASE("a peer that breaks HTTP in the head: protocol_error that says how") {
    const auto broken = [](const std::string& sent, std::string_view words) {
        evil_server server([&](evil_peer& peer) {
            peer.read_request();
            peer.send(sent);
            peer.hold();
        });
        const auto body = [&]() -> task<> {
            client_session session;
            const auto e = co_await error_of<protocol_error>(session.get(server.url()));
            REQUIRE(e);
            CHECK(mentions(*e, words));
            CHECK(mentions(*e, "127.0.0.1:" + std::to_string(server.port())));
            CHECK(e->report() != nullptr);
            CHECK(session.stats().open == 0);
        };
        run(body);
        CHECK(server.wait_until_open(0));
    };
    broken("SSH-2.0-OpenSSH_9.2\r\n", "SSH-2.0");
    broken("HTTP/2 200\r\n\r\n", "HTTP");
    broken("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "Content-Length");
    broken("HTTP/1.1 101 Switching Protocols\r\n\r\n", "101");
    broken("HTTP/1.1 200 OK\r\nX: " + std::string(200'000, 'x') + "\r\n\r\n", "65536");
}

TEST_CASE("a peer that breaks HTTP in the body: payload_error that says how") {
    evil_server server([](evil_peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n");
        peer.hold();
    });
    const auto body = [&]() -> task<> {
        client_session session;
        auto got = co_await session.get(server.url());
        const auto e = co_await body_error_of<payload_error>(got);
        REQUIRE(e);
        CHECK(mentions(*e, "chunk"));
        CHECK(session.stats().open == 0);
    };
    run(body);
}

TEST_CASE("nobody listens: connect_error with each address and its reason") {
    std::string url;
    {
        evil_server server([](evil_peer&) {});
        url = server.url("/", "localhost");
    }
    const auto body = [&]() -> task<> {
        client_session session;
        const auto e = co_await error_of<connect_error>(session.get(url));
        REQUIRE(e);
        CHECK(mentions(*e, "cannot connect to localhost:"));
        CHECK(mentions(*e, "127.0.0.1:"));
        CHECK(mentions(*e, "Connection refused"));
        CHECK(e->code() == std::errc::connection_refused);
        CHECK(e->host() == "localhost");
        REQUIRE(e->report() != nullptr);
        CHECK(e->report()->attempts == 0);
        CHECK(session.stats().open == 0);
    };
    run(body);
}

TEST_CASE("no such host: resolve_error") {
    const auto body = [&]() -> task<> {
        client_session session;
        const auto e = co_await error_of<resolve_error>(session.get("http://name.invalid/"));
        REQUIRE(e);
        CHECK(mentions(*e, "cannot resolve host 'name.invalid'"));
        CHECK(e->host() == "name.invalid");
        CHECK(e->report() != nullptr);
        CHECK(session.stats().open == 0);
    };
    run(body);
}

TEST_CASE("no message tells the credentials of the URL") {
    evil_server server([](evil_peer& peer) { peer.read_request(); });
    const auto body = [&]() -> task<> {
        client_session session;
        const std::string url = "http://ann:secret@127.0.0.1:" + std::to_string(server.port()) + "/";
        const auto e = co_await error_of<error>(session.get(url));
        REQUIRE(e);
        CHECK(std::string(e->what()).find("secret") == std::string::npos);
        CHECK(e->report()->url.find("secret") == std::string::npos);
    };
    run(body);
}

TEST_CASE("raise_for_status, of the request, the session or the response") {
    evil_server server(always(response("nothing", "404 Not Found", "X-Why: gone\r\n")));
    const auto body = [&]() -> task<> {
        client_session session;
        const auto e = co_await error_of<response_error>(session.get(server.url()).raise_for_status());
        REQUIRE(e);
        CHECK(e->status() == 404);
        CHECK(e->headers().get("X-Why") == "gone");
        CHECK(mentions(*e, "404 Not Found"));
        CHECK(e->report() != nullptr);
        CHECK(session.stats().idle == 1);  // the message was complete
        auto got = co_await session.get(server.url());
        CHECK_FALSE(got.ok());
        CHECK_THROWS_AS(got.raise_for_status(), response_error);
        CHECK(co_await got.text() == "nothing");
        session_options options;
        options.raise_for_status = true;
        client_session strict(options);
        CHECK(co_await error_of<response_error>(strict.get(server.url())));
        auto lenient = co_await strict.get(server.url()).raise_for_status(false);
        CHECK(lenient.status() == 404);
    };
    run(body);
}

TEST_CASE("what a server says is shown in an error escaped, and not for long") {
    const std::string rude = "\xc2\x9b" + std::string(5000, 'n');
    const std::string page = "\"\xc2\x9b" + std::string(100'000, 'j');
    evil_server server([&](evil_peer& peer) {
        while (const auto request = peer.read_request()) {
            if (request->starts_with("GET /json")) peer.send(response(page));
            if (request->starts_with("GET /away"))
                peer.send(response("", "302 Found", "Location: http://127.0.0.1:1/" + rude + "\r\n"));
            if (request->starts_with("GET /twice"))
                peer.send(response("", "302 Found", "Location: ftp://127.0.0.1/" + rude + "\r\n"));
            if (request->starts_with("GET /status")) peer.send(response("", "500 " + rude));
        }
    });
    const auto body = [&]() -> task<> {
        client_session session;
        const auto check = [](const std::exception& e, std::string_view words) {
            const std::string_view what = e.what();
            CHECK(mentions(e, words));
            CHECK(what.size() < 1000);
            CHECK(what.find('\x9b') == what.npos);
        };
        auto status = session.get(server.url("/status")).raise_for_status();
        const auto refused = co_await error_of<response_error>(std::move(status));
        REQUIRE(refused);
        check(*refused, "status 500 \\xc2\\x9bnnn");
        const auto away = co_await error_of<connect_error>(session.get(server.url("/away")));
        REQUIRE(away);
        check(*away, "(GET http://127.0.0.1:1/%C2%9Bnnn");
        CHECK(away->report()->url.size() > 5000);  // there it is whole
        const auto twice = co_await error_of<invalid_url>(session.get(server.url("/twice")));
        REQUIRE(twice);
        check(*twice, "ftp");
        auto got = co_await session.get(server.url("/json"));
        std::optional<payload_error> malformed;
        try {
            (void)co_await got.json();
        } catch (const payload_error& e) {
            malformed = e;
        }
        REQUIRE(malformed);
        check(*malformed, "is not JSON");
    };
    run(body);
}

TEST_CASE("a process without descriptors gets an error, and goes on once there are some") {
    evil_server server(always(response("here")));
    const auto body = [&]() -> task<> {
        client_session other;  // whose connection stays, so that no descriptor comes free
        const auto warm = co_await fetch(other, server.url());
        CHECK(warm == "here");
        client_session session;
        rlimit before{};
        REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
        const int next = dup(0);
        rlimit none_left = before;
        none_left.rlim_cur = static_cast<rlim_t>(next);
        close(next);
        for (int round = 0; round < 3; ++round) {
            REQUIRE(setrlimit(RLIMIT_NOFILE, &none_left) == 0);
            const auto failed = co_await error_of<connect_error>(session.get(server.url()));
            REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
            REQUIRE(failed);
            CHECK(failed->code() == std::errc::too_many_files_open);
            CHECK(session.stats().open == 0);
        }
        const auto again = co_await fetch(session, server.url());
        CHECK(again == "here");
    };
    run(body);
}

TEST_CASE("a session says how long the head of a response may be, and how many fields it may have") {
    evil_server server(always(response("hello", "200 OK", "A: b\r\nC: d\r\nE: f\r\n")));
    const auto refusal = [&](std::size_t bytes, std::size_t fields) -> task<std::string> {
        session_options options;
        options.connector.max_head_bytes = bytes;
        options.connector.max_headers = fields;
        client_session session(options);
        const auto e = co_await error_of<protocol_error>(session.get(server.url()));
        co_return e ? e->what() : "";
    };
    const auto body = [&]() -> task<> {
        const auto fine = co_await refusal(200, 4);
        CHECK(fine.empty());
        const auto too_long = co_await refusal(30, 4);
        CHECK(too_long.find("head of more than 30 bytes") != too_long.npos);
        const auto too_many = co_await refusal(200, 3);
        CHECK(too_many.find("message of more than 3 fields") != too_many.npos);
    };
    run(body);
}
