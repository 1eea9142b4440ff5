// The client's connections on the simulated network, with a fault at each wait: reuse, waiting for a free
// one, names with several addresses, redirects, stale ones, closing. Whatever happens, the pool is empty or
// idle afterwards, and no answer goes astray.
#include "sweep.hpp"

#include <chrono>
#include <stdexcept>
#include <vector>

using namespace simulation;
using namespace std::chrono_literals;
using skein::gather;

namespace {

void serve_echo() {
    this_network().set_link(slow_link());
    this_network().add_name("example.test", {"10.0.7.1"}, 20ms);
    this_network().listen("10.0.7.1", 80, echo_target);
}

}  // namespace

TEST_CASE("a plain GET") {
    sweep("GET", []() -> task<> {
        serve_echo();
        client_session session;
        const pool_check check(session);
        co_await fetch_target(session, "/one");
    });
}

TEST_CASE("a GET over a link that cuts everything into random pieces") {
    sweep("GET in pieces", []() -> task<> {
        serve_echo();
        auto pieces = slow_link();
        pieces.random_pieces = true;
        this_network().set_link(pieces);
        client_session session;
        const pool_check check(session);
        co_await fetch_target(session, "/one");
    });
}

TEST_CASE("a connection is kept and used again") {
    sweep("keep-alive", []() -> task<> {
        serve_echo();
        client_session session;
        const pool_check check(session);
        for (const char* target : {"/one", "/two", "/three"}) co_await fetch_target(session, target);
        if (untouched) CHECK(this_network().made_connections() == 1);
    });
}

TEST_CASE("requests that fail, and go on with the next") {
    sweep("keep-alive, going on", []() -> task<> {
        serve_echo();
        client_session session;
        const pool_check check(session);
        for (const char* target : {"/one", "/two", "/three"}) {
            try {
                co_await fetch_target(session, target);
            } catch (const skein::error&) {}
        }
    });
}

TEST_CASE("requests wait for a free connection") {
    sweep("pool", []() -> task<> {
        serve_echo();
        session_options options;
        options.connector.limit = 2;
        client_session session(options);
        const pool_check check(session);
        std::vector<task<>> all;
        for (int i = 0; i < 5; ++i) all.push_back(fetch_target(session, "/" + std::to_string(i)));
        co_await gather(std::move(all));
        if (untouched) CHECK(this_network().made_connections() == 2);
    });
}

TEST_CASE("requests to several hosts share a limit, and errors are kept as values") {
    sweep("pool of several hosts", []() -> task<> {
        serve_echo();
        this_network().listen("other.test", 80, echo_target);
        session_options options;
        options.connector.limit = 1;
        client_session session(options);
        const pool_check check(session);
        const auto fetch = [&](std::string host) -> task<> {
            auto got = co_await session.get("http://" + host + "/target");
            const auto text = co_await got.text();
            CHECK(text == "/target");
        };
        std::vector<task<>> all;
        for (const char* host : {"example.test", "other.test", "example.test", "nowhere.test"})
            all.push_back(fetch(host));
        const auto outcomes = co_await skein::settle(std::move(all));
        CHECK(outcomes.size() == 4);
    });
}

TEST_CASE("an address that refuses, then one that answers") {
    sweep("addresses", [&]() -> task<> {
        this_network().set_link(slow_link());
        this_network().add_name("example.test", {"10.0.7.9", "10.0.7.1"}, 20ms);
        this_network().listen("10.0.7.1", 80, echo_target);
        client_session session;
        const pool_check check(session);
        co_await fetch_target(session, "/one");
    });
}

TEST_CASE("redirects, on one host and to another") {
    sweep("redirects", []() -> task<> {
        serve_echo();
        const auto redirect = [](server_stream& client) -> task<> {
            for (;;) {
                const std::string target = target_of(co_await client.read_until("\r\n\r\n"));
                const std::string to = target == "/first" ? "/second" : "http://example.test/last";
                co_await client.write("HTTP/1.1 302 Found\r\nLocation: " + to +
                                      "\r\nContent-Length: 4\r\n\r\ngone");
            }
        };
        this_network().listen("start.test", 80, redirect);
        client_session session;
        const pool_check check(session);
        auto got = co_await session.get("http://start.test/first");
        const auto text = co_await got.text();
        CHECK(text == "/last");
        CHECK(got.history().size() == 2);
        if (untouched) CHECK(this_network().made_connections() == 2);
    });
}

TEST_CASE("a request on a connection that the server is just closing is sent again, once") {
    sweep("stale connection", [&]() -> task<> {
        this_network().set_link(slow_link());
        const auto close_soon = [](server_stream& client) -> task<> {
            const std::string head = co_await client.read_until("\r\n\r\n");
            co_await client.write(response(target_of(head)));
            co_await skein::sleep(1s);
        };
        this_network().listen("example.test", 80, close_soon);
        client_session session;
        const pool_check check(session);
        co_await fetch_target(session, "/one");
        // The server's close arrives a second after its answer did; the request leaves a little earlier.
        co_await skein::sleep(980ms);
        co_await fetch_target(session, "/two");
        if (untouched) CHECK(session.stats().retried == 1);
        if (untouched) CHECK(this_network().made_connections() == 2);
    });
}

TEST_CASE("an idle connection that the server closes is not used again") {
    sweep("idle end", []() -> task<> {
        this_network().set_link(slow_link());
        const auto answer_one = [](server_stream& client) -> task<> {
            const std::string head = co_await client.read_until("\r\n\r\n");
            co_await client.write(response(target_of(head)));
        };
        this_network().listen("example.test", 80, answer_one);
        client_session session;
        const pool_check check(session);
        co_await fetch_target(session, "/one");
        co_await skein::sleep(1s);
        CHECK(session.stats().idle == 0);
        co_await fetch_target(session, "/two");
        if (untouched) CHECK(session.stats().retried == 0);
    });
}

TEST_CASE("a session is closed while requests are under way and wait") {
    sweep("close", []() -> task<> {
        serve_echo();
        session_options options;
        options.connector.limit = 1;
        client_session session(options);
        const pool_check check(session);
        const auto fetch = [&]() -> task<> {
            try {
                co_await fetch_target(session, "/one");
            } catch (const std::logic_error&) {  // the session was closed while it waited
            }
        };
        const auto close = [&]() -> task<> {
            co_await skein::sleep(150ms);
            co_await session.close();
        };
        co_await gather(fetch(), fetch(), fetch(), close());
        CHECK(session.stats().open == 0);
    });
}

TEST_CASE("a session goes away while a response is read, and the response goes on") {
    sweep("outlived session", []() -> task<> {
        serve_echo();
        std::optional<client_response> got;
        {
            client_session session;
            got = co_await session.get("http://example.test/one");
        }
        const auto text = co_await got->text();
        CHECK(text == "/one");
        got.reset();
        CHECK(this_network().open_connections() == 0);
    });
}

TEST_CASE("a lookup, an attempt to connect, and a wait for an answer are cancelled") {
    sweep("cancelled phases", []() -> task<> {
        serve_echo();
        this_network().add_name("slow.test", {"10.0.7.1"}, 1h);
        this_network().swallow("hole.test", 80);
        this_network().listen("mute.test", 80, [](server_stream& client) -> task<> {
            for (std::string piece = "x"; !piece.empty();) piece = co_await client.read();
        });
        client_session session;
        const pool_check check(session);
        for (const char* host : {"slow.test", "hole.test", "mute.test"}) {
            const auto fetch = [&]() -> task<> {
                const std::string url = "http://" + std::string(host) + "/";
                (void)co_await session.get(url);
            };
            try {
                co_await skein::wait_for(fetch(), 1s);
                FAIL_CHECK("nobody answers there");
            } catch (const skein::error&) {}
        }
        co_await fetch_target(session, "/after");
    });
}
