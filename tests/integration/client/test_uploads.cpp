// Request bodies that stream, over real sockets: files, parts, answers that come early, servers that die.
#include "client_test.hpp"
#include "temporary_file.hpp"

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

using namespace client_test;
using namespace skein;
using namespace std::chrono_literals;
using skein::test::temporary_file;

namespace {

std::string pattern(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 + i / 253);
    return text;
}

/// Pieces of 10,000 bytes for ever, unless nobody wants them any more; counts those that are under way.
auto endless(int& running) {
    return [&running](body_writer& out) -> task<> {
        struct count {
            int& of;
            explicit count(int& n) : of(n) { ++of; }
            ~count() { --of; }
        } one(running);
        const std::string piece(10'000, 'x');
        for (;;) co_await out.write(piece);
    };
}

}  // namespace

TEST_CASE("a file arrives byte for byte, alone and among parts, and the connection serves again") {
    for (const std::size_t size : {0U, 1U, 262'143U, 262'144U, 262'145U, 10'000'000U}) {
        CAPTURE(size);
        const std::string content = pattern(size);
        const temporary_file file(content);
        evil_server server(always(response("got it")));
        const auto body = [&]() -> task<> {
            client_session session;
            for (int i = 0; i < 2; ++i) {
                auto alone = co_await session.put(server.url()).body_file(file.path());
                CHECK(co_await alone.text() == "got it");
                auto parts = skein::multipart().text("a", "b").file("f", file.path());
                auto among = co_await session.post(server.url()).multipart(parts);
                CHECK(co_await among.text() == "got it");
            }
        };
        run(body);
        CHECK(server.connections() == 1);
        const auto seen = server.seen();
        REQUIRE(seen.size() == 4);
        for (std::size_t i = 0; i < 4; i += 2) {
            CHECK(field_of(seen[i], "Content-Length") == std::to_string(size));
            CHECK(seen[i].ends_with("\r\n\r\n" + content));
            CHECK(seen[i + 1].find("\r\n\r\n" + content + "\r\n--skein-") != std::string::npos);
        }
    }
}

TEST_CASE("an early answer ends an endless upload, even if the server resets the connection behind it") {
    for (const bool reset : {false, true}) {
        CAPTURE(reset);
        std::atomic<bool> is_read = false;  // else the answer is lost with the reset
        evil_server server([&](evil_peer& peer) {
            peer.read_head();
            peer.skip(65'536);
            peer.send(response("too large", "413 Content Too Large"));
            if (!reset) return peer.hold();
            for (int i = 0; i < 20'000 && !is_read; ++i) peer.pause(1ms);
            peer.reset();
        });
        const auto body = [&]() -> task<> {
            session_options options;
            options.trace = [&](const trace_event& e) {
                if (e.kind == trace_kind::response_head) is_read = true;
            };
            client_session session(options);
            int running = 0;
            const auto source = endless(running);
            auto got = co_await session.post(server.url()).body(source, 10'000'000'000).timeout(20s);
            CHECK(running == 0);
            CHECK(got.status() == 413);
            CHECK(co_await got.text() == "too large");
            CHECK(session.stats().open == 0);
        };
        run(body);
    }
}

TEST_CASE("a server that dies in mid-upload: disconnected_error, at whatever point") {
    for (const std::size_t after : {0U, 1U, 1'000U, 1'000'000U}) {
        CAPTURE(after);
        evil_server server([&](evil_peer& peer) {
            peer.wait_for_bytes();  // before them, it would be the connecting that fails
            if (after != 0) peer.read_head();
            peer.skip(after);
            peer.reset();
        });
        const auto body = [&]() -> task<> {
            client_session session;
            int running = 0;
            const auto source = endless(running);
            const auto error = co_await error_of<disconnected_error>(session.put(server.url()).body(source));
            REQUIRE(error);
            CHECK(error->report()->attempts == 1);
            CHECK(running == 0);
            CHECK(session.stats().open == 0);
        };
        run(body);
    }
}

TEST_CASE("an upload that is cancelled closes its connection") {
    evil_server server([](evil_peer& peer) {
        peer.read_head();
        peer.server().signal();
        peer.hold();
    });
    const auto body = [&]() -> task<> {
        client_session session;
        int running = 0;
        const auto source = endless(running);
        const auto send = [&]() -> task<> { (void)co_await session.post(server.url()).body(source); };
        auto sending = create_task(send());
        CHECK(co_await eventually([&] { return running == 1 && server.connections() == 1; }));
        co_await sleep(10ms);
        sending.cancel();
        CHECK_THROWS_AS(co_await sending, cancelled_error);
        CHECK(running == 0);
        CHECK(session.stats().open == 0);
    };
    run(body);
}

TEST_CASE("forms, bytes and empty bodies are what they should be on the wire") {
    evil_server server(always(response("")));
    const auto body = [&]() -> task<> {
        client_session session;
        const auto fields = skein::form().add("a b", "1&2").add("a b", "3");
        (void)co_await session.post(server.url()).form(fields);
        (void)co_await session.post(server.url()).header("Content-Type", "x/y").form(fields);
        const std::vector<std::byte> bytes = {std::byte{1}, std::byte{2}};
        (void)co_await session.put(server.url()).body(bytes);
        (void)co_await session.patch(server.url());
        (void)co_await session.request("REPORT", server.url());
        (void)co_await session.get(server.url()).body("of a GET");
    };
    run(body);
    const auto seen = server.seen();
    REQUIRE(seen.size() == 6);
    CHECK(field_of(seen[0], "Content-Type") == "application/x-www-form-urlencoded");
    CHECK(seen[0].ends_with("\r\n\r\na+b=1%262&a+b=3"));
    CHECK(field_of(seen[1], "Content-Type") == "x/y");
    CHECK(field_of(seen[2], "Content-Length") == "2");
    CHECK(seen[2].ends_with("\r\n\r\n\x01\x02"));
    CHECK(field_of(seen[3], "Content-Length") == "0");
    CHECK(seen[4].starts_with("REPORT / HTTP/1.1\r\n"));
    CHECK(field_of(seen[4], "Content-Length").empty());
    CHECK(seen[5].ends_with("\r\n\r\nof a GET"));
}

TEST_CASE("headers that are skipped are not added, those that are set are sent") {
    evil_server server(always(response("")));
    session_options options;
    options.default_headers.append("X-Session", "1");
    const auto body = [&]() -> task<> {
        client_session session(options);
        (void)co_await session.get(server.url()).skip_auto_headers("user-agent", "X-Session");
        (void)co_await session.get(server.url()).header("User-Agent", "mine").skip_auto_headers("User-Agent");
    };
    run(body);
    const auto seen = server.seen();
    REQUIRE(seen.size() == 2);
    CHECK(field_of(seen[0], "User-Agent").empty());
    CHECK(field_of(seen[0], "X-Session") == "1");  // not the library's to leave out
    CHECK(field_of(seen[0], "Accept") == "*/*");
    CHECK(field_of(seen[1], "User-Agent") == "mine");
    CHECK(field_of(seen[1], "X-Session") == "1");
}
