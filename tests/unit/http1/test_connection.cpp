// One exchange after the other on a connection, over a stream in memory: what arrives, who is told, and what
// makes the connection unfit for another.
#include "connection_fixture.hpp"

#include <functional>

using namespace skein;
using namespace skein::http1_test;

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

// ---- tunnels

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
