// A TLS stream over a stream in memory, with the test server at the other end.
#pragma once

#include "tls/stream.hpp"

#include "engine_client.hpp"
#include "memory_stream.hpp"

#include <skein/detail/scheduler.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <memory>
#include <string>
#include <string_view>

namespace skein::test {

/// Room in a network that takes whatever there is.
inline constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

class recording_handshake final : public tls::handshake_listener {
public:
    int calls = 0;
    std::error_code result;
    std::function<void()> then = [] {};

    void on_handshake(std::error_code why) noexcept override {
        ++calls;
        result = why;
        then();
    }
};

/// The ready queue of this thread; links share it.
class ready_queue {
public:
    void run() {
        while (scheduler_->turn()) {}
    }
    ~ready_queue() { run(); }

private:
    static std::shared_ptr<detail::scheduler> shared() {
        static std::weak_ptr<detail::scheduler> present;
        if (auto one = present.lock()) return one;
        auto made = std::make_shared<detail::scheduler>([]() noexcept { return clock::time_point(); });
        present = made;
        return made;
    }
    std::shared_ptr<detail::scheduler> scheduler_ = shared();
};

struct tls_link {
    explicit tls_link(server_options options = common_world().serves(),
                      const tls_context& trust = common_world().trust, std::string_view host = "a.test")
        : server(std::move(options)) {
        auto made = std::make_unique<memory_stream>();
        inner = made.get();
        stream = std::make_unique<tls::stream>(std::move(made), trust, host);
    }

    /// Moves bytes and runs callbacks until nothing more happens.
    void converse(std::size_t piece = net::block_bytes) {
        for (bool moved = true; moved;) {
            moved = inner->run();
            ready.run();
            const std::string up = inner->take_sent();
            if (!up.empty()) server.feed(up);
            server.step();
            const std::string down = server.take();
            if (!down.empty()) inner->deliver(down, piece);
            moved = moved || !up.empty() || !down.empty();
        }
    }

    /// A finished handshake, and the sink attached.
    void open() {
        stream->start_handshake(handshake);
        converse();
        REQUIRE(handshake.calls == 1);
        REQUIRE(!handshake.result);
        stream->attach(&sink);
        converse();
    }

    /// What the server writes arrives.
    void send_down(std::string_view text) {
        server.write(text);
        inner->deliver(server.take());
    }

    std::size_t try_write(std::string_view text) {
        const byte_view piece = as_bytes(text);
        return stream->try_write({&piece, 1});
    }

    ready_queue ready;
    recording_handshake handshake;
    recording_sink sink;
    recording_writer writer;
    tls_server server;
    memory_stream* inner = nullptr;
    std::unique_ptr<tls::stream> stream;
};

}  // namespace skein::test
