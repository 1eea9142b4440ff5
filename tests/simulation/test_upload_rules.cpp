// When a request body is sent at all, and when again: 100 Continue, redirects, stale connections; with a
// fault at each wait where there is one to wait at.
#include "uploads.hpp"

#include <chrono>
#include <vector>

using namespace simulation;
using namespace std::chrono_literals;

namespace {

bool expects(const received_request& what) {
    return value_of(what.head, "Expect") == "100-continue";
}

/// A callable that writes "stream", and counts how often.
auto counted_stream(int& calls) {
    return [&calls](body_writer& out) -> task<> {
        ++calls;
        co_await out.write("stream");
    };
}

}  // namespace

TEST_CASE("100-continue: the body waits until it is asked for") {
    sweep("100 Continue", []() -> task<> {
        this_network().set_link(slow_link());
        const auto serve = [](server_stream& client) -> task<> {
            for (;;) {
                received_request got;
                got.head = co_await client.read_until("\r\n\r\n");
                CHECK(expects(got));
                co_await skein::sleep(500ms);
                co_await client.write("HTTP/1.1 100 Continue\r\n\r\n");
                co_await read_body(client, got);
                co_await client.write(response(got.body));
            }
        };
        this_network().listen("example.test", 80, serve);
        client_session session;
        const pool_check check(session);
        for (const char* text : {"first", "second"}) {
            auto got = co_await session.post(there).body(text).expect_continue();
            const auto echoed = co_await got.text();
            CHECK(echoed == text);
        }
        if (untouched) CHECK(this_network().made_connections() == 1);
    });
}

TEST_CASE("100-continue: a server that says nothing gets the body after a second") {
    skein::testing::run([]() -> task<> {
        const auto serve = [](server_stream& client) -> task<> {
            const auto got = co_await take_request(client);
            co_await client.write(response(got.body));
        };
        this_network().listen("example.test", 80, serve);
        client_session session;
        auto got = co_await session.post(there).body("hello").expect_continue();
        CHECK(co_await got.text() == "hello");
        CHECK(skein::testing::elapsed() == 1s);
    });
}

TEST_CASE("100-continue: a final answer instead means that the body is not sent") {
    std::string rest;  // servers end after the scenario
    sweep("401 instead of 100", [&]() -> task<> {
        rest.clear();
        this_network().set_link(slow_link());
        const auto serve = [&](server_stream& client) -> task<> {
            (void)co_await client.read_until("\r\n\r\n");
            co_await client.write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno");
            rest = co_await client.read();
        };
        this_network().listen("example.test", 80, serve);
        int calls = 0;
        const auto stream = counted_stream(calls);
        client_session session;
        {
            const pool_check check(session);
            auto got = co_await session.post(there).body(stream, 6).expect_continue();
            CHECK(got.status() == 401);
            const auto text = co_await got.text();
            CHECK(text == "no");
            CHECK(calls == 0);
        }
        CHECK(session.stats().open == 0);  // the server may still wait for the body
        CHECK(rest.empty());
    });
}

TEST_CASE("100-continue: after 417 the request goes out again, once, without the question") {
    std::string seen;  // servers end after the scenario
    sweep("417", [&]() -> task<> {
        seen.clear();
        this_network().set_link(slow_link());
        const auto serve = [&](server_stream& client) -> task<> {
            received_request got;
            got.head = co_await client.read_until("\r\n\r\n");
            seen += expects(got) ? 'e' : '-';
            if (expects(got)) {
                co_await client.write("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n");
                (void)co_await client.read();
                co_return;
            }
            co_await read_body(client, got);
            co_await client.write(response(got.body));
        };
        this_network().listen("example.test", 80, serve);
        int calls = 0;
        const auto stream = counted_stream(calls);
        client_session session;
        const pool_check check(session);
        auto got = co_await session.post(there).body(stream).expect_continue();
        const auto text = co_await got.text();
        CHECK(text == "stream");
        CHECK(calls == 1);
        if (untouched) CHECK(seen == "e-");
    });
}

TEST_CASE("100-continue: a server that refuses with 417 for ever gets two requests") {
    skein::testing::run([]() -> task<> {
        int requests = 0;
        const auto serve = [&](server_stream& client) -> task<> {
            (void)co_await client.read_until("\r\n\r\n");
            ++requests;
            co_await client.write("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n");
            (void)co_await client.read();
        };
        this_network().listen("example.test", 80, serve);
        client_session session;
        auto got = co_await session.post(there).body("hello").expect_continue();
        CHECK(got.status() == 417);
        CHECK(requests == 2);
    });
}

TEST_CASE("without a body there is nothing to expect, to tell or to count") {
    skein::testing::run([]() -> task<> {
        std::string head;
        const auto serve = [&](server_stream& client) -> task<> {
            head = co_await client.read_until("\r\n\r\n");
            co_await client.write(response(""));
        };
        this_network().listen("example.test", 80, serve);
        client_session session;
        const auto progress = [](std::uint64_t, std::optional<std::uint64_t>) { FAIL("progress"); };
        (void)co_await session.get(there).expect_continue().on_upload(progress);
        CHECK(head.find("Expect") == head.npos);
        CHECK(head.find("Content-Length") == head.npos);
        CHECK(skein::testing::elapsed() == 0s);
    });
}

// ---- again

namespace {

/// Redirects /from to /to with that status; elsewhere answers with method and body.
auto redirecting(int status) {
    return [status](server_stream& client) -> task<> {
        for (;;) {
            const auto got = co_await take_request(client);
            const std::string method = got.head.substr(0, got.head.find(' '));
            const bool moved = target_of(got.head) == "/from";
            const std::string body = method + "|" + got.body + "|" + value_of(got.head, "Content-Type");
            if (moved)
                co_await client.write("HTTP/1.1 " + std::to_string(status) +
                                      " Moved\r\nLocation: /to\r\nContent-Length: 0\r\n\r\n");
            else
                co_await client.write(response(body));
        }
    };
}

}  // namespace

TEST_CASE("307 and 308 send a body again that can be sent again") {
    const temporary_file file("file");
    for (const int status : {307, 308}) {
        sweep("redirect with " + std::to_string(status), [&]() -> task<> {
            this_network().set_link(slow_link());
            this_network().listen("example.test", 80, redirecting(status));
            client_session session;
            const pool_check check(session);
            int calls = 0;
            const auto stream = counted_stream(calls);
            auto twice =
                co_await session.put("http://example.test/from").body(body_source::replayable(stream));
            const auto from_stream = co_await twice.text();
            CHECK(from_stream == "PUT|stream|");
            auto read = co_await session.put("http://example.test/from").body_file(file.path());
            const auto from_file = co_await read.text();
            CHECK(from_file == "PUT|file|");
            if (untouched) CHECK(calls == 2);
            if (untouched) CHECK(this_network().made_connections() == 1);
        });
    }
}

TEST_CASE("307 with a stream that was sent is an error that says so; the same with 303 goes on without it") {
    skein::testing::run([]() -> task<> {
        this_network().listen("example.test", 80, redirecting(307));
        this_network().listen("see.test", 80, redirecting(303));
        client_session session;
        const pool_check check(session);
        int calls = 0;
        const auto stream = counted_stream(calls);
        bool failed = false;
        try {
            (void)co_await session.post("http://example.test/from").body(stream);
        } catch (const skein::payload_error& e) {
            failed = true;
            CHECK(std::string(e.what()).find("redirect with status 307") != std::string::npos);
            CHECK(std::string(e.what()).find("once only") != std::string::npos);
            CHECK(e.report() != nullptr);
        }
        CHECK(failed);
        CHECK(calls == 1);
        auto got =
            co_await session.post("http://see.test/from").body(stream).trailer("X", "y").expect_continue();
        CHECK(co_await got.text() == "GET||");
    });
}

TEST_CASE("a redirect instead of 100 Continue takes an unsent stream with it") {
    skein::testing::run([]() -> task<> {
        const auto serve = [](server_stream& client) -> task<> {
            received_request got;
            got.head = co_await client.read_until("\r\n\r\n");
            if (target_of(got.head) == "/from") {
                co_await client.write("HTTP/1.1 308 Moved\r\nLocation: /to\r\nContent-Length: 0\r\n\r\n");
                (void)co_await client.read();
                co_return;
            }
            co_await client.write("HTTP/1.1 100 Continue\r\n\r\n");
            co_await read_body(client, got);
            co_await client.write(response(got.body));
        };
        this_network().listen("example.test", 80, serve);
        client_session session;
        int calls = 0;
        const auto stream = counted_stream(calls);
        auto got = co_await session.post("http://example.test/from").body(stream).expect_continue();
        CHECK(co_await got.text() == "stream");
        CHECK(calls == 1);
        CHECK(skein::testing::elapsed() == 0s);
    });
}

TEST_CASE("on a stale connection: a body that can be sent again is, another is not") {
    for (const bool again : {false, true}) {
        CAPTURE(again);
        skein::testing::run([&]() -> task<> {
            int connections = 0;
            const auto serve = [&](server_stream& client) -> task<> {
                const bool first = ++connections == 1;
                (void)co_await take_request(client);
                co_await client.write(response("first"));
                const auto got = co_await take_request(client);
                if (first) co_return client.reset();
                co_await client.write(response(got.body));
            };
            this_network().listen("example.test", 80, serve);
            client_session session;
            const pool_check check(session);
            auto warm = co_await session.get(there);
            CHECK(co_await warm.text() == "first");
            int calls = 0;
            const auto stream = counted_stream(calls);
            auto source = again ? body_source::replayable(stream) : body_source(stream);
            CHECK(source.can_replay());
            bool failed = false;
            try {
                auto got = co_await session.put(there).body(source);
                CHECK(co_await got.text() == "first");
            } catch (const skein::disconnected_error&) {
                failed = true;
            }
            CHECK(failed == !again);
            CHECK(calls == (again ? 2 : 1));
            CHECK(source.can_replay() == again);
        });
    }
}

TEST_CASE("a stream that can be sent once is not sent by a second request") {
    skein::testing::run([]() -> task<> {
        this_network().listen("example.test", 80, redirecting(307));
        client_session session;
        int calls = 0;
        const body_source source(counted_stream(calls));
        auto got = co_await session.put("http://example.test/to").body(source);
        CHECK(co_await got.text() == "PUT|stream|");
        CHECK_THROWS_AS((void)co_await session.put("http://example.test/to").body(source), std::logic_error);
        CHECK(calls == 1);
    });
}

TEST_CASE("a file that changes while it is sent fails the request, and nothing goes for the whole") {
    struct row {
        std::size_t size;
        const char* words;
    };
    for (const row& now : {row{100'000, "is shorter now"}, row{1'400'000, "is longer now"}}) {
        CAPTURE(now.size);
        skein::testing::run([&]() -> task<> {
            const temporary_file file(std::string(1'000'000, 'x'));
            std::string seen;
            const auto serve = [&](server_stream& client) -> task<> {
                (void)co_await client.read_until("\r\n\r\n");
                file.write(std::string(now.size, 'x'));
                for (auto piece = co_await client.read(); !piece.empty(); piece = co_await client.read())
                    seen += piece;
            };
            this_network().set_link(slow_link());
            this_network().listen("example.test", 80, serve);
            client_session session;
            bool failed = false;
            try {
                (void)co_await session.put(there).body_file(file.path());
            } catch (const skein::payload_error& e) {
                failed = true;
                CHECK(std::string(e.what()).find("had 1000000 bytes") != std::string::npos);
                CHECK(std::string(e.what()).find(now.words) != std::string::npos);
            }
            CHECK(failed);
            co_await skein::sleep(1s);
            CHECK(seen.size() < 1'000'000);
            CHECK(session.stats().open == 0);
        });
    }
}

TEST_CASE("interim responses that come while a body is written are told") {
    skein::testing::run([]() -> task<> {
        const auto serve = [](server_stream& client) -> task<> {
            (void)co_await client.read_until("\r\n\r\n");
            co_await client.write(
                "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n"
                "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
        };
        this_network().listen("example.test", 80, serve);
        client_session session;
        std::vector<int> told;
        const auto tell = [&](int status, const skein::headers&) { told.push_back(status); };
        const auto endless = [](body_writer& out) -> task<> {
            const std::string piece(10'000, 'x');
            for (;;) co_await out.write(piece);
        };
        auto got = co_await session.put(there).body(endless).on_interim(tell);
        CHECK(got.status() == 413);
        CHECK(told == std::vector<int>{103});
    });
}

TEST_CASE("a file that is not there, or none, fails before anything is connected") {
    skein::testing::run([]() -> task<> {
        this_network().listen("example.test", 80, redirecting(307));
        client_session session;
        for (const char* path : {"/nonexistent/file", "/", "/dev/null"})
            CHECK_THROWS_AS((void)co_await session.put(there).body_file(path), std::system_error);
        CHECK(this_network().made_connections() == 0);
        CHECK(session.stats().open == 0);
    });
}

TEST_CASE("a limit on the write phase, and one on everything, end an upload that gets nowhere") {
    for (const bool total : {false, true}) {
        skein::testing::run([&]() -> task<> {
            const auto serve = [](server_stream& client) -> task<> {
                (void)co_await client.read_until("\r\n\r\n");
                co_await skein::sleep(1h);
            };
            this_network().listen("example.test", 80, serve);
            client_session session;
            const auto endless = [](body_writer& out) -> task<> {
                const std::string piece(10'000, 'x');
                for (;;) co_await out.write(piece);
            };
            skein::timeouts limits;
            (total ? limits.total : limits.write) = 3s;
            bool failed = false;
            try {
                (void)co_await session.put(there).body(endless).timeout(limits);
            } catch (const skein::timeout_error& e) {
                failed = true;
                CHECK(e.phase() == skein::phase::write);
                CHECK(e.total() == total);
            }
            CHECK(failed);
            CHECK(skein::testing::elapsed() == 3s);
            CHECK(session.stats().open == 0);
        });
    }
}

TEST_CASE("100-continue: after 417 to a body that was sent, and cannot be again, the 417 is the response") {
    skein::testing::run([]() -> task<> {
        int requests = 0;
        int calls = 0;
        const auto serve = [&](server_stream& client) -> task<> {
            for (;;) {
                (void)co_await take_request(client);
                ++requests;
                co_await client.write("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n");
            }
        };
        this_network().listen("example.test", 80, serve);
        client_session session;
        auto got = co_await session.post(there).body(counted_stream(calls), 6).expect_continue();
        CHECK(got.status() == 417);
        CHECK(requests == 1);
        CHECK(calls == 1);
    });
}
