// Each time limit of a request, to the second and with a fault at each wait.
#include "sweep.hpp"

#include <chrono>

using namespace simulation;
using namespace std::chrono_literals;
using skein::phase;
using skein::timeout_error;
using skein::timeouts;

namespace {

task<> keep_silent(server_stream& client) {
    (void)co_await client.read();
    co_await skein::sleep(24h);
}

task<> stop_in_the_body(server_stream& client) {
    (void)co_await client.read_until("\r\n\r\n");
    co_await client.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    co_await skein::sleep(24h);
}

/// A request that must run into a limit of its own: in this phase, after that long. Faults end it otherwise.
task<> run_into(timeouts limits, phase where, skein::clock::duration after, bool total) {
    client_session session;
    const pool_check check(session);
    const auto started = skein::testing::elapsed();
    try {
        auto got =
            co_await session.post("http://example.test/").body(std::string(300'000, 'x')).timeout(limits);
        (void)co_await got.read();
        FAIL_CHECK("nothing ran out");
    } catch (const timeout_error& e) {
        if (untouched) {
            CHECK(e.phase() == where);
            CHECK(e.total() == total);
            CHECK(skein::testing::elapsed() - started == after);
        }
    }
    CHECK(session.stats().open == 0);
}

void test_limit(const char* name, timeouts limits, phase where, skein::clock::duration after,
                const std::function<void()>& prepare, bool total = false) {
    sweep(name, [&]() -> task<> {
        prepare();
        co_await run_into(limits, where, after, total);
    });
}

}  // namespace

TEST_CASE("each phase has its limit") {
    test_limit("limit dns", {.dns = 3s}, phase::dns, 3s,
               [] { this_network().add_name("example.test", {"10.0.0.1"}, 1h); });
    test_limit("limit connect", {.connect = 3s}, phase::connect, 3s,
               [] { this_network().swallow("example.test", 80); });
    test_limit("limit write", {.write = 3s}, phase::write, 3s,
               [] { this_network().listen("example.test", 80, keep_silent); });
    test_limit("limit first_byte", {.first_byte = 3s}, phase::first_byte, 3s, [] {
        this_network().listen("example.test", 80, [](server_stream& client) -> task<> {
            for (std::string piece = "x"; !piece.empty();) piece = co_await client.read();
        });
    });
    test_limit("limit read", {.read = 3s}, phase::read, 3s,
               [] { this_network().listen("example.test", 80, stop_in_the_body); });
}

TEST_CASE("the limit on the whole counts in every phase") {
    const timeouts whole = {.total = 3s};
    test_limit(
        "total in dns", whole, phase::dns, 3s,
        [] { this_network().add_name("example.test", {"10.0.0.1"}, 1h); }, true);
    test_limit(
        "total in connect", whole, phase::connect, 3s, [] { this_network().swallow("example.test", 80); },
        true);
    test_limit(
        "total in write", whole, phase::write, 3s,
        [] { this_network().listen("example.test", 80, keep_silent); }, true);
    test_limit(
        "total in the body", whole, phase::read, 3s,
        [] { this_network().listen("example.test", 80, stop_in_the_body); }, true);
}

TEST_CASE("waiting for a connection has its limit") {
    sweep("limit pool", [&]() -> task<> {
        this_network().listen("example.test", 80, keep_silent);
        session_options options;
        options.connector.limit = 1;
        options.timeout.first_byte = 10s;
        client_session session(options);
        const pool_check check(session);
        const auto first = [&]() -> task<> {
            try {
                (void)co_await session.get("http://example.test/");
            } catch (const timeout_error&) {}
        };
        const auto second = [&]() -> task<> {
            const timeouts limits = {.pool = 3s};
            co_await skein::sleep(1s);  // so that it comes second in every order
            try {
                (void)co_await session.get("http://example.test/").timeout(limits);
            } catch (const timeout_error& e) {
                if (untouched) {
                    CHECK(e.phase() == phase::pool);
                    CHECK(skein::testing::elapsed() == 4s);
                }
            }
        };
        co_await skein::gather(first(), second());
    });
}

TEST_CASE(
    "the library's own limit on the whole does not bound a body that is read in pieces; one that was set "
    "does") {
    sweep("trickle", [&]() -> task<> {
        const auto trickle = [](server_stream& client) -> task<> {
            (void)co_await client.read_until("\r\n\r\n");
            co_await client.write("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n");
            for (int i = 0; i < 20; ++i) {
                co_await skein::sleep(45s);
                co_await client.write("x");
            }
        };
        this_network().listen("example.test", 80, trickle);
        client_session session;
        const pool_check check(session);
        auto got = co_await session.get("http://example.test/");
        std::size_t size = 0;
        while (auto piece = co_await got.chunk()) size += piece->size();
        CHECK(size == 20);
        if (untouched) CHECK(skein::testing::elapsed() == 15min);
        try {
            auto limited = co_await session.get("http://example.test/").timeout(5min);
            while (auto piece = co_await limited.chunk()) size += piece->size();
            FAIL_CHECK("the limit was not kept");
        } catch (const timeout_error& e) {
            if (untouched) {
                CHECK(e.total());
                CHECK(skein::testing::elapsed() == 20min);
            }
        }
    });
}

TEST_CASE("a body that comes too slowly is given up, however steadily it comes") {
    sweep("min_rate", [&]() -> task<> {
        const auto trickle = [](server_stream& client) -> task<> {
            (void)co_await client.read_until("\r\n\r\n");
            co_await client.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
            for (int i = 0; i < 1000; ++i) {
                co_await skein::sleep(1s);
                co_await client.write("x");
            }
        };
        this_network().listen("example.test", 80, trickle);
        client_session session;
        const pool_check check(session);
        try {
            auto got = co_await session.get("http://example.test/").timeout({.min_rate = {2, 10s}});
            (void)co_await got.read();
            FAIL_CHECK("it was not given up");
        } catch (const timeout_error& e) {
            if (untouched) {
                CHECK(e.phase() == phase::read);
                CHECK_FALSE(e.total());
                CHECK(e.limit() == 10s);
                CHECK(skein::testing::elapsed() == 10s);
                CHECK(std::string(e.what()).find("slower than 2 bytes a second over 10 s") !=
                      std::string::npos);
            }
        }
    });
}

TEST_CASE("a program that takes its time does not make the peer slow") {
    sweep("min_rate, slow reader", [&]() -> task<> {
        const auto serve = [](server_stream& client) -> task<> {
            (void)co_await client.read_until("\r\n\r\n");
            co_await client.write("HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n");
            for (int i = 0; i < 3; ++i) {
                co_await client.write("0123456789");
                co_await skein::sleep(4s);
            }
        };
        this_network().listen("example.test", 80, serve);
        client_session session;
        const pool_check check(session);
        auto got = co_await session.get("http://example.test/").timeout({.min_rate = {2, 5s}});
        std::size_t size = 0;
        while (auto piece = co_await got.chunk()) {
            size += piece->size();
            co_await skein::sleep(3s);
        }
        CHECK(size == 30);
    });
}
