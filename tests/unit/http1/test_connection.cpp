// One exchange after the other on a connection, over a stream in memory: what arrives when, who is told, and
// what makes the connection unfit for another.
#include "http1/connection.hpp"
#include "memory_stream.hpp"
#include "virtual_loop.hpp"

#include <skein/future.hpp>
#include <skein/sleep.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

using namespace skein;
using http1::exchange;
using http1::request_kind;
using test::memory_stream;

namespace {

constexpr auto cancelled = std::errc::operation_canceled;

struct listener final : http1::connection_listener {
    int idle_ends = 0;
    int completions = 0;
    void on_idle_end() noexcept override { ++idle_ends; }
    void on_complete() noexcept override { ++completions; }
};

std::string read_all(exchange& x) {
    std::string out;
    while (!x.body().empty()) {
        out += as_text(x.body().front());
        x.body().pop_front();
        x.read_on();
    }
    return out;
}

const http1::parser_limits limits;

// A connection over a stream that the test holds the other end of.
struct fixture {
    listener told;
    memory_stream* stream = nullptr;
    std::unique_ptr<http1::connection> wire;

    fixture() {
        auto made = std::make_unique<memory_stream>();
        stream = made.get();
        wire = std::make_unique<http1::connection>(std::move(made), limits, told);
    }
    void begin(exchange& x, request_kind kind = request_kind::ordinary,
               std::shared_ptr<const std::string> body = nullptr, bool closes = false) {
        wire->begin(x, kind, "GET / HTTP/1.1\r\n\r\n", std::move(body), closes);
    }
};

const std::string hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

std::shared_ptr<const std::string> body_of(std::size_t size) {
    return std::make_shared<const std::string>(size, 'x');
}

}  // namespace

TEST_CASE("exchanges follow each other on one connection") {
    fixture f;
    CHECK(f.wire->reusable());
    for (int i = 0; i < 3; ++i) {
        exchange x;
        f.begin(x);
        CHECK(f.stream->take_sent() == "GET / HTTP/1.1\r\n\r\n");
        CHECK_FALSE(f.wire->reusable());
        CHECK(x.now() == exchange::state::waiting);
        f.stream->deliver(hello, static_cast<std::size_t>(i == 0 ? 1000 : i));
        CHECK(x.now() == exchange::state::complete);
        CHECK(x.head().status == 200);
        CHECK(x.content_length() == 5);
        CHECK(x.head_bytes() == hello.size() - 5);
        CHECK(x.body_bytes() == 5);
        CHECK(read_all(x) == "hello");
        CHECK(f.wire->reusable());
    }
    CHECK(f.told.completions == 3);
    CHECK(f.told.idle_ends == 0);
    CHECK_FALSE(f.stream->closed);
}

TEST_CASE("an exchange that is complete outlives its connection") {
    fixture f;
    exchange x;
    f.begin(x);
    f.stream->deliver(hello);
    f.wire.reset();
    CHECK(x.now() == exchange::state::complete);
    CHECK(x.body_bytes() == 5);
    CHECK(read_all(x) == "hello");
}

TEST_CASE("an exchange that is not over takes its connection with it") {
    fixture f;
    {
        exchange x;
        f.begin(x);
        f.stream->deliver("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
    }
    CHECK(f.stream->closed);
    CHECK_FALSE(f.wire->reusable());
    CHECK(f.told.completions == 0);
}

TEST_CASE("a connection that goes fails its exchange, in any state") {
    const auto state_after = [](std::string_view bytes, bool has_head) {
        fixture f;
        exchange x;
        f.begin(x);
        f.stream->deliver(bytes);
        f.wire.reset();
        CHECK(x.now() == exchange::state::failed);
        CHECK(x.has_head() == has_head);
        CHECK(x.transport() == cancelled);
        CHECK(x.why().kind == http1::failure_kind::none);
        return read_all(x);
    };
    CHECK(state_after("", false).empty());
    CHECK(state_after("HTTP/1.1 2", false).empty());
    CHECK(state_after("HTTP/1.1 200 OK\r\n\r\nhel", true) == "hel");
    CHECK(state_after("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", true) == "hel");
}

// ---- idle

TEST_CASE("noise and ends on an idle connection are told once, and it is never used again") {
    const auto retire = [](const std::function<void(memory_stream&)>& what) {
        fixture f;
        exchange x;
        f.begin(x);
        f.stream->deliver(hello);
        REQUIRE(f.wire->reusable());
        what(*f.stream);
        CHECK(f.told.idle_ends == 1);
        CHECK_FALSE(f.wire->reusable());
        CHECK(x.now() == exchange::state::complete);
        CHECK(read_all(x) == "hello");
    };
    retire([](memory_stream& s) { s.deliver("H"); });
    retire([](memory_stream& s) { s.deliver(hello); });
    retire([](memory_stream& s) { s.deliver(std::string(200'000, 'x')); });  // several blocks
    retire([](memory_stream& s) { s.end(); });
    retire([](memory_stream& s) { s.end(std::make_error_code(std::errc::connection_reset)); });
    retire([](memory_stream& s) {
        s.deliver("x");
        s.end();
    });
}

TEST_CASE("a connection that has never served is watched too") {
    fixture f;
    f.stream->deliver("220 smtp.example.org\r\n");
    CHECK(f.told.idle_ends == 1);
    CHECK_FALSE(f.wire->reusable());
}

// ---- what makes a connection unfit

TEST_CASE("a response that ends the connection, or has bytes behind it, leaves it unfit") {
    const auto reusable_after = [](const std::string& bytes, bool closes = false) {
        fixture f;
        exchange x;
        f.begin(x, request_kind::ordinary, nullptr, closes);
        f.stream->deliver(bytes);
        CHECK(x.now() == exchange::state::complete);
        return f.wire->reusable();
    };
    CHECK(reusable_after(hello));
    CHECK_FALSE(reusable_after(hello, true));
    CHECK_FALSE(reusable_after(hello + "x"));
    CHECK_FALSE(reusable_after("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"));
    CHECK_FALSE(reusable_after("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"));
    CHECK(reusable_after("HTTP/1.1 204 No Content\r\n\r\n"));
}

TEST_CASE("an end completes a body without a length; a reset fails it") {
    for (const bool reset : {false, true}) {
        fixture f;
        exchange x;
        f.begin(x);
        f.stream->deliver("HTTP/1.1 200 OK\r\n\r\nhello");
        CHECK(x.now() == exchange::state::body);
        f.stream->end(reset ? std::make_error_code(std::errc::connection_reset) : std::error_code());
        CHECK(x.now() == (reset ? exchange::state::failed : exchange::state::complete));
        CHECK(read_all(x) == "hello");
        CHECK_FALSE(f.wire->reusable());
        if (reset) CHECK(x.transport() == std::errc::connection_reset);
    }
}

TEST_CASE("an end anywhere else fails the exchange, and says where") {
    const auto kind_after = [](const std::string& bytes, std::string_view words) {
        fixture f;
        exchange x;
        f.begin(x);
        f.stream->deliver(bytes);
        f.stream->end();
        CHECK(x.now() == exchange::state::failed);
        CHECK(x.why().message.find(words) != std::string::npos);
        CHECK_FALSE(x.transport());
        CHECK_FALSE(f.wire->reusable());
        CHECK(f.told.idle_ends == 0);
        return x.why().kind;
    };
    using kind = http1::failure_kind;
    CHECK(kind_after("", "before the first byte") == kind::disconnected);
    CHECK(kind_after("HTTP/1.1 200 OK\r\n", "before the head") == kind::disconnected);
    CHECK(kind_after("HTTP/1.1 100 Continue\r\n\r\n", "closed") == kind::disconnected);
    CHECK(kind_after("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", "3 of 5 bytes") == kind::payload);
    CHECK(kind_after("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n", "last chunk") ==
          kind::payload);
}

TEST_CASE("a peer that breaks HTTP fails the exchange; what it sends then is not looked at") {
    fixture f;
    exchange x;
    f.begin(x);
    f.stream->deliver("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n");
    CHECK(x.now() == exchange::state::failed);
    CHECK(x.why().kind == http1::failure_kind::protocol);
    f.stream->deliver(hello);
    f.stream->end();
    CHECK_FALSE(f.wire->reusable());
    CHECK(f.told.idle_ends == 0);
    CHECK(x.body().empty());
}

// ---- back-pressure

TEST_CASE("a reader that does not read stops the stream at 256 KiB, and reading goes on when there is room") {
    fixture f;
    exchange x;
    f.begin(x);
    f.stream->deliver("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    const std::string block(net::block_bytes, 'x');
    for (int i = 0; i < 3; ++i) {
        f.stream->deliver(block);
        CHECK_FALSE(f.stream->paused);
    }
    f.stream->deliver(block);
    CHECK(f.stream->paused);
    f.stream->deliver(block);  // one more may be on its way
    CHECK(x.body().size() == 5 * net::block_bytes);
    x.body().pop_front();
    x.read_on();
    CHECK(f.stream->paused);  // still four
    x.body().pop_front();
    x.read_on();
    CHECK_FALSE(f.stream->paused);
    x.read_on();
    CHECK(read_all(x).size() == 3 * net::block_bytes);
}

TEST_CASE("a connection whose response ended while it was paused listens again") {
    fixture f;
    exchange x;
    f.begin(x);
    const std::string content(4 * net::block_bytes + 5, 'x');
    f.stream->deliver("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(content.size()) + "\r\n\r\n");
    f.stream->deliver(content.substr(5));
    CHECK(f.stream->paused);
    f.stream->deliver(content.substr(0, 5));
    CHECK(x.now() == exchange::state::complete);
    CHECK_FALSE(f.stream->paused);
    CHECK(f.wire->reusable());
    f.stream->end();
    CHECK(f.told.idle_ends == 1);
    CHECK(read_all(x) == content);
}

// ---- writing

TEST_CASE("what the system does not take at once is written as it takes it") {
    fixture f;
    exchange x;
    f.stream->room = 7;
    f.begin(x, request_kind::ordinary, body_of(100'000));
    CHECK(f.wire->is_sending());
    CHECK(f.wire->sent_bytes() == 7);
    while (f.stream->write_pending()) {
        f.stream->room = 5'000;
        f.stream->run();
    }
    CHECK_FALSE(f.wire->is_sending());
    const std::string request = "GET / HTTP/1.1\r\n\r\n" + *body_of(100'000);
    CHECK(f.wire->sent_bytes() == request.size());
    CHECK(f.stream->sent == request);
    f.stream->deliver(hello);
    CHECK(f.wire->reusable());
}

TEST_CASE("a response that comes before its request is written is whole, and leaves the connection unfit") {
    fixture f;
    exchange x;
    f.stream->room = 1000;
    f.begin(x, request_kind::ordinary, body_of(100'000));
    f.stream->deliver(hello);
    CHECK(x.now() == exchange::state::complete);
    CHECK(f.wire->is_sending());
    CHECK_FALSE(f.wire->reusable());
    f.stream->room = 1'000'000;
    f.stream->run();
    CHECK_FALSE(f.wire->is_sending());
    CHECK_FALSE(f.wire->reusable());
    CHECK(read_all(x) == "hello");
}

TEST_CASE("a connection may go while a write is pending: the body stays until the stream is done with it") {
    fixture f;
    auto body = body_of(100'000);
    const std::weak_ptr<const std::string> alive = body;
    exchange x;
    f.stream->room = 1000;
    std::vector<net::write_listener*> orphans;
    f.stream->orphans = &orphans;
    f.begin(x, request_kind::ordinary, std::move(body));
    SUBCASE("destroyed") {
        f.wire.reset();
        CHECK_FALSE(alive.expired());
        REQUIRE(orphans.size() == 1);
        orphans[0]->on_written(std::make_error_code(cancelled));
    }
    SUBCASE("closed") {
        f.wire->close(std::make_error_code(cancelled));
        CHECK_FALSE(alive.expired());
        f.stream->run();
    }
    CHECK(alive.expired());
    CHECK(x.now() == exchange::state::failed);
}

TEST_CASE("a write that fails is remembered, and does not hide a response") {
    fixture f;
    exchange x;
    f.stream->room = 0;
    f.begin(x, request_kind::ordinary, body_of(1000));
    CHECK(f.wire->sent_bytes() == 0);
    f.stream->write_error = std::make_error_code(std::errc::broken_pipe);
    f.stream->run();
    CHECK_FALSE(f.wire->is_sending());
    CHECK(f.wire->send_error() == std::errc::broken_pipe);
    CHECK(f.wire->sent_bytes() == 0);
    CHECK(x.now() == exchange::state::waiting);
    f.stream->deliver(hello);
    CHECK(x.now() == exchange::state::complete);
    CHECK_FALSE(f.wire->reusable());
}

// ---- waiting

TEST_CASE("who waits is woken by the head, by each piece, by the end, and nobody else is told") {
    fixture f;
    exchange x;
    f.begin(x);
    const auto reader = [&]() -> task<std::string> {
        while (!x.has_head()) co_await x.news();
        std::string out;
        while (!x.is_over() || !x.body().empty()) {
            if (x.body().empty()) {
                co_await x.news();
                continue;
            }
            out += as_text(x.body().front());
            x.body().pop_front();
            out += '|';
        }
        co_return out;
    };
    const auto body = [&]() -> task<> {
        auto reading = create_task(reader());
        co_await sleep(std::chrono::seconds(1));
        for (const char* piece : {"HTTP/1.1 200", " OK\r\nTransfer-Encoding: chunked\r\n\r\n", "2\r\nab\r\n",
                                  "1\r\nc\r\n", "0\r\n\r\n"}) {
            f.stream->deliver(piece);
            co_await yield();
            co_await yield();
        }
        CHECK(co_await reading == "ab|c|");
    };
    tests::run_virtual(body);
    CHECK(f.told.completions == 0);
}

TEST_CASE("who waits is woken when the request is written") {
    fixture f;
    exchange x;
    f.stream->room = 10;
    f.begin(x, request_kind::ordinary, body_of(1000));
    const auto waiter = [&]() -> task<> {
        while (f.wire->is_sending()) co_await x.news();
    };
    const auto body = [&]() -> task<> {
        auto waiting = create_task(waiter());
        co_await sleep(std::chrono::seconds(1));
        CHECK_FALSE(waiting.done());
        f.stream->room = 10'000;
        f.stream->run();  // the head
        f.stream->run();  // the body
        co_await waiting;
    };
    tests::run_virtual(body);
}

TEST_CASE("a wait that is cancelled leaves the exchange as it was") {
    fixture f;
    exchange x;
    f.begin(x);
    const auto waiter = [&]() -> task<> { co_await x.news(); };
    const auto body = [&]() -> task<> {
        auto waiting = create_task(waiter());
        co_await yield();
        CHECK_THROWS_AS((void)co_await x.news(), std::logic_error);  // one waiter at a time
        CHECK(waiting.cancel());
        CHECK_THROWS_AS((void)co_await waiting, cancelled_error);
        auto again = create_task(waiter());
        co_await yield();
        f.stream->deliver(hello);
        co_await again;
        CHECK(x.now() == exchange::state::complete);
    };
    tests::run_virtual(body);
}

TEST_CASE("behind a head that opens a tunnel nothing is lost, and the stream can be taken") {
    const std::string head = "HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n";
    const std::string behind = "bytes of another protocol";
    for (const std::size_t piece : {std::size_t{1}, head.size(), head.size() + 5, std::size_t{1000}}) {
        fixture f;
        exchange x;
        f.begin(x, request_kind::upgrade);
        f.stream->deliver(head + behind, piece);
        CHECK(x.now() == exchange::state::complete);
        CHECK(x.opens_tunnel());
        CHECK(x.head().status == 101);
        CHECK_FALSE(f.wire->reusable());
        CHECK(f.told.completions == 0);
        CHECK(f.told.idle_ends == 0);
        CHECK(f.wire->has_sent());
        CHECK_FALSE(f.stream->attached());  // the rest stays in the stream
        std::string got;
        const auto taken = f.wire->take_stream(got);
        CHECK(taken.get() == f.stream);
        CHECK(got == behind.substr(0, got.size()));
        CHECK(got.size() == (piece == 1000 ? behind.size() : piece == head.size() + 5 ? 5 : 0));
        f.wire.reset();
        CHECK_FALSE(f.stream->closed);
    }
}

TEST_CASE("a tunnel that nobody takes is closed with its connection; an ordinary response opens none") {
    bool destroyed = false;
    {
        fixture f;
        f.stream->destroyed = &destroyed;
        exchange x;
        f.begin(x, request_kind::connect);
        f.stream->deliver("HTTP/1.1 200 Yes\r\nContent-Length: 5\r\n\r\nhello");
        CHECK(x.opens_tunnel());
        CHECK(read_all(x).empty());
        f.wire->close(std::make_error_code(cancelled));
        CHECK(f.stream->closed);
    }
    CHECK(destroyed);
    fixture f;
    exchange x;
    f.begin(x, request_kind::upgrade);
    f.stream->deliver(hello);
    CHECK(x.now() == exchange::state::complete);
    CHECK_FALSE(x.opens_tunnel());
    CHECK(f.wire->reusable());
}
