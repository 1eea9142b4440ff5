// Streams to servers of others: a WebSocket of aiohttp's server, and TLS with what is no HTTP.
#include "behaviour.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

using namespace live;
using namespace skein;
using namespace std::string_literals;

namespace {

/// The system's own, where there is one: it has the system's packages.
std::string python_with_packages() {
    const char* const of_the_system = "/usr/bin/python3";
    return std::filesystem::exists(of_the_system) ? of_the_system : skein::test::find_program({"python3"});
}

}  // namespace

TEST_CASE("python: a WebSocket handshake, a frame there and back, and the end, with aiohttp's server") {
    site server;
    server.start({python_with_packages(), std::string(SKEIN_LIVE) + "/websocket.py",
                  skein::test::own_address(), std::to_string(server.plain_port())});
    const auto body = [&]() -> task<> {
        client_session session;
        for (int i = 0; i < 3; ++i) {
            // Key, answer and frames are the examples of RFC 6455 (sections 1.3 and 5.7).
            auto got = co_await session.get(server.plain("/chat"))
                           .upgrade("websocket")
                           .header("Sec-WebSocket-Version", "13")
                           .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
            CHECK(got.status() == 101);
            CHECK(got.headers().get("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
            auto s = got.upgrade();
            co_await s.write("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"s);
            const auto echoed = co_await s.read_exactly(7);
            CHECK(echoed == "\x81\x05Hello"s);
            co_await s.write("\x88\x82\x00\x00\x00\x00\x03\xe8"s);
            const auto goodbye = co_await s.read_exactly(4);
            CHECK(goodbye == "\x88\x02\x03\xe8"s);
            const auto end = co_await s.read();
            CHECK(end == "");
        }
        CHECK(session.stats().open == 0);
        auto missing = co_await session.get(server.plain("/none")).upgrade("websocket");
        CHECK(missing.status() == 404);
        const auto why = co_await missing.text();
        CHECK(why == "404: Not Found");
        CHECK(session.stats().idle == 1);
    };
    run(body);
}

TEST_CASE("openssl: a stream of lines over TLS, each version, to an end that is announced on both sides") {
    for (const bool old : {true, false}) {
        site server;
        const std::string address = skein::test::own_address() + ":" + std::to_string(server.plain_port());
        server.start({skein::test::find_program({"openssl"}), "s_server", "-accept", address, "-cert",
                      "cert.pem", "-key", "key.pem", "-rev", "-quiet", old ? "-tls1_2" : "-tls1_3"});
        const auto body = [&]() -> task<> {
            connect_options how;
            how.tls = server.options().tls;
            auto s = co_await skein::connect(skein::test::own_address(), server.plain_port(), how);
            CHECK(s.tls_version() == (old ? "TLSv1.2" : "TLSv1.3"));
            for (const std::size_t size : {std::size_t{5}, std::size_t{10'000}}) {
                std::string line(size, 'x');
                line.front() = 'a';
                co_await s.write(line + "\n");
                std::string reversed(size, 'x');
                reversed.back() = 'a';
                const auto got = co_await s.read_line();
                CHECK(got == reversed);
            }
            co_await s.shutdown();
        };
        run(body);
    }
}
