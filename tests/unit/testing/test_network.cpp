// The simulated network, from both ends: the real client against scripted servers, and the rules of the byte
// stream.
#include "net/network.hpp"

#include "memory_stream.hpp"

#include <skein/skein.hpp>
#include <skein/testing_doctest.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using skein::client_session;
using skein::task;
using skein::test::recording_sink;
using skein::test::recording_writer;
using testing_link = skein::testing::link;
namespace net = skein::net;
namespace testing = skein::testing;

namespace {

const std::string hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

task<std::string> fetch(client_session& session, std::string url) {
    auto response = co_await session.get(url);
    co_return co_await response.text();
}

task<std::string> fetch_alone(std::string url) {
    client_session session;
    co_return co_await fetch(session, url);
}

task<std::unique_ptr<net::stream>> connect(std::string address, std::uint16_t port) {
    const auto to = net::address::parse(address, port);
    co_return co_await net::network::current().connect(*to, skein::net::plain_socket);
}

/// Reads all that comes and says nothing.
task<> swallow_all(testing::server_stream& client) {
    for (;;) {
        const std::string piece = co_await client.read();
        if (piece.empty()) co_return;
    }
}

}  // namespace

SKEIN_TEST_CASE("the client fetches from a server that is a coroutine, and keeps the connection") {
    auto& network = testing::this_network();
    network.listen("example.test", 80, testing::always_answer(hello));
    client_session session;
    for (int i = 0; i < 3; ++i) CHECK(co_await fetch(session, "http://example.test/") == "hello");
    CHECK(network.made_connections() == 1);
    CHECK(network.lookups() == 1);
    CHECK(network.open_connections() == 1);
    co_await session.close();
    CHECK(network.open_connections() == 0);
}

SKEIN_TEST_CASE("latency: two of it to connect, two for an answer") {
    testing_link slow;
    slow.latency = 100ms;
    testing::this_network().set_link(slow);
    testing::this_network().listen("example.test", 80, testing::always_answer(hello));
    CHECK(co_await fetch_alone("http://example.test/") == "hello");
    CHECK(testing::elapsed() == 400ms);
}

SKEIN_TEST_CASE("bandwidth: a body of ten kilobytes takes a second at ten kilobytes a second") {
    testing_link narrow;
    narrow.bytes_per_second = 10'000;
    testing::this_network().set_link(narrow);
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n";
    testing::this_network().listen("example.test", 80,
                                   testing::always_answer(head + std::string(10'000, 'x')));
    const auto body = co_await fetch_alone("http://example.test/");
    CHECK(body.size() == 10'000);
    CHECK(testing::elapsed() > 1s);
    CHECK(testing::elapsed() < 1100ms);
}

SKEIN_TEST_CASE("nobody listens: refused; another error where the test says so") {
    auto& network = testing::this_network();
    network.refuse("gone.test", 80, std::errc::host_unreachable);
    CHECK_THROWS_WITH_AS(co_await fetch_alone("http://10.1.2.3/"), doctest::Contains("onnection refused"),
                         skein::connect_error);
    CHECK_THROWS_WITH_AS(co_await fetch_alone("http://gone.test/"), doctest::Contains("o route to host"),
                         skein::connect_error);
}

SKEIN_TEST_CASE("names: unknown, broken, slow, with several addresses") {
    auto& network = testing::this_network();
    CHECK_THROWS_WITH_AS(co_await fetch_alone("http://nowhere.test/"), doctest::Contains("not known"),
                         skein::resolve_error);
    network.add_broken_name("broken.test", "the resolver is on fire", 3s);
    CHECK_THROWS_WITH_AS(co_await fetch_alone("http://broken.test/"), doctest::Contains("on fire"),
                         skein::resolve_error);
    CHECK(testing::elapsed() == 3s);
    network.add_name("two.test", {"10.1.0.1", "10.1.0.2"}, 2s);
    network.listen("10.1.0.2", 80, testing::always_answer(hello));
    CHECK(co_await fetch_alone("http://two.test/") == "hello");
    CHECK(testing::elapsed() == 5s);
    CHECK(network.lookups() == 3);
}

SKEIN_TEST_CASE("a host that swallows: the limit on connecting runs out") {
    testing::this_network().swallow("hole.test", 80);
    CHECK_THROWS_AS(co_await fetch_alone("http://hole.test/"), skein::timeout_error);
    CHECK(testing::elapsed() == 30s);
}

SKEIN_TEST_CASE("a server that stalls in the middle of a body: the limit on reading runs out") {
    const auto serve = [](testing::server_stream& client) -> task<> {
        (void)co_await client.read_until("\r\n\r\n");
        co_await client.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
        co_await skein::sleep(24h);
    };
    testing::this_network().listen("example.test", 80, serve);
    CHECK_THROWS_AS(co_await fetch_alone("http://example.test/"), skein::timeout_error);
    CHECK(testing::elapsed() == 60s);
}

SKEIN_TEST_CASE("a server that resets, closes early, or ends its side: each is told apart") {
    const auto serve = [](testing::server_stream& client) -> task<> {
        const std::string head = co_await client.read_until("\r\n\r\n");
        co_await client.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it");
        if (head.starts_with("GET /reset")) client.reset();
        if (head.starts_with("GET /close")) client.close();
        if (head.starts_with("GET /half")) {
            client.end_writing();
            co_await swallow_all(client);
        }
    };
    testing::this_network().listen("example.test", 80, serve);
    CHECK_THROWS_WITH_AS(co_await fetch_alone("http://example.test/reset"), doctest::Contains("reset"),
                         skein::payload_error);
    CHECK(co_await fetch_alone("http://example.test/close") == "all of it");
    CHECK(co_await fetch_alone("http://example.test/half") == "all of it");
}

SKEIN_TEST_CASE("byte by byte and in pieces of random sizes, the text is the same") {
    std::string content(20'000, '\0');
    for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>('a' + i * 7 % 26);
    const auto echo = [](testing::server_stream& client) -> task<> {
        (void)co_await client.read_until("\r\n\r\n");
        const std::string body = co_await client.read_exactly(20'000);
        co_await client.write("HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n");
        co_await client.write(body);
    };
    testing::this_network().listen("example.test", 80, echo);
    for (int way = 0; way < 12; ++way) {
        testing_link conditions;
        conditions.window_bytes = way % 3 == 0 ? 1000 : 65536;
        conditions.largest_piece_bytes = way == 0 ? 1 : 65536;
        conditions.random_pieces = way > 0;
        testing::this_network().set_link(conditions);
        client_session session;
        auto response = co_await session.post("http://example.test/").body(content);
        const bool same = co_await response.text() == content;
        CHECK(same);
    }
}

SKEIN_TEST_CASE("back-pressure: a reader that does not read holds the server back") {
    std::size_t written = 0;
    const auto pour = [&](testing::server_stream& client) -> task<> {
        (void)co_await client.read_until("\r\n\r\n");
        co_await client.write("HTTP/1.1 200 OK\r\n\r\n");
        for (;;) {
            co_await client.write(std::string(10'000, 'x'));
            written += 10'000;
        }
    };
    testing::this_network().listen("example.test", 80, pour);
    {
        client_session session;
        auto response = co_await session.get("http://example.test/");
        co_await skein::sleep(1h);
        CHECK(written > 100'000);
        CHECK(written < 1'000'000);
    }
    co_await skein::sleep(1s);
    CHECK(testing::this_network().open_connections() == 0);
}

TEST_CASE("an exception in a server is reported; that its client is gone is none") {
    std::vector<std::string> told;
    testing::simulation_options options;
    options.exception_handler = [&](std::string_view context, const std::exception_ptr&) {
        told.emplace_back(context);
    };
    testing::simulation world(options);
    world.network().listen("bad.test", 80, [](testing::server_stream& client) -> task<> {
        (void)co_await client.read();
        throw std::runtime_error("in the server");
    });
    world.run([]() -> task<> {
        CHECK_THROWS_AS(co_await fetch_alone("http://bad.test/"), skein::disconnected_error);
    });
    REQUIRE(told.size() == 1);
    CHECK(told[0] == "exception in a simulated server");
}

SKEIN_TEST_CASE("stream: nothing is told from inside a call; a closed one tells its writer once") {
    testing_link small;
    small.window_bytes = 10;
    testing::this_network().set_link(small);
    testing::this_network().listen("10.0.9.9", 7,
                                   [](testing::server_stream&) -> task<> { co_await skein::sleep(1h); });
    recording_writer writer;
    recording_sink sink;
    const std::string data(100, 'd');
    {
        auto stream = co_await connect("10.0.9.9", 7);
        CHECK(stream->peer() == "10.0.9.9:7");
        CHECK(stream->is_quiet());
        stream->attach(&sink);
        const skein::byte_view piece = skein::as_bytes(data);
        CHECK(stream->try_write(std::span(&piece, 1)) == 10);
        stream->write(piece.subspan(10), writer);
        CHECK(writer.calls == 0);
        co_await skein::sleep(1s);
        CHECK(writer.calls == 0);
        stream->close();
        CHECK(writer.calls == 0);
        CHECK_FALSE(stream->is_quiet());
    }
    co_await skein::sleep(1s);
    CHECK(writer.calls == 1);
    CHECK(writer.result == std::errc::operation_canceled);
    CHECK(sink.ends == 0);
}

SKEIN_TEST_CASE("stream: an end that nobody was told of is told to the next sink; pausing holds bytes back") {
    testing::this_network().listen(
        "10.0.9.9", 7, [](testing::server_stream& client) -> task<> { co_await client.write("abc"); });
    auto stream = co_await connect("10.0.9.9", 7);
    co_await skein::sleep(1s);
    CHECK_FALSE(stream->is_quiet());
    recording_sink sink;
    stream->pause();
    stream->attach(&sink);
    co_await skein::sleep(1s);
    CHECK(sink.received.empty());
    stream->resume();
    CHECK(sink.received.empty());
    co_await skein::sleep(1s);
    CHECK(sink.received == "abc");
    CHECK(sink.ends == 1);
    CHECK_FALSE(sink.reason);
    recording_sink next;
    stream->attach(&next);
    co_await skein::sleep(1s);
    CHECK(next.ends == 1);
    stream->attach(nullptr);
}

SKEIN_TEST_CASE("stream: writing to a server that has closed fails, a little later, as over sockets") {
    testing::this_network().listen("10.0.9.9", 7, [](testing::server_stream&) -> task<> { co_return; });
    auto stream = co_await connect("10.0.9.9", 7);
    co_await skein::sleep(1s);
    const skein::byte_view piece = skein::as_bytes("0123456789");
    CHECK(stream->try_write(std::span(&piece, 1)) == 10);
    co_await skein::sleep(1s);
    CHECK(stream->try_write(std::span(&piece, 1)) == 0);
    recording_writer writer;
    stream->write(piece, writer);
    CHECK(writer.calls == 0);
    co_await skein::sleep(1s);
    CHECK(writer.calls == 1);
    CHECK(writer.result);
}

SKEIN_TEST_CASE("a server that writes to a client who is gone is told so; one that reads sees the end") {
    std::string seen;
    testing::this_network().listen("10.0.9.9", 7, [&](testing::server_stream& client) -> task<> {
        while (true) {
            const std::string piece = co_await client.read();
            if (piece.empty()) break;
            seen += piece;
        }
        seen += '.';
        CHECK_THROWS_AS(co_await client.write("late"), testing::client_gone);
        CHECK_THROWS_AS(co_await client.read_exactly(1), testing::client_gone);
    });
    auto stream = co_await connect("10.0.9.9", 7);
    const skein::byte_view piece = skein::as_bytes("bytes");
    CHECK(stream->try_write(std::span(&piece, 1)) == 5);
    stream->close();
    co_await skein::sleep(1s);
    CHECK(seen == "bytes.");
}
