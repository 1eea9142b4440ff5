// Servers of skein's in a simulation: their limits, and how they end.
#include "streams.hpp"

#include <stdexcept>
#include <system_error>
#include <vector>

using namespace simulation;
using namespace std::chrono_literals;

namespace {

task<std::string> ask(std::uint16_t port, std::string text) {
    auto s = co_await skein::connect("127.0.0.1", port);
    co_await s.write(std::move(text));
    co_await s.shutdown();
    co_return co_await read_all(s);
}

}  // namespace

TEST_CASE("servers: every fault at every wait of two clients at once, and of their end") {
    sweep("a server", [&]() -> task<> {
        this_network().set_link(slow_link());
        auto server = skein::serve(echo_stream);
        auto [one, two] = co_await skein::gather(ask(server.port(), "one"), ask(server.port(), "two"));
        if (untouched) {
            CHECK(one == "one");
            CHECK(two == "two");
        }
        server.close();
        co_await server.wait_closed();
        CHECK(server.connections() == 0);
    });
}

TEST_CASE("servers: the client of skein's speaks HTTP with one") {
    skein::testing::run([]() -> task<> {
        const auto answer = [](stream client) -> task<> {
            while (auto head = co_await client.read_until("\r\n\r\n"))
                co_await client.write(response(target_of(*head)));
        };
        auto server = skein::serve(answer);
        client_session session;
        for (const char* target : {"/one", "/two"}) {
            auto got = co_await session.get("http://" + server.address() + target);
            const auto text = co_await got.text();
            CHECK(text == target);
        }
        CHECK(server.connections() == 1);
        co_await session.close();
    });
}

TEST_CASE("servers: where they listen") {
    skein::testing::run([]() -> task<> {
        auto first = skein::serve(echo_stream);
        auto second = skein::serve(echo_stream);
        CHECK(first.port() != second.port());
        CHECK(first.address() == "127.0.0.1:" + std::to_string(first.port()));
        skein::serve_options options;
        options.host = "::1";
        options.port = 99;
        auto third = skein::serve(echo_stream, options);
        CHECK(third.address() == "[::1]:99");
        CHECK_THROWS_AS((void)skein::serve(echo_stream, options), std::system_error);
        options.host = "0.0.0.0";
        options.port = 100;
        auto all = skein::serve(echo_stream, options);
        const auto text = co_await ask(100, "text");
        CHECK(text == "text");
        options.host = "localhost";
        CHECK_THROWS_AS((void)skein::serve(echo_stream, options), std::invalid_argument);
        CHECK_THROWS_AS((void)skein::serve(skein::stream_handler()), std::invalid_argument);
        options.unix_socket = "/run/it";
        auto at_path = skein::serve(echo_stream, options);
        CHECK(at_path.address() == "unix:/run/it");
        CHECK(at_path.port() == 0);
        auto s = co_await skein::connect_unix("/run/it");
        co_await s.write("x");
        const auto got = co_await s.read();
        CHECK(got == "x");
    });
    CHECK_THROWS_AS((void)skein::serve(echo_stream), std::logic_error);
}

TEST_CASE("servers: no more than the limit at a time; the others wait their turn") {
    skein::testing::run([]() -> task<> {
        std::size_t now = 0;
        std::size_t most = 0;
        const auto handler = [&](stream client) -> task<> {
            most = std::max(most, ++now);
            co_await skein::sleep(1s);
            co_await echo_stream(std::move(client));
            --now;
        };
        skein::serve_options options;
        options.limit = 3;
        auto server = skein::serve(handler, options);
        std::vector<task<std::string>> clients;
        for (int i = 0; i < 10; ++i) clients.push_back(ask(server.port(), std::to_string(i)));
        const auto texts = co_await skein::gather(std::move(clients));
        for (int i = 0; i < 10; ++i) CHECK(texts[static_cast<std::size_t>(i)] == std::to_string(i));
        CHECK(most == 3);
        CHECK(skein::testing::elapsed() == 4s);
    });
}

TEST_CASE("servers: close() takes no more, and lets go on who is there") {
    skein::testing::run([]() -> task<> {
        auto server = skein::serve(echo_stream);
        auto s = co_await skein::connect("127.0.0.1", server.port());
        co_await skein::sleep(1s);
        server.close();
        server.close();
        bool refused = false;
        try {
            (void)co_await skein::connect("127.0.0.1", server.port());
        } catch (const skein::connect_error&) {
            refused = true;
        }
        CHECK(refused);
        co_await s.write("still here");
        const auto text = co_await s.read();
        CHECK(text == "still here");
        auto closed = skein::create_task(server.wait_closed());
        co_await skein::sleep(1s);
        CHECK_FALSE(closed.done());
        s.close();
        co_await closed;
        CHECK(server.connections() == 0);
    });
}

TEST_CASE("servers: one that goes cancels its handlers, and closes what waited for them") {
    skein::testing::run([]() -> task<> {
        bool cancelled = false;
        const auto handler = [&](stream client) -> task<> {
            try {
                (void)co_await client.read();
            } catch (const skein::cancelled_error&) {
                cancelled = true;
                throw;
            }
        };
        skein::serve_options options;
        options.limit = 1;
        std::optional<skein::server> server = skein::serve(handler, options);
        const auto port = server->port();
        auto handled = co_await skein::connect("127.0.0.1", port);
        auto waiting = co_await skein::connect("127.0.0.1", port);
        co_await skein::sleep(1s);
        CHECK(server->connections() == 1);
        server.reset();
        const auto end = co_await handled.read();
        CHECK(end == "");
        CHECK(cancelled);
        const auto other = co_await waiting.read();
        CHECK(other == "");
    });
}

TEST_CASE("servers: what a handler throws is told once, and the server goes on") {
    std::vector<std::string> told;
    skein::testing::simulation_options options;
    options.exception_handler = [&](std::string_view context, std::exception_ptr error) {
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& e) {
            told.push_back(std::string(context) + ": " + e.what());
        }
    };
    skein::testing::run(
        []() -> task<> {
            const auto handler = [](stream client) -> task<> {
                const auto text = co_await client.read();
                if (text == "bad") throw std::runtime_error("a handler's fault");
                co_await client.write(text);
            };
            auto server = skein::serve(handler);
            const auto bad = co_await ask(server.port(), "bad");
            CHECK(bad == "");
            const auto good = co_await ask(server.port(), "good");
            CHECK(good == "good");
        },
        options);
    REQUIRE(told.size() == 1);
    CHECK(told[0].find("a handler's fault") != std::string::npos);
    MESSAGE(told[0]);
}
