// Streams over sockets: to servers of our own, over TCP and Unix sockets, with everything at once.
#include "client_test.hpp"
#include "sanitized.hpp"
#include "scratch_folder.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace client_test;
using namespace skein;
using namespace std::chrono_literals;

namespace {

task<> echo(stream client) {
    for (;;) {
        std::string piece = co_await client.read();
        if (piece.empty()) break;
        co_await client.write(std::move(piece));
    }
    co_await client.shutdown();
}

task<> write_all(stream& to, const std::string& text, std::size_t piece) {
    for (std::size_t at = 0; at < text.size(); at += piece) co_await to.write(text.substr(at, piece));
    co_await to.shutdown();
}

task<std::string> read_all(stream& from) {
    std::string all;
    for (;;) {
        const std::string piece = co_await from.read();
        if (piece.empty()) co_return all;
        all += piece;
    }
}

std::string numbered(std::size_t bytes) {
    std::string text;
    for (std::size_t i = 0; text.size() < bytes; ++i) text += std::to_string(i) + " ";
    return text;
}

task<stream> open_to(const server& there, const serve_options& how) {
    if (how.unix_socket.empty()) return skein::connect("127.0.0.1", there.port());
    return skein::connect_unix(how.unix_socket);
}

}  // namespace

TEST_CASE("streams: 20 MB there and back at once, over TCP, a path and an abstract name") {
    const test::scratch_folder folder;
    const std::string text = numbered(20'000'000);
    for (const std::string& place :
         {std::string(), (folder / "socket").string(), "@skein-streams-" + std::to_string(getpid())}) {
        CAPTURE(place);
        const auto body = [&]() -> task<> {
            serve_options how;
            how.unix_socket = place;
            auto server = serve(echo, how);
            auto s = co_await open_to(server, how);
            CHECK(s.peer() == server.address());
            auto [got, nothing] = co_await gather(read_all(s), write_all(s, text, 1'000'000));
            const bool same = got == text;
            CHECK(same);
            server.close();
            co_await server.wait_closed();
        };
        run(body);
    }
    CHECK(folder.files() == 0);
}

TEST_CASE("streams: a thousand clients at once, with a limit of 50") {
    const auto body = []() -> task<> {
        serve_options how;
        how.limit = 50;
        how.backlog = 1000;
        auto server = serve(echo, how);
        const auto ask = [](std::uint16_t port, int number) -> task<bool> {
            auto s = co_await skein::connect("127.0.0.1", port);
            const std::string text = std::to_string(number);
            co_await s.write(text);
            co_await s.shutdown();
            const auto got = co_await read_all(s);
            co_return got == text;
        };
        std::vector<task<bool>> all;
        for (int i = 0; i < 1000; ++i) all.push_back(ask(server.port(), i));
        for (const bool good : co_await gather(std::move(all), 200)) CHECK(good);
    };
    run(body);
}

TEST_CASE("streams: each side ends its direction by itself, and hears the other to its end") {
    const auto body = []() -> task<> {
        std::string heard;
        const auto handler = [&](stream client) -> task<> {
            co_await client.write("greeting");
            co_await client.shutdown();
            heard = co_await read_all(client);
        };
        auto server = serve(handler);
        auto s = co_await skein::connect("127.0.0.1", server.port());
        const auto greeting = co_await read_all(s);
        CHECK(greeting == "greeting");
        co_await s.write("and an answer");
        s.close();
        server.close();
        co_await server.wait_closed();
        CHECK(heard == "and an answer");
    };
    run(body);
}

TEST_CASE("streams: a peer that goes with something unread resets, and no signal is raised") {
    const auto body = []() -> task<> {
        const auto handler = [](stream client) -> task<> { (void)co_await client.read(1); };
        auto server = serve(handler);
        auto s = co_await skein::connect("127.0.0.1", server.port());
        bool lost = false;
        try {
            for (;;) co_await s.write(std::string(100'000, 'x'));
        } catch (const disconnected_error& e) {
            lost = true;
            CHECK(e.port() == server.port());
            CHECK(mentions(e, server.address()));
        }
        CHECK(lost);
    };
    run(body);
}

TEST_CASE("streams: waits that are cancelled leave the stream as it was") {
    const auto body = []() -> task<> {
        const auto handler = [](stream client) -> task<> {
            for (int i = 0; i < 50; ++i) {
                co_await client.write("piece " + std::to_string(i) + "\n");
                co_await sleep(2ms);
            }
        };
        auto server = serve(handler);
        auto s = co_await skein::connect("127.0.0.1", server.port());
        for (int i = 0; i < 50; ++i) {
            std::optional<std::string> line;
            while (!line) {
                try {
                    line = co_await wait_for(s.read_line(), 1ms);
                } catch (const timeout_error&) {}
            }
            CHECK(*line == "piece " + std::to_string(i));
        }
    };
    run(body);
}

TEST_CASE("streams: without descriptors a server says so once, and takes the connection later" *
          doctest::skip(test::is_sanitized)) {
    std::vector<std::string> told;
    run_options options;
    options.exception_handler = [&](std::string_view context, std::exception_ptr) {
        told.emplace_back(context);
    };
    const auto body = []() -> task<> {
        auto server = serve(echo);
        auto first = co_await skein::connect("127.0.0.1", server.port());
        co_await first.write("one");
        const auto one = co_await first.read();
        CHECK(one == "one");
        rlimit before{};
        REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
        const int next = dup(0);
        rlimit one_more = before;
        one_more.rlim_cur = static_cast<rlim_t>(next) + 1;
        close(next);
        REQUIRE(setrlimit(RLIMIT_NOFILE, &one_more) == 0);
        auto second = co_await skein::connect("127.0.0.1", server.port());  // the last descriptor there is
        co_await sleep(350ms);
        const auto before_that = server.connections();
        REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
        CHECK(before_that == 1);
        co_await second.write("two");
        const auto two = co_await second.read();
        CHECK(two == "two");
        CHECK(server.connections() == 2);
    };
    run(body(), options);
    REQUIRE(told.size() == 1);
    CHECK(told[0].find("cannot accept") != std::string::npos);
}

TEST_CASE("streams: an upgrade of skein's client by a server of skein's, over sockets") {
    const auto body = []() -> task<> {
        const auto handler = [](stream client) -> task<> {
            (void)co_await client.read_until("\r\n\r\n");
            co_await client.write(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nhello ");
            co_await echo(std::move(client));
        };
        auto server = serve(handler);
        client_session session;
        auto got = co_await session.get("http://" + server.address() + "/").upgrade("echo");
        CHECK(got.status() == 101);
        auto s = got.upgrade();
        co_await s.write("world");
        co_await s.shutdown();
        const auto all = co_await read_all(s);
        CHECK(all == "hello world");
        s.close();
        CHECK(session.stats().open == 0);
    };
    run(body);
}

TEST_CASE("streams: what is open at the end of the loop is closed by it") {
    std::optional<stream> kept;
    std::optional<server> listening;
    std::uint16_t port = 0;
    const auto body = [&]() -> task<> {
        listening = serve(echo);
        port = listening->port();
        kept = co_await skein::connect("127.0.0.1", port);
        (void)create_task(kept->read());
        co_await yield();
    };
    run(body);
    const auto later = [&]() -> task<> {
        bool refused = false;
        try {
            (void)co_await skein::connect("127.0.0.1", port);
        } catch (const connect_error&) {
            refused = true;
        }
        CHECK(refused);
        bool told = false;
        try {
            (void)co_await kept->read();
        } catch (const std::logic_error& e) {
            told = mentions(e, "the loop of the stream");
        }
        CHECK(told);
    };
    run(later);
}

TEST_CASE("streams: in another thread one is refused") {
    const auto body = []() -> task<> {
        auto server = serve(echo);
        auto s = co_await skein::connect("127.0.0.1", server.port());
        const bool refused = co_await to_thread([&] {
            try {
                run(s.write("x"));
            } catch (const std::logic_error& e) {
                return mentions(e, "another loop, in another thread");
            }
            return false;
        });
        CHECK(refused);
    };
    run(body);
}
