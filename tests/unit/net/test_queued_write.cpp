// Writing what a socket does not take at once, on a loop of its own.
#include "net/queued_write.hpp"

#include <doctest/doctest.h>

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <utility>

namespace {

using skein::byte_view;
using skein::net::queued_write;
using skein::net::send_now;

/// A loop, and two ends of a connection, of which ours does not block.
struct fixture : skein::net::write_listener {
    fixture() {
        REQUIRE(uv_loop_init(&loop) == 0);
        uv_timer_init(&loop, &alive);
        uv_timer_start(
            &alive, [](uv_timer_t*) {}, 1'000'000, 0);
        REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    }
    ~fixture() override {
        uv_close(reinterpret_cast<uv_handle_t*>(&alive), nullptr);
        uv_run(&loop, UV_RUN_DEFAULT);
        CHECK(uv_loop_close(&loop) == 0);
        for (const int fd : ends)
            if (fd >= 0) close(fd);
    }
    fixture(const fixture&) = delete;
    fixture& operator=(const fixture&) = delete;

    void on_written(std::error_code result) noexcept override {
        CHECK_FALSE(told);
        told = result;
    }
    void turn() { uv_run(&loop, UV_RUN_NOWAIT); }
    /// As much as the socket takes; how much that was.
    std::size_t fill(const std::string& text) {
        std::size_t sent = 0;
        for (;;) {
            const byte_view rest = skein::as_bytes(text).subspan(sent);
            const auto now = send_now(ends[0], {&rest, 1});
            if (now <= 0) return sent;
            sent += static_cast<std::size_t>(now);
        }
    }
    void close_peer() { close(std::exchange(ends[1], -1)); }

    uv_loop_t loop{};
    uv_timer_t alive{};  // a write alone keeps no loop running
    int ends[2] = {-1, -1};
    std::optional<std::error_code> told;
    skein::net::write_state writes;
};

const std::string& content() {
    static const std::string made = [] {
        std::string text(3'000'000, '\0');
        for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 31 + i / 253);
        return text;
    }();
    return made;
}

}  // namespace

TEST_CASE("what a socket does not take at once is written as its peer reads it") {
    fixture f;
    const std::size_t sent = f.fill(content());
    REQUIRE(sent < content().size());
    const byte_view rest = skein::as_bytes(content()).subspan(sent);
    REQUIRE_FALSE(queued_write::start(f.loop, f.ends[0], rest, f, f.writes));
    CHECK(f.writes.queued != nullptr);
    f.turn();
    CHECK_FALSE(f.told);
    std::string received;
    std::string buffer(100'000, '\0');
    while (received.size() < content().size()) {
        const auto count = recv(f.ends[1], buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (count > 0) received.append(buffer, 0, static_cast<std::size_t>(count));
        f.turn();
    }
    const bool same = received == content();
    CHECK(same);
    CHECK(f.told == std::error_code());
    CHECK(f.writes.queued == nullptr);
}

TEST_CASE("a peer that goes is an error, and no SIGPIPE") {
    fixture f;
    const std::size_t sent = f.fill(content());
    REQUIRE_FALSE(
        queued_write::start(f.loop, f.ends[0], skein::as_bytes(content()).subspan(sent), f, f.writes));
    f.turn();
    f.close_peer();
    while (!f.told) f.turn();
    CHECK(*f.told == std::errc::broken_pipe);
    CHECK(f.writes.queued == nullptr);
    const byte_view more = skein::as_bytes(content());
    CHECK(send_now(f.ends[0], {&more, 1}) == UV_EPIPE);
}

TEST_CASE("a write that is cancelled is told so later, once, and the socket closes with its stream") {
    fixture f;
    const std::size_t sent = f.fill(content());
    REQUIRE_FALSE(
        queued_write::start(f.loop, f.ends[0], skein::as_bytes(content()).subspan(sent), f, f.writes));
    f.turn();
    f.writes.queued->cancel();
    CHECK(f.writes.queued == nullptr);
    CHECK_FALSE(f.told);
    close(std::exchange(f.ends[0], -1));
    std::string buffer(1'000'000, '\0');
    std::size_t received = 0;
    for (ssize_t count = 1; count > 0; received += static_cast<std::size_t>(count))
        count = recv(f.ends[1], buffer.data(), buffer.size(), 0);  // ends: no duplicate holds the socket open
    CHECK(received == sent);
    f.turn();
    CHECK(*f.told == std::errc::operation_canceled);
}

TEST_CASE("without a free descriptor a write is refused, and nothing is left behind") {
    fixture f;
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
    rlimit none = before;
    none.rlim_cur = 0;
    REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
    const auto why = queued_write::start(f.loop, f.ends[0], skein::as_bytes(content()), f, f.writes);
    REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK((why == std::errc::too_many_files_open || why == std::errc::invalid_argument));
    CHECK(f.writes.queued == nullptr);
    f.turn();
    CHECK_FALSE(f.told);
}
