// A request whose body comes in pieces, over a stream in memory: what leaves when, in what framing, and how
// it ends.
#include "http1/request_writer.hpp"
#include "memory_stream.hpp"
#include "virtual_loop.hpp"

#include <skein/future.hpp>
#include <skein/sleep.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

using namespace skein;
using http1::exchange;
using http1::request_kind;
using http1::request_writer;
using test::memory_stream;

namespace {

const std::string head = "POST / HTTP/1.1\r\n\r\n";
const std::string hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

struct listener final : http1::connection_listener {
    int completions = 0;
    void on_idle_end() noexcept override {}
    void on_complete() noexcept override { ++completions; }
};

const http1::parser_limits limits;

// A connection on which a streamed request has begun.
struct fixture {
    listener told;
    memory_stream* stream = nullptr;
    std::unique_ptr<http1::connection> wire;
    exchange x;

    fixture() {
        auto made = std::make_unique<memory_stream>();
        stream = made.get();
        wire = std::make_unique<http1::connection>(std::move(made), limits, told);
        wire->begin_streamed(x, request_kind::ordinary, head);
    }
    /// Lets the kernel take `room` bytes a turn, until nothing is pending.
    task<> drain(std::size_t room) {
        while (stream->write_pending()) {
            stream->room = room;
            stream->run();
            co_await yield();
            co_await yield();
        }
    }
};

constexpr auto in_chunks = http1::request_body::chunked();
constexpr auto sized = http1::request_body::sized;

// The pieces of a text with bars between them, and the end.
task<> send(request_writer& out, std::string_view pieces, headers trailers = headers()) {
    while (!pieces.empty()) {
        const auto piece = pieces.substr(0, pieces.find('|'));
        pieces.remove_prefix(std::min(piece.size() + 1, pieces.size()));
        const auto failed = co_await out.write(as_bytes(piece));
        CHECK_FALSE(failed);
    }
    const auto failed = co_await out.finish(trailers);
    CHECK_FALSE(failed);
}

}  // namespace

TEST_CASE("a body with a length is written as it is, the head in front of the first piece, in one write") {
    fixture f;
    const auto body = [&]() -> task<> {
        request_writer out(*f.wire, sized(6));
        CHECK(f.stream->sent.empty());
        const auto failed = co_await out.write(as_bytes("one"));
        CHECK_FALSE(failed);
        CHECK(f.stream->try_writes == 1);
        CHECK(f.stream->sent == head + "one");
        co_await send(out, "|two");
        CHECK(f.stream->try_writes == 2);
    };
    tests::run_virtual(body);
    CHECK(f.stream->sent == head + "onetwo");
    CHECK(f.wire->sent_bytes() == f.stream->sent.size());
    f.stream->deliver(hello);
    CHECK(f.wire->reusable());
    CHECK(f.told.completions == 1);
}

TEST_CASE("chunks, one for a piece, and trailers") {
    fixture f;
    const auto body = [&]() -> task<> {
        request_writer out(*f.wire, in_chunks);
        headers trailers;
        trailers.append("X-Sum", "7");
        const std::string pieces = std::string(300, 'x') + "||two";
        co_await send(out, pieces, std::move(trailers));
    };
    tests::run_virtual(body);
    CHECK(f.stream->sent ==
          head + "12c\r\n" + std::string(300, 'x') + "\r\n3\r\ntwo\r\n0\r\nX-Sum: 7\r\n\r\n");
    f.stream->deliver(hello);
    CHECK(f.wire->reusable());
}

TEST_CASE("an empty body: the head, and the last chunk with it") {
    for (const bool chunked : {false, true}) {
        fixture f;
        const auto body = [&]() -> task<> {
            request_writer out(*f.wire, chunked ? in_chunks : sized(0));
            co_await send(out, "");
        };
        tests::run_virtual(body);
        CHECK(f.stream->try_writes == 1);
        CHECK(f.stream->sent == head + (chunked ? "0\r\n\r\n" : ""));
    }
}

TEST_CASE("whatever the system takes at a time, the same bytes leave, and each piece is waited for") {
    for (const bool chunked : {false, true}) {
        for (const std::size_t room : {1U, 2U, 7U, 18U, 19U, 20U, 64U}) {
            CAPTURE(room);
            fixture f;
            bool done = false;
            f.stream->room = room;
            const auto body = [&]() -> task<> {
                const auto write = [&]() -> task<> {
                    request_writer out(*f.wire, chunked ? in_chunks : sized(55));
                    const std::string pieces = "hello|" + std::string(50, 'y');
                    co_await send(out, pieces);
                    done = true;
                };
                auto writing = create_task(write());
                co_await yield();
                CHECK((done || f.stream->write_pending()));
                co_await f.drain(room);
                co_await writing;
            };
            tests::run_virtual(body);
            const std::string all = std::string(50, 'y');
            CHECK(f.stream->sent ==
                  head + (chunked ? "5\r\nhello\r\n32\r\n" + all + "\r\n0\r\n\r\n" : "hello" + all));
            CHECK(f.wire->sent_bytes() == f.stream->sent.size());
            f.stream->deliver(hello);
            CHECK(f.wire->reusable());
        }
    }
}

TEST_CASE("a head that is sent first goes by itself, and the body waits for its rest") {
    fixture f;
    f.stream->room = 5;
    const auto body = [&]() -> task<> {
        request_writer out(*f.wire, sized(4));
        out.send_head();
        out.send_head();
        CHECK(f.wire->is_sending());
        const auto write = [&]() -> task<> { co_await send(out, "body"); };
        auto writing = create_task(write());
        co_await yield();
        CHECK(f.stream->sent == head.substr(0, 5));
        co_await f.drain(5);
        co_await writing;
    };
    tests::run_virtual(body);
    CHECK(f.stream->sent == head + "body");
    f.stream->deliver(hello);
    CHECK(f.wire->reusable());
}

TEST_CASE("a write that fails is given to who writes, is remembered, and does not hide a response") {
    fixture f;
    const auto body = [&]() -> task<> {
        request_writer out(*f.wire, in_chunks);
        const auto first = co_await out.write(as_bytes("one"));
        CHECK_FALSE(first);
        f.stream->room = 0;
        f.stream->write_error = std::make_error_code(std::errc::broken_pipe);
        const auto write = [&]() -> task<std::error_code> { co_return co_await out.write(as_bytes("two")); };
        auto writing = create_task(write());
        co_await yield();
        f.stream->run();
        const auto failed = co_await writing;
        CHECK(failed == std::errc::broken_pipe);
        const auto again = co_await out.write(as_bytes("three"));
        CHECK(again == std::errc::broken_pipe);
        headers none;
        const auto end = co_await out.finish(none);
        CHECK(end == std::errc::broken_pipe);
    };
    tests::run_virtual(body);
    CHECK(f.wire->send_error() == std::errc::broken_pipe);
    CHECK(f.x.now() == exchange::state::waiting);
    f.stream->deliver(hello);
    CHECK(f.x.now() == exchange::state::complete);
    CHECK_FALSE(f.wire->reusable());
}

TEST_CASE("a head that cannot be written is given to who writes the body") {
    fixture f;
    f.stream->room = 0;
    const auto body = [&]() -> task<> {
        request_writer out(*f.wire, sized(4));
        out.send_head();
        const auto write = [&]() -> task<std::error_code> { co_return co_await out.write(as_bytes("body")); };
        auto writing = create_task(write());
        co_await yield();
        f.stream->write_error = std::make_error_code(std::errc::connection_reset);
        f.stream->run();
        const auto failed = co_await writing;
        CHECK(failed == std::errc::connection_reset);
    };
    tests::run_virtual(body);
}

TEST_CASE("a response that is complete before its request is delivered; nobody takes the connection away") {
    fixture f;
    const auto body = [&]() -> task<> {
        {
            request_writer out(*f.wire, sized(6));
            const auto first = co_await out.write(as_bytes("one"));
            CHECK_FALSE(first);
            f.stream->deliver(hello);
            CHECK(f.x.now() == exchange::state::complete);
            CHECK(f.told.completions == 0);
            const auto next = co_await out.write(as_bytes("two"));
            CHECK(next == std::errc::not_connected);
        }
        CHECK(f.stream->sent == head + "one");
        CHECK_FALSE(f.wire->reusable());
    };
    tests::run_virtual(body);
}

TEST_CASE("100 Continue is news") {
    fixture f;
    const auto body = [&]() -> task<> {
        request_writer out(*f.wire, sized(4));
        out.send_head();
        const auto wait = [&]() -> task<> {
            while (!f.x.is_continued()) co_await f.x.news();
        };
        auto waiting = create_task(wait());
        co_await yield();
        f.stream->deliver("HTTP/1.1 103 Early Hints\r\n\r\n");
        co_await yield();
        CHECK_FALSE(waiting.done());
        f.stream->deliver("HTTP/1.1 100 Continue\r\n\r\n");
        co_await waiting;
        co_await send(out, "body");
    };
    tests::run_virtual(body);
    f.stream->deliver(hello);
    CHECK(f.wire->reusable());
}

TEST_CASE("a writer that is cancelled takes its piece along, and the response is read to its end") {
    fixture f;
    const auto body = [&]() -> task<> {
        {
            request_writer out(*f.wire, sized(1000));
            f.stream->room = 20;
            const auto write = [&]() -> task<> {
                const std::string piece(1000, 'x');
                (void)co_await out.write(as_bytes(piece));
            };
            auto writing = create_task(write());
            co_await yield();
            f.stream->deliver(hello.substr(0, hello.size() - 1));
            writing.cancel();
            CHECK_THROWS_AS((void)co_await writing, cancelled_error);
        }
        CHECK_FALSE(f.stream->closed);
        f.stream->room = 1000;
        f.stream->run();  // what the stream had been given leaves
        f.stream->deliver("o");
    };
    tests::run_virtual(body);
    CHECK(f.x.now() == exchange::state::complete);
    CHECK(f.stream->sent == head + std::string(1000, 'x'));
    CHECK_FALSE(f.wire->reusable());  // nobody has said that this was all
}

TEST_CASE("a connection that is closed while a piece is written tells who writes it") {
    fixture f;
    const auto body = [&]() -> task<> {
        request_writer out(*f.wire, sized(1000));
        f.stream->room = 20;
        const auto write = [&]() -> task<std::error_code> {
            const std::string piece(1000, 'x');
            co_return co_await out.write(as_bytes(piece));
        };
        auto writing = create_task(write());
        co_await yield();
        f.wire->close(std::make_error_code(std::errc::timed_out));
        const auto failed = co_await writing;
        CHECK(failed == std::errc::timed_out);
        f.stream->run();
    };
    tests::run_virtual(body);
}

TEST_CASE("of a long piece only so much is copied as makes the stream tell when it takes more") {
    fixture f;
    const std::string piece(200'000, 'x');
    const auto body = [&]() -> task<> {
        request_writer out(*f.wire, sized(200'000));
        f.stream->room = 0;
        const auto write = [&]() -> task<> {
            const auto failed = co_await out.write(as_bytes(piece));
            CHECK_FALSE(failed);
        };
        auto writing = create_task(write());
        co_await yield();
        f.stream->room = 1'000'000;
        f.stream->run();
        CHECK(f.stream->sent.size() == 16 * 1024);
        co_await writing;
    };
    tests::run_virtual(body);
    CHECK(f.stream->sent == head + piece);
    CHECK(f.stream->try_writes == 2);
}

TEST_CASE("a head that leaves after its writer has gone is not the whole request") {
    fixture f;
    f.stream->room = 5;
    {
        request_writer out(*f.wire, sized(4));
        out.send_head();
    }
    f.stream->room = 1000;
    f.stream->run();
    f.stream->deliver(hello);
    CHECK(f.x.now() == exchange::state::complete);
    CHECK_FALSE(f.wire->reusable());
}

TEST_CASE("two pieces at the same time are refused") {
    fixture f;
    const auto body = [&]() -> task<> {
        request_writer out(*f.wire, sized(6));
        f.stream->room = 0;
        const auto write = [&]() -> task<> {
            const auto failed = co_await out.write(as_bytes("one"));
            CHECK_FALSE(failed);
        };
        auto writing = create_task(write());
        co_await yield();
        CHECK_THROWS_AS((void)co_await out.write(as_bytes("two")), std::logic_error);
        co_await f.drain(100);
        co_await writing;
    };
    tests::run_virtual(body);
    CHECK(f.stream->sent == head + "one");
}

TEST_CASE("a body with a length is over with its last byte, whatever its maker does then") {
    for (const bool empty : {false, true}) {
        fixture f;
        const auto body = [&]() -> task<> {
            {
                request_writer out(*f.wire, sized(empty ? 0 : 4));
                out.send_head();
                if (!empty) {
                    const auto failed = co_await out.write(as_bytes("body"));
                    CHECK_FALSE(failed);
                }
                f.stream->deliver(hello);
                headers none;
                const auto failed = co_await out.finish(none);
                CHECK_FALSE(failed);
                CHECK(f.told.completions == 0);
            }
            CHECK(f.wire->reusable());
        };
        tests::run_virtual(body);
    }
}
