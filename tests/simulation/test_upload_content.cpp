// What of a request body goes on the wire, and when: pieces, trailers, what is compressed on its way.
#include "uploads.hpp"

#include <chrono>
#include <stdexcept>
#include <vector>

using namespace simulation;
using namespace std::chrono_literals;

TEST_CASE("head and first piece leave in one write; a head does not wait for a piece that takes time") {
    const auto pieces_of = [](bool ready) {
        std::vector<std::string> arrived;
        skein::testing::run([&]() -> task<> {
            const auto serve = [&](server_stream& client) -> task<> {
                arrived.push_back(co_await client.read());
                arrived.push_back(co_await client.read());
                co_await client.write(response(""));
            };
            this_network().listen("example.test", 80, serve);
            client_session session;
            const auto make = [&](body_writer& out) -> task<> {
                if (!ready) co_await skein::sleep(1s);
                co_await out.write("first");
                co_await skein::sleep(1s);
                co_await out.write("second");
            };
            auto got = co_await session.post(there).body(make, 11);
            CHECK(got.status() == 200);
        });
        return arrived;
    };
    const auto together = pieces_of(true);
    CHECK(together.at(0).ends_with("\r\n\r\nfirst"));
    CHECK(together.at(1) == "second");
    const auto apart = pieces_of(false);
    CHECK(apart.at(0).ends_with("\r\n\r\n"));
    CHECK(apart.at(1) == "first");
}

TEST_CASE("pieces: awaited or not, of every type; arguments are kept") {
    skein::testing::run([]() -> task<> {
        this_network().listen("example.test", 80, echo_body);
        client_session session;
        const auto sent = [&](body_source source) -> task<std::string> {
            auto got = co_await session.post(there).body(std::move(source));
            co_return co_await got.text();
        };
        skein::queue<std::string> lines;
        for (const char* line : {"a", "b", "c"}) co_await lines.put(line);
        lines.shutdown();
        const auto from_queue = [&] { return lines.next(); };
        CHECK(co_await sent(from_queue) == "abc");

        int count = 0;
        const auto ready = [&]() -> std::optional<std::string> {
            if (++count > 3) return std::nullopt;
            return std::to_string(count);
        };
        CHECK(co_await sent(ready) == "123");

        const auto views = [left = 2](std::string_view text) mutable -> std::optional<skein::byte_view> {
            if (left-- == 0) return std::nullopt;
            return skein::as_bytes(text);
        };
        CHECK(co_await sent(body_source(views, std::string("view "))) == "view view ");

        const auto write = [](body_writer& out, const std::string& text, int times) -> task<> {
            for (int i = 0; i < times; ++i) co_await out.write(text);
        };
        CHECK(co_await sent(body_source(write, std::string("x"), 3)) == "xxx");

        const auto nothing = [](body_writer&) -> task<> { co_return; };
        CHECK(co_await sent(nothing) == "");
        CHECK(co_await sent(body_source("memory")) == "memory");
    });
}

TEST_CASE("what is downloaded is uploaded as it comes") {
    const std::string content = long_text(100'000);
    sweep("download into upload", [&]() -> task<> {
        small_window();
        this_network().listen("from.test", 80, skein::testing::always_answer(response(content)));
        this_network().listen("example.test", 80, [&](server_stream& client) -> task<> {
            const auto got = co_await take_request(client);
            co_await client.write(response(got.body == content ? "same" : "other"));
        });
        client_session session;
        const pool_check check(session);
        auto from = co_await session.get("http://from.test/").timeout(skein::timeouts{.read = 10s});
        const auto pieces = [&] { return from.chunk(); };
        auto got = co_await session.put(there).body(pieces, from.content_length());
        const auto text = co_await got.text();
        CHECK(text == "same");
    });
}

TEST_CASE("trailers come behind the body, and the head announces them") {
    sweep("trailers", []() -> task<> {
        this_network().set_link(slow_link());
        const auto serve = [](server_stream& client) -> task<> {
            for (;;) {
                const auto got = co_await take_request(client);
                co_await client.write(
                    response(value_of(got.head, "Trailer") + "|" + got.body + "|" + got.trailers));
            }
        };
        this_network().listen("example.test", 80, serve);
        client_session session;
        const pool_check check(session);
        std::size_t size = 0;
        const auto progress = [&](std::uint64_t sent, std::optional<std::uint64_t>) { size = sent; };
        const auto at_end = [&] {
            skein::headers fields;
            fields.append("X-Size", std::to_string(size));
            return fields;
        };
        auto request = session.post(there).body("hello").trailer("X-Sum", "42");
        request.trailers(at_end).on_upload(progress);
        auto got = co_await std::move(request);
        const auto text = co_await got.text();
        CHECK(text == "X-Sum|hello|\r\nX-Sum: 42\r\nX-Size: 5");
        if (untouched)
            CHECK_THROWS_AS(session.post(there).trailer("Content-Length", "5"), std::invalid_argument);
    });
}

TEST_CASE("the progress of an upload is told, piece by piece") {
    skein::testing::run([]() -> task<> {
        this_network().listen("example.test", 80, echo_body);
        client_session session;
        std::vector<std::uint64_t> seen;
        std::optional<std::uint64_t> whole;
        const auto progress = [&](std::uint64_t sent, std::optional<std::uint64_t> total) {
            seen.push_back(sent);
            whole = total;
        };
        (void)co_await session.post(there).body(long_text(600'000)).on_upload(progress);
        CHECK(seen == std::vector<std::uint64_t>{262'144, 524'288, 600'000});
        CHECK(whole == 600'000);
        const auto stop = [](std::uint64_t, std::optional<std::uint64_t>) {
            throw std::runtime_error("that is enough");
        };
        CHECK_THROWS_WITH((void)co_await session.post(there).body("x").on_upload(stop), "that is enough");
    });
}

TEST_CASE("a body is compressed on its way: small ones with their length, others in chunks") {
    const std::string content = long_text(200'000);
    const temporary_file file(content);
    for (const auto coding : {skein::content_coding::gzip, skein::content_coding::deflate,
                              skein::content_coding::br, skein::content_coding::zstd}) {
        if (!skein::is_supported(coding)) continue;
        sweep("compressed with " + std::string(to_string(coding)), [&]() -> task<> {
            small_window();
            // Sends back what came, as it came: the response is decoded, and must be what was sent.
            const auto serve = [](server_stream& client) -> task<> {
                for (;;) {
                    const auto got = co_await take_request(client);
                    co_await client.write(
                        "HTTP/1.1 200 OK\r\nContent-Encoding: " + value_of(got.head, "Content-Encoding") +
                        "\r\nX-Length: " + value_of(got.head, "Content-Length") +
                        "\r\nContent-Length: " + std::to_string(got.body.size()) + "\r\n\r\n" + got.body);
                }
            };
            this_network().listen("example.test", 80, serve);
            client_session session;
            const pool_check check(session);
            auto small = co_await session.post(there).body("small").compress(coding);
            const bool has_length = !small.headers().get("X-Length").value_or("").empty();
            CHECK(has_length);
            const auto text = co_await small.text();
            CHECK(text == "small");
            auto large = co_await session.post(there).body_file(file.path()).compress(coding);
            CHECK(large.headers().get("X-Length") == "");
            const bool same = co_await large.text() == content;
            CHECK(same);
            const auto write = [&](body_writer& out) -> task<> {
                for (std::size_t at = 0; at < content.size(); at += 7'000)
                    co_await out.write(std::string_view(content).substr(at, 7'000));
            };
            auto made = co_await session.post(there).body(write, content.size()).compress(coding);
            const bool same_again = co_await made.text() == content;
            CHECK(same_again);
            if (untouched) CHECK(this_network().made_connections() == 1);
        });
    }
}

TEST_CASE(
    "compress(): no second Content-Encoding, none without a body, and the size that is announced is held") {
    skein::testing::run([]() -> task<> {
        std::string head;
        const auto serve = [&](server_stream& client) -> task<> {
            const auto got = co_await take_request(client);
            head = got.head;
            co_await client.write(response(""));
        };
        this_network().listen("example.test", 80, serve);
        client_session session;
        auto twice = session.post(there).body("x").header("Content-Encoding", "gzip");
        twice.compress(skein::content_coding::gzip);
        CHECK_THROWS_AS((void)co_await std::move(twice), std::invalid_argument);
        CHECK(this_network().made_connections() == 0);
        const auto write = [](body_writer& out) -> task<> { co_await out.write("four"); };
        CHECK_THROWS_AS(
            (void)co_await session.post(there).body(write, 5).compress(skein::content_coding::gzip),
            skein::payload_error);
        (void)co_await session.post(there).compress(skein::content_coding::gzip);
        CHECK(value_of(head, "Content-Encoding").empty());
        CHECK(value_of(head, "Content-Length") == "0");
    });
}
