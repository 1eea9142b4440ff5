// What other clients got wrong once and had to mend, as far as no other test here has it.
#include "sweep.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

using namespace simulation;
using namespace skein;
using namespace std::chrono_literals;

namespace {

/// Reads a head and never answers.
task<> keep_silent(server_stream& client) {
    for (std::string piece = "x"; !piece.empty();) piece = co_await client.read();
}

}  // namespace

TEST_CASE("the read limit of a request ends with it: its connection may idle for longer, and serves again") {
    sweep("idle beyond the read limit", [&]() -> task<> {
        this_network().listen("example.test", 80, echo_target);
        session_options options;
        options.timeout.read = 1s;
        options.timeout.first_byte = 1s;
        options.connector.keepalive = 60s;
        client_session session(options);
        const pool_check check(session);
        for (const char* target : {"/one", "/two", "/three"}) {
            co_await fetch_target(session, target);
            co_await skein::sleep(30s);
        }
        if (untouched) CHECK(this_network().made_connections() == 1);
    });
}

TEST_CASE(
    "a session that is closed while a name is looked up: the request goes on, its connection is not kept") {
    sweep("closed in the lookup", [&]() -> task<> {
        this_network().add_name("slow.test", {"10.0.7.1"}, 2s);
        this_network().listen("10.0.7.1", 80, echo_target);
        client_session session;
        const pool_check check(session);
        const auto fetch = [&]() -> task<> {
            auto got = co_await session.get("http://slow.test/one");
            const auto text = co_await got.text();
            CHECK(text == "/one");
        };
        const auto close = [&]() -> task<> {
            co_await skein::sleep(1s);
            co_await session.close();
        };
        co_await gather(fetch(), close());
        CHECK(session.stats().open == 0);
        CHECK(this_network().open_connections() == 0);
    });
}

TEST_CASE("a connection whose reader was stopped by a full buffer serves again once the body is read") {
    const std::string content(1'000'000, 'x');
    testing::run([&]() -> task<> {
        const auto serve = [&](server_stream& client) -> task<> {
            for (;;) {
                (void)co_await client.read_until("\r\n\r\n");
                co_await client.write(response(content));
            }
        };
        this_network().listen("example.test", 80, serve);
        client_session session;
        const pool_check check(session);
        for (int i = 0; i < 3; ++i) {
            auto got = co_await session.get("http://example.test/");
            co_await skein::sleep(10s);  // the buffer is full by now, and reading has stopped
            const auto text = co_await got.text();
            CHECK(text.size() == content.size());
        }
        CHECK(this_network().made_connections() == 1);
    });
}

TEST_CASE("who gives up waiting for a connection, even as it comes, leaves the way free for the others") {
    sweep("pool after time limits", [&]() -> task<> {
        this_network().set_link(slow_link());
        const auto answer_late = [](server_stream& client) -> task<> {
            for (;;) {
                const std::string target = target_of(co_await client.read_until("\r\n\r\n"));
                co_await skein::sleep(1s);
                co_await client.write(response(target));
            }
        };
        this_network().listen("example.test", 80, answer_late);
        session_options options;
        options.connector.limit = 1;
        client_session session(options);
        const pool_check check(session);
        const auto impatient = [&](clock::duration patience) -> task<> {
            const timeouts limits = {.pool = patience};
            try {
                (void)co_await session.get("http://example.test/").timeout(limits);
            } catch (const timeout_error&) {}
        };
        std::vector<task<>> all;
        all.push_back(fetch_target(session, "/first"));
        // The first connection comes free at 1.2 s: some give up before, some in that very moment.
        for (const auto patience : {500ms, 1200ms, 1200ms, 1199ms, 1201ms})
            all.push_back(impatient(patience));
        all.push_back(fetch_target(session, "/last"));
        co_await gather(std::move(all));
        CHECK(session.stats().waiting == 0);
        co_await fetch_target(session, "/after");
    });
}

TEST_CASE("a request that is cancelled is not sent again, though its connection had served before") {
    int heads = 0;
    testing::run([&]() -> task<> {
        const auto answer_once = [&](server_stream& client) -> task<> {
            for (;;) {
                const std::string target = target_of(co_await client.read_until("\r\n\r\n"));
                if (++heads > 1) co_await skein::sleep(1h);
                co_await client.write(response(target));
            }
        };
        this_network().listen("example.test", 80, answer_once);
        client_session session;
        const pool_check check(session);
        co_await fetch_target(session, "/one");
        bool cut_off = false;
        try {
            co_await wait_for(fetch_target(session, "/two"), 1s);
        } catch (const timeout_error&) {
            cut_off = true;
        }
        CHECK(cut_off);
        CHECK(session.stats().retried == 0);
        CHECK(session.stats().open == 0);
    });
    CHECK(heads == 2);
}

TEST_CASE("an answer that comes too late is nobody's") {
    testing::run([&]() -> task<> {
        const auto answer_late = [](server_stream& client) -> task<> {
            for (;;) {
                const std::string target = target_of(co_await client.read_until("\r\n\r\n"));
                if (target == "/late") co_await skein::sleep(2s);
                co_await client.write(response(target));
            }
        };
        this_network().listen("example.test", 80, answer_late);
        session_options options;
        options.connector.limit = 1;
        client_session session(options);
        const pool_check check(session);
        for (int i = 0; i < 3; ++i) {
            bool late = false;
            try {
                (void)co_await session.get("http://example.test/late").timeout(1s);
            } catch (const timeout_error&) {
                late = true;
            }
            CHECK(late);
            co_await fetch_target(session, "/next");
            co_await skein::sleep(3s);
            co_await fetch_target(session, "/after");
        }
    });
}

TEST_CASE("after close() no connection is left, whatever was idle") {
    testing::run([&]() -> task<> {
        for (const char* host : {"a.test", "b.test", "c.test"}) this_network().listen(host, 80, echo_target);
        client_session session;
        std::vector<task<std::string>> all;
        const auto fetch = [&](std::string host) -> task<std::string> {
            const std::string url = "http://" + host + "/";
            auto got = co_await session.get(url);
            co_return co_await got.text();
        };
        for (int i = 0; i < 9; ++i)
            all.push_back(fetch(i % 3 == 0 ? "a.test" : i % 3 == 1 ? "b.test" : "c.test"));
        (void)co_await gather(std::move(all));
        CHECK(this_network().open_connections() == 9);
        co_await session.close();
        CHECK(this_network().open_connections() == 0);
    });
}

TEST_CASE("however an address is written, it is asked as the one that it is, and says so in Host") {
    for (const char* host : {"0x7f.1", "127.1", "2130706433", "0177.0.0.1", "127.0.0.1"}) {
        CAPTURE(host);
        std::string heard;
        testing::run([&]() -> task<> {
            const auto serve = [&](server_stream& client) -> task<> {
                heard = co_await client.read_until("\r\n\r\n");
                co_await client.write(response("here"));
            };
            this_network().listen("127.0.0.1", 80, serve);
            client_session session;
            const std::string url = "http://" + std::string(host) + "/";
            auto got = co_await session.get(url);
            const auto text = co_await got.text();
            CHECK(text == "here");
            CHECK(this_network().lookups() == 0);
        });
        CHECK(heard.find("\r\nHost: 127.0.0.1\r\n") != heard.npos);
    }
}

TEST_CASE("head and body of a request leave in one piece") {
    std::string first;
    testing::run([&]() -> task<> {
        const auto serve = [&](server_stream& client) -> task<> {
            first = co_await client.read();
            co_await client.write(response("here"));
        };
        this_network().listen("example.test", 80, serve);
        client_session session;
        auto got = co_await session.post("http://example.test/").body("all of it");
        CHECK(got.status() == 200);
    });
    CHECK(first.ends_with("\r\n\r\nall of it"));
}

TEST_CASE("a connection is of one scheme, even where the port is the same") {
    testing::run([&]() -> task<> {
        this_network().listen("example.test", 8080, echo_target);
        client_session session;
        const pool_check check(session);
        auto got = co_await session.get("http://example.test:8080/");
        (void)co_await got.text();
        bool refused = false;
        try {
            (void)co_await session.get("https://example.test:8080/").timeout(1s);
        } catch (const error&) {
            refused = true;  // it does not speak TLS
        }
        CHECK(refused);
        CHECK(this_network().made_connections() == 2);
    });
}

TEST_CASE("every time limit is a timeout_error with the phase that it ran out in") {
    testing::run([&]() -> task<> {
        this_network().add_name("lost.test", {"10.0.7.1"}, 1h);
        this_network().swallow("hole.test", 80);
        this_network().listen("mute.test", 80, keep_silent);
        client_session session;
        const pool_check check(session);
        const auto phase_of = [&](std::string url, timeouts limits) -> task<phase> {
            try {
                (void)co_await session.get(url).timeout(limits);
            } catch (const timeout_error& e) {
                co_return e.phase();
            }
            co_return phase::none;
        };
        timeouts limits;
        limits.dns = limits.connect = limits.first_byte = 1s;
        const phase dns = co_await phase_of("http://lost.test/", limits);
        CHECK(dns == phase::dns);
        const phase connecting = co_await phase_of("http://hole.test/", limits);
        CHECK(connecting == phase::connect);
        const phase waiting = co_await phase_of("http://mute.test/", limits);
        CHECK(waiting == phase::first_byte);
    });
}
