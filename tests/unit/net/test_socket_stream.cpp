// Reading from sockets: whose turn it is when much has come.
#include "net/unix.hpp"

#include <skein/skein.hpp>

#include <doctest/doctest.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <system_error>

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

}  // namespace

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
