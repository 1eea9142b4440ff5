// Request bodies on the simulated network, with a fault at each wait: made on the way, from files, in parts;
// answers that come before they are sent; bodies that fail.
#include "uploads.hpp"

#include <chrono>
#include <stdexcept>
#include <vector>

using namespace simulation;
using namespace std::chrono_literals;

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

TEST_CASE("an answer in mid-upload is read to its end, however late that comes") {
    for (const char* framing : {"Content-Length: 9\r\n", "Transfer-Encoding: chunked\r\n"}) {
        CAPTURE(framing);
        const bool chunked = framing[0] == 'T';
        skein::testing::run([&]() -> task<> {
            small_window();
            this_network().listen("example.test", 80, [&](server_stream& client) -> task<> {
                (void)co_await client.read_until("\r\n\r\n");
                const std::string head = "HTTP/1.1 413 Content Too Large\r\n" + std::string(framing) + "\r\n";
                co_await client.write(head + (chunked ? "3\r\ntoo\r\n" : "too"));
                co_await skein::sleep(5s);  // the client is in the middle of a piece, which nobody reads
                co_await client.write(chunked ? "6\r\n large\r\n0\r\n\r\n" : " large");
            });
            client_session session;
            const pool_check check(session);
            auto refused = co_await session.post(there).body([](body_writer& out) -> task<> {
                const std::string piece(100'000, 'x');
                for (;;) co_await out.write(piece);
            });
            CHECK(refused.status() == 413);
            const std::string said = co_await refused.text();
            CHECK(said == "too large");
            CHECK(session.stats().open == 0);
        });
    }
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
