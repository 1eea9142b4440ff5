// Bodies on the simulated network, with a fault at each wait: chunked ones, large ones both ways, answers
// that come before the request is written.
#include "sweep.hpp"

#include <chrono>

using namespace simulation;
using namespace std::chrono_literals;

namespace {

task<std::string> read_in_pieces(client_response& from) {
    std::string text;
    while (auto piece = co_await from.chunk()) text += skein::as_text(*piece);
    co_return text;
}

std::string long_text(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i * 7 % 26);
    return text;
}

}  // namespace

TEST_CASE("a chunked body, piece by piece") {
    sweep("chunked", [&]() -> task<> {
        this_network().set_link(slow_link());
        const auto serve = [](server_stream& client) -> task<> {
            for (;;) {
                (void)co_await client.read_until("\r\n\r\n");
                co_await client.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                for (const char* chunk : {"5\r\nhello\r\n", "6\r\n world\r\n", "0\r\n\r\n"}) {
                    co_await client.write(chunk);
                    co_await skein::sleep(1s);
                }
            }
        };
        this_network().listen("example.test", 80, serve);
        client_session session;
        const pool_check check(session);
        for (int i = 0; i < 2; ++i) {
            auto got = co_await session.get("http://example.test/");
            const auto text = co_await read_in_pieces(got);
            CHECK(text == "hello world");
        }
        if (untouched) CHECK(this_network().made_connections() == 1);
    });
}

TEST_CASE("a large body over a narrow link, and a reader that is slower still") {
    const std::string content = long_text(600'000);
    sweep("large body", [&]() -> task<> {
        auto narrow = slow_link();
        narrow.bytes_per_second = 1'000'000;
        narrow.window_bytes = 200'000;
        this_network().set_link(narrow);
        this_network().listen("example.test", 80, skein::testing::always_answer(response(content)));
        client_session session;
        const pool_check check(session);
        auto got = co_await session.get("http://example.test/");
        co_await skein::sleep(2s);
        const bool same = co_await read_in_pieces(got) == content;
        CHECK(same);
    });
}

TEST_CASE("a large body is sent through a small window") {
    const std::string content = long_text(50'000);
    sweep("upload", [&]() -> task<> {
        auto small = slow_link();
        small.window_bytes = 10'000;
        this_network().set_link(small);
        const auto serve = [&](server_stream& client) -> task<> {
            (void)co_await client.read_until("\r\n\r\n");
            const bool same = co_await client.read_exactly(50'000) == content;
            CHECK(same);
            co_await client.write(response("thanks"));
        };
        this_network().listen("example.test", 80, serve);
        client_session session;
        const pool_check check(session);
        auto got = co_await session.post("http://example.test/").body(content);
        const auto text = co_await got.text();
        CHECK(text == "thanks");
    });
}

TEST_CASE("an answer that comes before the request is written, and then the connection dies") {
    const std::string content = long_text(50'000);
    sweep("early answer", [&]() -> task<> {
        auto small = slow_link();
        small.window_bytes = 10'000;
        this_network().set_link(small);
        const auto serve = [](server_stream& client) -> task<> {
            (void)co_await client.read_until("\r\n\r\n");
            co_await client.write("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
            client.reset();
        };
        this_network().listen("example.test", 80, serve);
        client_session session;
        const pool_check check(session);
        auto got = co_await session.post("http://example.test/").body(content);
        CHECK(got.status() == 413);
    });
}

TEST_CASE("a body that is cut short, and one that nobody reads") {
    sweep("cut body", []() -> task<> {
        this_network().set_link(slow_link());
        const auto serve = [](server_stream& client) -> task<> {
            (void)co_await client.read_until("\r\n\r\n");
            co_await client.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        };
        this_network().listen("example.test", 80, serve);
        client_session session;
        const pool_check check(session);
        try {
            auto got = co_await session.get("http://example.test/");
            (void)co_await got.read();
            FAIL_CHECK("half a body went for a whole one");
        } catch (const skein::error&) {}
        auto ignored = co_await session.get("http://example.test/");
        CHECK(ignored.status() == 200);
    });
}

TEST_CASE("HEAD, and an answer without a body") {
    sweep("HEAD", []() -> task<> {
        this_network().set_link(slow_link());
        const auto serve = [](server_stream& client) -> task<> {
            for (;;) {
                const std::string head = co_await client.read_until("\r\n\r\n");
                const bool is_head = head.starts_with("HEAD");
                co_await client.write(is_head ? "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"
                                              : "HTTP/1.1 204 No Content\r\n\r\n");
            }
        };
        this_network().listen("example.test", 80, serve);
        client_session session;
        const pool_check check(session);
        auto head = co_await session.head("http://example.test/");
        const auto text = co_await head.text();
        CHECK(text == "");
        auto empty = co_await session.get("http://example.test/");
        CHECK(empty.status() == 204);
        if (untouched) CHECK(this_network().made_connections() == 1);
    });
}
