// A body that is cut goes on: after any byte, after stalls and busy answers, as often as it gets on.
#include "cut_file.hpp"

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace simulation;
using namespace std::chrono_literals;

TEST_CASE("a body that is cut at any byte, and once more at any later one, arrives whole") {
    const std::size_t size = file().content.size();
    for (const bool chunked : {false, true}) {
        for (const bool resets : {false, true}) {
            for (std::size_t first = 0; first < size; ++first) {
                for (std::size_t second = 0; first + second < size; second += 5) {
                    simulate([&]() -> task<> {
                        const auto f = put({.cuts = {first, second}, .resets = resets, .chunked = chunked});
                        client_session session;
                        const pool_check check(session);
                        const auto text = co_await read(session);
                        CHECK(text == f->content);
                        CHECK(f->requests == 3);
                        const std::vector<std::string> asked = {
                            "bytes=" + std::to_string(first) + "-",
                            "bytes=" + std::to_string(first + second) + "-"};
                        CHECK(f->asked == asked);
                    });
                }
            }
        }
    }
}

TEST_CASE("a file of unknown size whose last byte had come is whole") {
    simulate([]() -> task<> {
        const auto f = put({.cuts = {file().content.size()}, .chunked = true});
        client_session session;
        const auto text = co_await read(session);
        CHECK(text == f->content);
        CHECK(f->requests == 2);
    });
}

TEST_CASE("a download with cuts") {
    for (const bool resets : {false, true}) {
        sweep("download with cuts", [&]() -> task<> {
            this_network().set_link(slow_link());
            const auto f = put({.cuts = {5, 10, 0, 3}, .resets = resets});
            client_session session;
            const pool_check check(session);
            const auto text = co_await read(session);
            CHECK(text == f->content);
        });
    }
}

TEST_CASE("a download with stalls, in pieces, from a pool of one connection") {
    sweep("download with stalls", []() -> task<> {
        this_network().set_link(slow_link());
        const auto f = put({.cuts = {5, 10}, .stalls = true});
        session_options options;
        options.connector.limit = 1;
        options.timeout.read = 2s;
        client_session session(options);
        const pool_check check(session);
        const auto load = [&]() -> task<> {
            auto got = co_await ask(session);
            std::string text;
            while (auto piece = co_await got.chunk()) text += skein::as_text(*piece);
            CHECK(text == f->content);
        };
        co_await skein::gather(load(), load());
        if (untouched) CHECK(f->requests == 4);
    });
}

TEST_CASE("a redirect to a file that is cut: the rest is asked for where it was found") {
    sweep("redirected download", []() -> task<> {
        const auto f = put({.cuts = {7}});
        this_network().listen("start.test", 80, [](server_stream& client) -> task<> {
            (void)co_await client.read_until("\r\n\r\n");
            co_await client.write(
                "HTTP/1.1 302 Found\r\nLocation: http://example.test/file\r\nContent-Length: 0\r\n\r\n");
        });
        client_session session;
        const pool_check check(session);
        auto got = co_await session.get("http://start.test/").resumable();
        const auto text = co_await got.text();
        CHECK(text == f->content);
        if (untouched) CHECK(f->requests == 2);
    });
}

TEST_CASE("the response stays what it was: status, headers, length, and the account of all that came") {
    simulate([]() -> task<> {
        const auto f = put({.cuts = {10, 10}});
        client_session session;
        auto got = co_await ask(session);
        const auto& fields = got.headers();
        const auto text = co_await got.text();
        CHECK(text == f->content);
        CHECK(got.status() == 200);
        CHECK(&fields == &got.headers());
        CHECK_FALSE(fields.contains("Content-Range"));
        CHECK(got.content_length() == f->content.size());
        CHECK(got.report().response_body_bytes == f->content.size());
        CHECK(got.report().attempts == 3);
        CHECK(session.stats().retried == 2);
    });
}

TEST_CASE("the rest is asked for with If-Range, as it is, and under no other condition") {
    simulate([]() -> task<> {
        const auto f = put({.cuts = {10}});
        client_session session;
        auto got = co_await ask(session).header("If-None-Match", "\"zero\"").header("X-Mine", "kept");
        CHECK(field_of(f->last_head, "Accept-Encoding") == "identity");
        CHECK(field_of(f->last_head, "If-None-Match") == "\"zero\"");
        CHECK(field_of(f->last_head, "If-Range").empty());
        (void)co_await got.text();
        CHECK(field_of(f->last_head, "If-Range") == "\"one\"");
        CHECK(field_of(f->last_head, "Accept-Encoding") == "identity");
        CHECK(field_of(f->last_head, "If-None-Match").empty());
        CHECK(field_of(f->last_head, "X-Mine") == "kept");
    });
}

TEST_CASE("the rest of a range of one's own stays within it") {
    simulate([]() -> task<> {
        const auto f = put({.cuts = {4, 3}});
        client_session session;
        auto got = co_await ask(session).header("Range", "bytes=5-24");
        CHECK(got.status() == 206);
        const auto text = co_await got.text();
        CHECK(text == f->content.substr(5, 20));
        CHECK(f->asked == std::vector<std::string>{"bytes=5-24", "bytes=9-24", "bytes=12-24"});
    });
}

TEST_CASE("a busy server is asked again, as its Retry-After says") {
    simulate([]() -> task<> {
        const auto f = put({.cuts = {10},
                            .rest = "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbusy",
                            .rest_once = true});
        client_session session;
        const auto text = co_await read(session);
        CHECK(text == f->content);
        CHECK(f->requests == 3);
        CHECK(skein::testing::elapsed() >= 7s);
        CHECK(skein::testing::elapsed() < 8s);
        CHECK(this_network().made_connections() == 2);
    });
}

TEST_CASE("attempts are counted since the last byte: many cuts are fine, standing still is not") {
    simulate([]() -> task<> {
        file many;
        many.cuts.assign(many.content.size() - 1, 1);
        const auto f = put(many);
        client_session session;
        const auto text = co_await read(session);
        CHECK(text == f->content);
        CHECK(f->requests == f->content.size());
    });
    simulate([]() -> task<> {
        const auto f = put({.cuts = {10, 1, 0, 0, 0, 0}});
        client_session session;
        const pool_check check(session);
        const auto words = co_await error_of(session);
        CHECK(mentions(words, "after 3 attempts (the body from example.test"));
        CHECK(mentions(words, "is incomplete or malformed"));
        CHECK(f->requests == 4);
    });
    simulate([]() -> task<> {
        const auto f = put({.cuts = {10}});
        client_session session;
        auto got = co_await ask(session);
        this_network().refuse("example.test", 80);
        std::string words;
        try {
            (void)co_await got.text();
        } catch (const skein::payload_error& e) {
            words = e.what();
        }
        CHECK(mentions(words, "Connection refused"));
        CHECK(mentions(words, "after 3 attempts ("));
        CHECK(mentions(words, "10 of 36"));
    });
}

TEST_CASE("the total time limit, if it was set, spans all of it") {
    simulate([]() -> task<> {
        const auto f = put({.cuts = {5, 5, 5, 5, 5, 5}, .stalls = true});
        session_options options;
        options.timeout.read = 3s;
        options.timeout.total = 10s;
        client_session session(options);
        const pool_check check(session);
        bool timed_out = false;
        try {
            (void)co_await read(session);
        } catch (const skein::timeout_error& e) {
            timed_out = true;
            CHECK(e.total());
        }
        CHECK(timed_out);
        CHECK(skein::testing::elapsed() == 10s);
    });
}

TEST_CASE("the library's own limit on the whole bounds each attempt at the rest, not the body") {
    simulate([]() -> task<> {
        const auto f = put({.cuts = {10, 10}});
        client_session session;
        auto got = co_await ask(session);
        std::string text;
        while (auto piece = co_await got.chunk()) {
            text += skein::as_text(*piece);
            co_await skein::sleep(1h);
        }
        CHECK(text == f->content);
        CHECK(f->requests == 3);
    });
    simulate([]() -> task<> {
        const auto f = put({.cuts = {10}});
        client_session session;
        auto got = co_await ask(session);
        (void)co_await got.chunk();
        co_await skein::sleep(1h);
        this_network().listen("example.test", 80, [](server_stream& client) -> task<> {
            for (std::string piece = "x"; !piece.empty();) piece = co_await client.read();
        });
        bool timed_out = false;
        try {
            (void)co_await got.chunk();
        } catch (const skein::timeout_error& e) {
            timed_out = true;
            CHECK(e.phase() == skein::phase::first_byte);
        }
        CHECK(timed_out);
        CHECK(skein::testing::elapsed() - 1h == 5min);
    });
}

TEST_CASE("the rest is not asked for by a session that is closed or gone") {
    for (const bool gone : {false, true}) {
        simulate([&]() -> task<> {
            const auto f = put({.cuts = {10}});
            std::optional<client_session> session(std::in_place);
            auto got = co_await ask(*session);
            if (gone)
                session.reset();
            else
                co_await session->close();
            CHECK_THROWS_AS(co_await got.text(), skein::payload_error);
            CHECK(f->requests == 1);
        });
    }
    simulate([]() -> task<> {
        const auto f = put({.cuts = {10}});
        client_session session;
        auto got = co_await session.get("http://example.test/").resumable().retry({.backoff = 10s});
        const auto close = [&]() -> task<> {
            co_await skein::sleep(1ms);
            co_await session.close();
        };
        const auto read = [&]() -> task<> { (void)co_await got.text(); };
        CHECK_THROWS_AS(co_await skein::gather(read(), close()), std::logic_error);
        CHECK(f->requests == 1);
    });
}

TEST_CASE("what is no file is what it always was") {
    simulate([]() -> task<> {
        this_network().listen(
            "example.test", 80,
            skein::testing::always_answer("HTTP/1.1 404 Gone\r\nContent-Length: 4\r\n\r\nnone"));
        client_session session;
        const auto text = co_await read(session);
        CHECK(text == "none");
        CHECK_THROWS_AS((void)session.post("http://example.test/").resumable(), std::logic_error);
    });
    simulate([]() -> task<> {
        const auto f = put({.cuts = {10}});
        client_session session;
        auto got = co_await session.get("http://example.test/").resumable(false);
        CHECK_THROWS_AS(co_await got.text(), skein::payload_error);
        CHECK(f->requests == 1);
    });
}
