// A request that is cancelled in any phase ends at once, closes its connection, and leaves the session as if
// it had never been.
#include "client_test.hpp"

#include <vector>

using namespace client_test;
using namespace skein;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

// Cancels a GET that hangs in one phase; `prepare` may hold something of the session meanwhile.
void cancel_in(evil_server& server, const std::string& url, std::size_t body_bytes = 0) {
    const auto body = [&]() -> task<> {
        client_session session;
        auto request = session.put(url);
        if (body_bytes != 0) request.body(std::string(body_bytes, 'x'));
        auto asked = create_task(std::move(request).send());
        const auto connected = [&] { return server.connections() == 1; };
        CHECK(co_await eventually(connected));
        co_await sleep(20ms);
        CHECK(session.stats().open == 1);
        CHECK(asked.cancel());
        bool cancelled = false;
        try {
            (void)co_await asked;
        } catch (const cancelled_error&) {
            cancelled = true;
        }
        CHECK(cancelled);
        CHECK(session.stats().open == 0);
        CHECK(server.wait_until_open(0));
        auto short_one = wait_for(session.get(url).send(), 20ms);
        CHECK_THROWS_AS((void)co_await std::move(short_one), timeout_error);
        CHECK(session.stats().open == 0);
    };
    run(body);
    CHECK(server.wait_until_open(0));
}

}  // namespace

TEST_CASE("cancel while the handshake hangs") {
    evil_server server([](evil_peer& peer) { peer.hold(); });
    cancel_in(server, "https" + server.url().substr(4));
}

TEST_CASE("cancel while the request is being written") {
    evil_server server([](evil_peer& peer) {
        peer.pause(50ms);  // then what the kernel still has, so that the end behind it is seen
        peer.drain();
    });
    cancel_in(server, server.url(), 50'000'000);
}

TEST_CASE("cancel while the response is awaited") {
    evil_server server([](evil_peer& peer) {
        peer.read_request();
        peer.hold();
    });
    cancel_in(server, server.url());
}

TEST_CASE("cancel in the middle of the head") {
    evil_server server([](evil_peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 O");
        peer.hold();
    });
    cancel_in(server, server.url());
}

TEST_CASE("cancel while the body is read") {
    evil_server server([](evil_peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
        peer.hold();
    });
    const auto body = [&]() -> task<> {
        client_session session;
        auto got = co_await session.get(server.url());
        CHECK_THROWS_AS((void)co_await wait_for(got.read(), 20ms), timeout_error);
        CHECK(session.stats().open == 0);
    };
    run(body);
    CHECK(server.wait_until_open(0));
}

TEST_CASE("cancel while a redirect's body is taken in") {
    evil_server server([](evil_peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 10\r\n\r\nhello");
        peer.hold();
    });
    cancel_in(server, server.url());
}

TEST_CASE("cancel while waiting for a connection: the place in the queue goes to the next") {
    evil_server server([](evil_peer& peer) {
        while (auto request = peer.read_request()) {
            if (request->starts_with("GET /held") && !peer.server().wait_for_signal()) return;
            peer.send(response("hello"));
        }
    });
    const auto body = [&]() -> task<> {
        session_options options;
        options.connector.limit = 1;
        client_session session(options);
        auto held = create_task(fetch(session, server.url("/held")));
        co_await yield();
        auto given_up = create_task(fetch(session, server.url("/never")));
        auto patient = create_task(fetch(session, server.url("/patient")));
        const auto all_wait = [&] { return session.stats().waiting == 2; };
        CHECK(co_await eventually(all_wait));
        given_up.cancel();
        CHECK_THROWS_AS((void)co_await given_up, cancelled_error);
        CHECK(session.stats().waiting == 1);
        server.signal();
        CHECK(co_await held == "hello");
        CHECK(co_await patient == "hello");
        CHECK(session.stats().idle == 1);
    };
    run(body);
    CHECK(server.connections() == 1);
}

TEST_CASE("cancel at any moment loses no connection, and mixes up no responses") {
    // Each path has a response of its own; each request is cancelled after another number of turns.
    evil_server server([](evil_peer& peer) {
        while (auto request = peer.read_request()) {
            const auto path = request->substr(4, request->find(' ', 4) - 4);
            peer.send(response("you asked for " + path));
        }
    });
    const auto body = [&]() -> task<> {
        session_options options;
        options.connector.limit = 3;
        client_session session(options);
        int finished = 0;
        for (int round = 0; round < 300; ++round) {
            std::vector<future<std::string>> asked;
            for (int i = 0; i < 6; ++i)
                asked.push_back(create_task(
                    fetch(session, server.url("/" + std::to_string(round) + "-" + std::to_string(i)))));
            for (int turn = 0; turn < round % 12; ++turn) co_await yield();
            for (int i = round % 3; i < 6; i += 2) asked[static_cast<std::size_t>(i)].cancel();
            for (int i = 0; i < 6; ++i) {
                try {
                    const std::string text = co_await asked[static_cast<std::size_t>(i)];
                    CHECK(text == "you asked for /" + std::to_string(round) + "-" + std::to_string(i));
                    ++finished;
                } catch (const cancelled_error&) {}
            }
            CHECK(session.stats().waiting == 0);
            CHECK(session.stats().open == session.stats().idle);
            CHECK(session.stats().open <= 3);
        }
        CHECK(finished >= 300 * 3);
    };
    run(body);
    CHECK(server.wait_until_open(0));
}
