// Reading from sockets: whose turn it is when much has come, and how the input has ended.
#include "net/tcp.hpp"
#include "net/unix.hpp"

#include <skein/skein.hpp>

#include <doctest/doctest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <system_error>
#include <utility>

using namespace skein;

namespace {

/// Keeps each large piece until the scheduler runs it, as a task that reads does.
class keeping_sink final : public net::stream_sink, detail::ready_node {
public:
    std::size_t bytes = 0;
    std::size_t large_pieces = 0;
    std::size_t not_yet_read = 0;       // that came while the one before was still kept
    std::set<const std::byte*> blocks;  // in which they lay
    promise<> ended;

private:
    void on_data(byte_view data, net::block_ptr& from) noexcept override {
        bytes += data.size();
        if (data.size() < std::size_t{16} * 1024) return;
        ++large_pieces;
        blocks.insert(from->bytes);
        if (kept_) {
            ++not_yet_read;
            return;
        }
        kept_ = std::move(from);
        detail::this_kernel.scheduler->push(*this);
    }
    void on_end(std::error_code) noexcept override { ended.set_value(); }
    void run() noexcept override { kept_.reset(); }

    net::block_ptr kept_;
};

/// The other end of a connection to a name of our own.
class peer {
public:
    explicit peer(const std::string& name) : listener_(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
        sockaddr_un here{};
        here.sun_family = AF_UNIX;
        std::memcpy(here.sun_path + 1, name.data(), name.size());
        const auto bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
        REQUIRE(bind(listener_, reinterpret_cast<const sockaddr*>(&here), bytes) == 0);
        REQUIRE(listen(listener_, 1) == 0);
    }
    peer(const peer&) = delete;
    peer& operator=(const peer&) = delete;
    ~peer() {
        end();
        close(listener_);
    }

    void accept_one() {
        end_ = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
        REQUIRE(end_ >= 0);
    }
    /// As much as the system takes without waiting.
    std::size_t send_much() const {
        const std::string piece(std::size_t{32} * 1024, 'x');
        std::size_t sent = 0;
        for (ssize_t n = 0; (n = send(end_, piece.data(), piece.size(), 0)) > 0;)
            sent += static_cast<std::size_t>(n);
        return sent;
    }
    void end() {
        if (end_ >= 0) close(end_);
        end_ = -1;
    }

private:
    int listener_;
    int end_ = -1;
};

/// Collects what comes, and how it ends.
class ending_sink final : public net::stream_sink {
public:
    std::string text;
    promise<std::error_code> ended;

private:
    void on_data(byte_view data, net::block_ptr&) noexcept override {
        text.append(reinterpret_cast<const char*>(data.data()), data.size());
    }
    void on_end(std::error_code why) noexcept override { ended.set_value(why); }
};

/// A connection over TCP: our stream, and the other end.
struct tcp_pair {
    tcp_pair() : listener(socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in here{};
        here.sin_family = AF_INET;
        here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof here;
        REQUIRE(bind(listener, reinterpret_cast<const sockaddr*>(&here), size) == 0);
        REQUIRE(listen(listener, 1) == 0);
        REQUIRE(getsockname(listener, reinterpret_cast<sockaddr*>(&here), &size) == 0);
        port = ntohs(here.sin_port);
    }
    tcp_pair(const tcp_pair&) = delete;
    tcp_pair& operator=(const tcp_pair&) = delete;
    ~tcp_pair() {
        if (other >= 0) close(other);
        close(listener);
    }

    task<> connect() {
        const net::address there(ip_address("127.0.0.1"), port);
        stream = co_await net::connect_tcp(there, net::plain_socket);
        other = accept(listener, nullptr, nullptr);
        REQUIRE(other >= 0);
    }
    void send_hello() const { REQUIRE(send(other, "hello", 5, 0) == 5); }
    void reset() {
        const linger at_once{1, 0};
        REQUIRE(setsockopt(other, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0);
        close(std::exchange(other, -1));
    }
    /// All that is there to be read, all at once, and then the end.
    task<std::error_code> read(ending_sink& sink) const {
        auto ended = sink.ended.get_future();
        stream->attach(&sink);
        const std::error_code why = co_await ended;
        co_return why;
    }

    int listener;
    std::uint16_t port = 0;
    int other = -1;
    std::unique_ptr<net::stream> stream;
};

}  // namespace

TEST_CASE("a reset that comes together with the last bytes is no end of the input") {
    const auto body = []() -> task<> {
        tcp_pair both;
        co_await both.connect();
        both.send_hello();
        both.reset();
        ending_sink sink;
        const std::error_code why = co_await both.read(sink);
        CHECK(sink.text == "hello");
        CHECK(why == std::errc::connection_reset);
    };
    run(body);
}

TEST_CASE("a reset that a write has heard of is no end of the input either") {
    const auto body = []() -> task<> {
        tcp_pair both;
        co_await both.connect();
        both.send_hello();
        both.reset();
        const byte_view more = as_bytes(std::string_view("more"));
        CHECK(both.stream->try_write({&more, 1}) == 0);
        CHECK(both.stream->try_write({&more, 1}) == 0);  // which the system only calls a broken pipe
        ending_sink sink;
        const std::error_code why = co_await both.read(sink);
        CHECK(sink.text == "hello");
        CHECK(why == std::errc::connection_reset);
    };
    run(body);
}

TEST_CASE("what ended properly has ended so, though a reset came after it") {
    const auto body = []() -> task<> {
        tcp_pair both;
        co_await both.connect();
        both.send_hello();
        REQUIRE(shutdown(both.other, SHUT_WR) == 0);
        both.reset();
        const byte_view more = as_bytes(std::string_view("more"));
        CHECK(both.stream->try_write({&more, 1}) == 0);
        ending_sink sink;
        const std::error_code why = co_await both.read(sink);
        CHECK(sink.text == "hello");
        CHECK_FALSE(why);
    };
    run(body);
}

TEST_CASE("a large piece is read before more is, which then comes into the same block") {
    const auto body = []() -> task<> {
        const std::string name = "skein-test-" + std::to_string(getpid());
        peer other(name);
        const auto stream = co_await net::connect_unix("@" + name, net::plain_socket);
        other.accept_one();
        const std::size_t sent = other.send_much();
        other.end();
        keeping_sink sink;
        stream->attach(&sink);
        auto ended = sink.ended.get_future();
        co_await ended;
        CHECK(sink.bytes == sent);
        CHECK(sink.large_pieces >= 2);
        CHECK(sink.not_yet_read == 0);
        CHECK(sink.blocks.size() == 1);
    };
    run(body);
}
