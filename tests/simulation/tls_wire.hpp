// The server's end of a simulated connection that speaks TLS, step by step: for tests of what happens below
// requests.
#pragma once

#include "sweep.hpp"
#include "tls_server.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace simulation {

class tls_wire {
public:
    tls_wire(server_stream& wire, std::shared_ptr<SSL_CTX> context, skein::test::server_options options)
        : engine(std::move(context), std::move(options)), wire_(wire) {}
    tls_wire(server_stream& wire, skein::test::server_options options)
        : engine(std::move(options)), wire_(wire) {}

    /// Takes in what comes next and answers it. False at the end of the client.
    task<bool> step() {
        const std::string piece = co_await wire_.read();
        if (piece.empty()) co_return false;
        engine.feed(piece);
        engine.step();
        co_await send();
        co_return true;
    }
    /// Until the handshake is over. False if it never is.
    task<bool> shake_hands() {
        while (!engine.established() && !engine.failed()) {
            const bool more = co_await step();
            if (!more) co_return false;
        }
        co_return engine.established();
    }
    /// The head of the next request; empty at the end of the client.
    task<std::string> request() {
        std::size_t end = 0;
        while ((end = engine.received().find("\r\n\r\n")) == std::string::npos) {
            if (engine.saw_close_notify()) co_return std::string();
            const bool more = co_await step();
            if (!more) co_return std::string();
        }
        const std::string head = engine.received().substr(0, end + 4);
        engine.received().erase(0, end + 4);
        co_return head;
    }
    task<> write(std::string text) {
        engine.write(text);
        co_await send();
    }
    /// What the engine has to say.
    task<> send() {
        std::string out = engine.take();
        if (!out.empty()) co_await wire_.write(std::move(out));
    }

    skein::test::tls_server engine;

private:
    server_stream& wire_;
};

/// What becomes of a server that stops in the middle of a handshake.
enum class ending { stall, close, reset };

/// What a server says of its handshake, `count` bytes of it; then the end of that kind. Tells whether that
/// was all of it.
inline task<> say_no_more(server_stream& wire, skein::test::tls_server& engine, std::size_t count, ending how,
                          bool& was_all) {
    for (std::size_t left = count;;) {
        const std::string piece = co_await wire.read();
        if (piece.empty()) co_return;
        engine.feed(piece);
        engine.step();
        const std::string said = engine.take();
        co_await wire.write(said.substr(0, left));
        if (engine.established() && left >= said.size()) was_all = true;
        left -= std::min(left, said.size());
        if (left > 0 && !was_all) continue;
        if (how == ending::close) co_return;
        if (how == ending::reset) co_return wire.reset();
    }
}

}  // namespace simulation
