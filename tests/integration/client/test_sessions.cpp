// Limits, and what outlives what: sessions, responses, loops.
#include "client_test.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <vector>

using namespace client_test;
using namespace skein;
using namespace std::chrono_literals;
using namespace std::string_literals;

TEST_CASE("a thousand requests at once share a hundred connections, and each gets its own response") {
    evil_server server([](evil_peer& peer) {
        while (auto request = peer.read_request())
            peer.send(response("you asked for " + request->substr(4, request->find(' ', 4) - 4)));
    });
    const auto body = [&]() -> task<> {
        client_session session;
        std::vector<task<std::string>> all;
        for (int i = 0; i < 1000; ++i) all.push_back(fetch(session, server.url("/" + std::to_string(i))));
        const auto texts = co_await gather(std::move(all));
        for (int i = 0; i < 1000; ++i)
            CHECK(texts[static_cast<std::size_t>(i)] == "you asked for /" + std::to_string(i));
        CHECK(session.stats().requests == 1000);
        CHECK(session.stats().waiting == 0);
        CHECK(session.stats().open == session.stats().idle);
    };
    run(body);
    CHECK(server.connections() <= 100);
    CHECK(server.wait_until_open(0));
}

TEST_CASE("requests that wait are served in order") {
    evil_server server(always(response("")));
    const auto body = [&]() -> task<> {
        session_options options;
        options.connector.limit = 1;
        client_session session(options);
        std::vector<task<std::string>> all;
        for (int i = 0; i < 50; ++i) all.push_back(fetch(session, server.url("/" + std::to_string(i))));
        (void)co_await gather(std::move(all));
    };
    run(body);
    const auto seen = server.seen();
    for (int i = 0; i < 50; ++i)
        CHECK(seen.at(static_cast<std::size_t>(i)).starts_with("GET /" + std::to_string(i) + " "));
    CHECK(server.connections() == 1);
}

TEST_CASE("limit_per_host is one host's own") {
    std::atomic<int> now_a = 0;
    std::atomic<int> most_a = 0;
    evil_server a([&](evil_peer& peer) {
        while (peer.read_request()) {
            most_a = std::max(most_a.load(), ++now_a);
            peer.pause(5ms);
            --now_a;
            peer.send(response("a"));
        }
    });
    evil_server b(always(response("b")));
    const auto body = [&]() -> task<> {
        session_options options;
        options.connector.limit_per_host = 2;
        client_session session(options);
        std::vector<task<std::string>> all;
        for (int i = 0; i < 20; ++i) {
            all.push_back(fetch(session, a.url()));
            all.push_back(fetch(session, b.url()));
        }
        (void)co_await gather(std::move(all));
    };
    run(body);
    CHECK(most_a <= 2);
    CHECK(a.connections() <= 2);
    CHECK(b.connections() <= 2);
}

TEST_CASE("an idle connection makes room for another host") {
    evil_server a(always(response("a")));
    evil_server b(always(response("b")));
    const auto body = [&]() -> task<> {
        session_options options;
        options.connector.limit = 1;
        client_session session(options);
        for (int i = 0; i < 3; ++i) {
            CHECK(co_await fetch(session, a.url()) == "a");
            CHECK(co_await fetch(session, b.url()) == "b");
            CHECK(session.stats().open == 1);
        }
    };
    run(body);
    CHECK(a.connections() == 3);
}

TEST_CASE("who waits behind a connection that fails gets to open another") {
    evil_server server([](evil_peer& peer) { peer.read_request(); });
    const auto body = [&]() -> task<> {
        session_options options;
        options.connector.limit = 1;
        client_session session(options);
        std::vector<task<std::string>> all;
        for (int i = 0; i < 10; ++i) all.push_back(fetch(session, server.url()));
        const auto outcomes = co_await settle(std::move(all));
        for (const auto& one : outcomes) CHECK_FALSE(one);
        CHECK(session.stats().open == 0);
    };
    run(body);
    CHECK(server.connections() == 10);
}

TEST_CASE("a connection that dies between its grant and its use is replaced, in turn") {
    // The server ends each connection right behind its response, so that who is handed the connection finds
    // it dead, now and then while still in the ready queue behind many others.
    evil_server server([](evil_peer& peer) {
        if (peer.read_request()) peer.send(response("hello"));
    });
    const auto busy = []() -> task<> {
        for (int i = 0; i < 2000; ++i) co_await yield();
    };
    const auto body = [&]() -> task<> {
        session_options options;
        options.connector.limit = 2;
        client_session session(options);
        std::vector<future<>> noise;
        for (int i = 0; i < 600; ++i) noise.push_back(create_task(busy()));
        std::vector<task<std::string>> all;
        for (int i = 0; i < 100; ++i) all.push_back(fetch(session, server.url()));
        const auto texts = co_await gather(std::move(all));
        for (const auto& text : texts) CHECK(text == "hello");
        for (auto& one : noise) one.cancel();
    };
    run(body);
    CHECK(server.connections() == 100);
}

TEST_CASE("keep-alive ends: the connection is closed, not used") {
    evil_server server(always(response("hello")));
    const auto body = [&]() -> task<> {
        session_options options;
        options.connector.keepalive = 20ms;
        client_session session(options);
        CHECK(co_await fetch(session, server.url()) == "hello");
        const auto gone = [&] { return session.stats().open == 0; };
        CHECK(co_await eventually(gone));
        CHECK(co_await fetch(session, server.url()) == "hello");
    };
    run(body);
    CHECK(server.connections() == 2);
}

TEST_CASE("a server that keeps connections for one second is not raced") {
    evil_server server(always(response("hello", "200 OK", "Keep-Alive: timeout=1\r\n")));
    const auto body = [&]() -> task<> {
        client_session session;
        CHECK(co_await fetch(session, server.url()) == "hello");
        const auto gone = [&] { return session.stats().open == 0; };
        CHECK(co_await eventually(gone));
    };
    run(body);
}

// ---- what outlives what

TEST_CASE("a session made before run(), and used by one run() after the other") {
    evil_server server(always(response("hello")));
    client_session session;
    const auto body = [&]() -> task<> {
        CHECK(co_await fetch(session, server.url()) == "hello");
        CHECK(co_await fetch(session, server.url()) == "hello");
    };
    for (int i = 0; i < 3; ++i) {
        run(body);
        CHECK(session.stats().open == 0);
    }
    CHECK(server.connections() == 3);
    CHECK(server.wait_until_open(0));
}

TEST_CASE("a response may outlive its session") {
    evil_server server([](evil_peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
        if (peer.server().wait_for_signal()) peer.send("world");
        peer.drain();
    });
    const auto ask = [&]() -> task<client_response> {
        client_session session;
        co_return co_await session.get(server.url());
    };
    const auto body = [&]() -> task<> {
        auto got = co_await ask();
        server.signal();
        CHECK(co_await got.text() == "helloworld");
    };
    run(body);
    CHECK(server.wait_until_open(0));
}

TEST_CASE("a response may outlive its loop") {
    client_session session;
    SUBCASE("complete: its body can be read in another run()") {
        evil_server server(always(response("hello")));
        const auto ask = [&]() -> task<client_response> { co_return co_await session.get(server.url()); };
        auto got = run(ask);
        CHECK(got.status() == 200);
        CHECK(got.report().redirects == 0);
        CHECK(run(got.text()) == "hello");
    }
    SUBCASE("not complete: its connection was closed, and the body says so") {
        evil_server server([](evil_peer& peer) {
            peer.read_request();
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
            peer.hold();
        });
        const auto ask = [&]() -> task<client_response> { co_return co_await session.get(server.url()); };
        auto got = run(ask);
        CHECK(server.wait_until_open(0));
        CHECK(session.stats().open == 1);
        CHECK_THROWS_AS(run(got.text()), payload_error);
    }
    SUBCASE("not complete, while its request was still being written") {
        evil_server server([](evil_peer& peer) {
            peer.read_head();
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
            peer.hold();
        });
        const auto ask = [&]() -> task<client_response> {
            co_return co_await session.post(server.url()).body(std::string(50'000'000, 'x'));
        };
        auto got = run(ask);
        CHECK(session.stats().open == 1);  // the response has it
    }
    CHECK(session.stats().open == 0);
}

TEST_CASE("a closed session refuses, lets what is under way end, and sends away who waits") {
    evil_server server([](evil_peer& peer) {
        while (peer.read_request()) {
            if (!peer.server().wait_for_signal()) return;
            peer.send(response("hello"));
        }
    });
    const auto body = [&]() -> task<> {
        session_options options;
        options.connector.limit = 1;
        client_session session(options);
        auto under_way = create_task(fetch(session, server.url()));
        auto waiting = create_task(fetch(session, server.url()));
        const auto both = [&] { return session.stats().waiting == 1 && server.requests() == 1; };
        CHECK(co_await eventually(both));
        auto made_before = session.get(server.url());
        co_await session.close();
        CHECK_THROWS_AS((void)co_await waiting, std::logic_error);
        CHECK_THROWS_AS((void)session.get(server.url()), std::logic_error);
        CHECK_THROWS_AS((void)co_await std::move(made_before), std::logic_error);
        server.signal();
        CHECK(co_await under_way == "hello");
        CHECK(session.stats().open == 0);
        co_await session.close();
    };
    run(body);
    CHECK(server.connections() == 1);
}

TEST_CASE("a session is one loop's at a time") {
    evil_server server(always(response("hello")));
    const auto body = [&]() -> task<> {
        client_session session;
        CHECK(co_await fetch(session, server.url()) == "hello");
        bool refused = false;
        std::thread other([&] {
            try {
                run(fetch(session, server.url()));
            } catch (const std::logic_error&) {
                refused = true;
            }
        });
        other.join();
        CHECK(refused);
        CHECK(co_await fetch(session, server.url()) == "hello");
    };
    run(body);
}

TEST_CASE("run() ends though requests and unread responses are left") {
    evil_server server([](evil_peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
        peer.hold();
    });
    client_session session;
    std::unique_ptr<client_response> kept;
    const auto body = [&]() -> task<> {
        for (int i = 0; i < 10; ++i) (void)create_task(fetch(session, server.url()));
        kept = std::make_unique<client_response>(co_await session.get(server.url()));
        const auto all_open = [&] { return session.stats().open == 11; };
        CHECK(co_await eventually(all_open));
    };
    run(body);
    CHECK(server.wait_until_open(0));
    kept.reset();
    CHECK(session.stats().open == 0);
}

TEST_CASE("idle connections are kept up to max_idle, and nothing is kept with force_close") {
    evil_server server(always(response("hello")));
    const auto kept = [&](std::size_t most, bool force_close) -> task<std::size_t> {
        session_options options;
        options.connector.max_idle = most;
        options.connector.force_close = force_close;
        client_session session(options);
        std::vector<task<std::string>> all;
        for (int i = 0; i < 5; ++i) all.push_back(fetch(session, server.url()));
        (void)co_await gather(std::move(all));
        co_return session.stats().open;
    };
    const auto body = [&]() -> task<> {
        const auto two = co_await kept(2, false);
        CHECK(two == 2);
        const auto five = co_await kept(100, false);
        CHECK(five == 5);
        const auto none = co_await kept(0, false);
        CHECK(none == 0);
        const auto closed = co_await kept(100, true);
        CHECK(closed == 0);
    };
    run(body);
}

TEST_CASE("options that make no sense are refused when the session is made") {
    session_options options;
    options.max_redirects = -1;
    CHECK_THROWS_AS(client_session{options}, std::invalid_argument);
    options.max_redirects = 0;
    CHECK_NOTHROW(client_session{options});
}
