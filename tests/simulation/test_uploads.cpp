// Request bodies on the simulated network, with a fault at each wait: made on the way, from files, in parts;
// answers that come before they are sent; 100 Continue; redirects and retries that ask for them again.
#include "request_bodies.hpp"
#include "sweep.hpp"
#include "temporary_file.hpp"

#include <chrono>
#include <stdexcept>
#include <vector>

using namespace simulation;
using namespace std::chrono_literals;
using skein::body_source;
using skein::body_writer;
using skein::test::parse_multipart;
using skein::test::read_body;
using skein::test::received_request;
using skein::test::take_request;
using skein::test::temporary_file;
using skein::test::value_of;

namespace {

constexpr const char* there = "http://example.test/";

std::string long_text(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i * 7 % 26);
    return text;
}

void small_window() {
    auto small = slow_link();
    small.window_bytes = 10'000;
    this_network().set_link(small);
}

/// Answers each request with its body.
task<> echo_body(server_stream& client) {
    for (;;) {
        const auto got = co_await take_request(client);
        co_await client.write(response(got.body));
    }
}

}  // namespace

TEST_CASE("a body that is made while it is sent, with and without a length") {
    for (const bool sized : {false, true}) {
        sweep(sized ? "stream with a length" : "stream in chunks", [&]() -> task<> {
            small_window();
            this_network().listen("example.test", 80, echo_body);
            client_session session;
            const pool_check check(session);
            const std::string part = long_text(6'000);
            const auto make = [&](body_writer& out) -> task<> {
                for (int i = 0; i < 3; ++i) {
                    co_await out.write(part);
                    co_await skein::sleep(10ms);
                }
            };
            std::optional<std::uint64_t> size;
            if (sized) size = 3 * part.size();
            for (int i = 0; i < 2; ++i) {
                auto got = co_await session.post(there).body(make, size);
                const bool same = co_await got.text() == part + part + part;
                CHECK(same);
            }
            if (untouched) CHECK(this_network().made_connections() == 1);
        });
    }
}

TEST_CASE("a file, and parts of every kind") {
    const temporary_file file(long_text(300'000));
    const temporary_file empty("");
    sweep("file", [&]() -> task<> {
        auto wide = slow_link();
        wide.window_bytes = 200'000;
        this_network().set_link(wide);
        const auto serve = [&](server_stream& client) -> task<> {
            for (;;) {
                const auto got = co_await take_request(client);
                const bool whole = got.body == long_text(300'000);
                const char* what = whole ? "whole" : got.body.empty() ? "empty" : "other";
                co_await client.write(response(what));
            }
        };
        this_network().listen("example.test", 80, serve);
        client_session session;
        const pool_check check(session);
        auto got = co_await session.put(there).body_file(file.path());
        const auto text = co_await got.text();
        CHECK(text == "whole");
        auto none = co_await session.put(there).body_file(empty.path());
        const auto nothing = co_await none.text();
        CHECK(nothing == "empty");
        if (untouched) CHECK(this_network().made_connections() == 1);
    });
    sweep("multipart", [&]() -> task<> {
        small_window();
        const auto serve = [&](server_stream& client) -> task<> {
            const auto got = co_await take_request(client);
            const auto parts = parse_multipart(value_of(got.head, "Content-Type"), got.body);
            const bool good = parts.size() == 3 && parts[0].content == "Holiday" &&
                              parts[1].content == long_text(300'000) && parts[2].content == "onetwo";
            co_await client.write(response(good ? "good" : "bad"));
        };
        this_network().listen("example.test", 80, serve);
        client_session session;
        const pool_check check(session);
        const auto make = [&](body_writer& out) -> task<> {
            co_await out.write("one");
            co_await skein::sleep(1ms);
            co_await out.write("two");
        };
        skein::multipart parts;
        parts.text("title", "Holiday").file("photo", file.path());
        parts.add(skein::multipart::part("stream", make, 6));
        auto got = co_await session.post(there).multipart(parts);
        const auto text = co_await got.text();
        CHECK(text == "good");
    });
}

TEST_CASE("an answer in mid-upload ends the upload, and is delivered; the connection is not used again") {
    sweep("early answer", []() -> task<> {
        small_window();
        const auto serve = [](server_stream& client) -> task<> {
            (void)co_await client.read_until("\r\n\r\n");
            (void)co_await client.read_exactly(20'000);
            co_await client.write("HTTP/1.1 413 Content Too Large\r\nContent-Length: 5\r\n\r\nlarge");
            (void)co_await client.read();
        };
        this_network().listen("example.test", 80, serve);
        client_session session;
        bool ended = false;
        {
            const pool_check check(session);
            const auto make = [&](body_writer& out) -> task<> {
                const auto mark = [&]() -> task<> {
                    ended = true;
                    co_return;
                };
                const auto endless = [&]() -> task<> {
                    const std::string piece = long_text(5'000);
                    for (;;) co_await out.write(piece);
                };
                co_await skein::with_cleanup(endless, mark);
            };
            auto got = co_await session.post(there).body(make);
            CHECK(got.status() == 413);
            CHECK(ended);
            const auto text = co_await got.text();
            CHECK(text == "large");
        }
        CHECK(session.stats().idle == 0);
    });
}

TEST_CASE("an answer ends an upload whose source waits for ever") {
    sweep("early answer to a source that waits", []() -> task<> {
        this_network().set_link(slow_link());
        const auto serve = [](server_stream& client) -> task<> {
            (void)co_await client.read_until("one");
            co_await client.write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
            (void)co_await client.read();
        };
        this_network().listen("example.test", 80, serve);
        client_session session;
        const pool_check check(session);
        skein::event never;
        const auto make = [&](body_writer& out) -> task<> {
            co_await out.write("one");
            co_await never.wait();
        };
        auto got = co_await session.post(there).body(make);
        CHECK(got.status() == 401);
        const auto text = co_await got.text();
        CHECK(text.empty());
        if (untouched) CHECK(session.stats().open == 0);
    });
}

TEST_CASE("a server that answers 200 from what it reads gets all of it") {
    sweep("early 200", []() -> task<> {
        small_window();
        const auto serve = [](server_stream& client) -> task<> {
            const auto head = co_await client.read_until("\r\n\r\n");
            co_await client.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (int i = 0; i < 4; ++i) {
                (void)co_await client.read_exactly(5'000);
                co_await client.write("4\r\nread\r\n");
            }
            co_await client.write("0\r\n\r\n");
        };
        this_network().listen("example.test", 80, serve);
        client_session session;
        const pool_check check(session);
        const auto make = [&](body_writer& out) -> task<> {
            for (int i = 0; i < 4; ++i) {
                co_await out.write(long_text(5'000));
                co_await skein::sleep(300ms);
            }
        };
        auto got = co_await session.post(there).body(make, 20'000);
        const auto text = co_await got.text();
        CHECK(text == "readreadreadread");
    });
}

TEST_CASE("a source that throws ends the request with that, and the connection") {
    struct own_error : std::runtime_error {
        using std::runtime_error::runtime_error;
    };
    skein::testing::run([]() -> task<> {
        this_network().set_link(slow_link());
        std::string seen;
        const auto serve = [&](server_stream& client) -> task<> {
            for (auto piece = co_await client.read(); !piece.empty(); piece = co_await client.read())
                seen += piece;
        };
        this_network().listen("example.test", 80, serve);
        client_session session;
        {
            const pool_check check(session);
            const auto make = [&](body_writer& out) -> task<> {
                co_await out.write("half");
                co_await skein::sleep(1s);
                throw own_error("the database is gone");
            };
            CHECK_THROWS_WITH_AS((void)co_await session.post(there).body(make), "the database is gone",
                                 own_error);
        }
        CHECK(session.stats().open == 0);
        co_await skein::sleep(1s);
        CHECK(seen.ends_with("4\r\nhalf\r\n"));  // and no last chunk
    });
}

TEST_CASE("too little and too much for the length that was announced") {
    struct row {
        int pieces;
        const char* words;
        const char* on_the_wire;
    };
    for (const row& now : {row{1, "announced with 10 bytes and has only 6", "sixsix"},
                           row{2, "announced with 10 bytes and has at least 12", "sixsix"}}) {
        CAPTURE(now.pieces);
        skein::testing::run([&]() -> task<> {
            this_network().set_link(slow_link());
            std::string seen;
            const auto serve = [&](server_stream& client) -> task<> {
                for (auto piece = co_await client.read(); !piece.empty(); piece = co_await client.read())
                    seen += piece;
            };
            this_network().listen("example.test", 80, serve);
            client_session session;
            {
                const pool_check check(session);
                const auto make = [&](body_writer& out) -> task<> {
                    for (int i = 0; i < now.pieces; ++i) co_await out.write("sixsix");
                };
                bool failed = false;
                try {
                    (void)co_await session.post(there).body(make, 10);
                } catch (const skein::payload_error& e) {
                    failed = true;
                    CHECK(std::string(e.what()).find(now.words) != std::string::npos);
                    CHECK(e.report() != nullptr);
                }
                CHECK(failed);
            }
            CHECK(session.stats().open == 0);
            co_await skein::sleep(1s);
            CHECK(seen.substr(seen.find("\r\n\r\n") + 4) == now.on_the_wire);
        });
    }
}

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
