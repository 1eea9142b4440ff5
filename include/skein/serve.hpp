// A small server of byte streams: for tests, tools, and programs that talk to each other.
#pragma once

#include <skein/detail/config.hpp>
#include <skein/stream.hpp>
#include <skein/task.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace skein {

namespace client {
class server_core;
}

/// Where and how a server listens.
struct serve_options {
    /// The address, "127.0.0.1" or "::1"; "0.0.0.0" and "::" are all addresses of this machine. No name.
    std::string host = "127.0.0.1";
    /// 0: one that is free.
    std::uint16_t port = 0;
    /// The path of a Unix socket to listen at, instead. With an @ in front: its name in Linux's abstract
    /// namespace. A socket that a dead server has left there is replaced; ours is removed by close().
    std::string unix_socket = {};
    /// Connections at a time; who comes then waits in the system's queue. 0: no limit.
    std::size_t limit = 1000;
    /// How long that queue is, as far as the system lets it.
    int backlog = 128;
};

/// What a server does with one connection, in a task of its own.
using stream_handler = std::function<task<>(stream connection)>;

/// A server that listens. *Lifetime:* move-only. Listens from the start until close(); the destructor closes,
/// and cancels the handlers without waiting for them; the end of the loop does the same, and waits.
/// *Thread:* the loop's.
class SKEIN_API server {
public:
    server(server&&) noexcept;
    server& operator=(server&&) noexcept;
    ~server();

    /// The port; 0 for a Unix socket.
    std::uint16_t port() const;
    /// "127.0.0.1:8080", "[::1]:8080", "unix:/run/it.sock".
    const std::string& address() const;
    /// Connections whose handlers have not ended.
    std::size_t connections() const;

    /// Takes no more connections; handlers go on.
    void close();
    /// Waits until close() was called and every handler has ended. *Cancellation:* at once; nothing else
    /// ends.
    task<> wait_closed();

    /// For the library.
    explicit server(std::shared_ptr<client::server_core> core) noexcept;

private:
    client::server_core& core() const;

    std::shared_ptr<client::server_core> core_;  // null: moved from
};

/// Listens, at once, and has each connection handled by a task that calls `handler`:
///
///     task<> echo(stream peer) {
///         for (;;) {
///             auto data = co_await peer.read();
///             if (data.empty()) co_return;
///             co_await peer.write(std::move(data));
///         }
///     }
///     auto server = skein::serve(echo);
///     auto client = co_await skein::connect("127.0.0.1", server.port());
///
/// What a handler throws goes to the loop's exception handler. The handler is kept until the last of them has
/// ended. If the system has no descriptor or memory for a connection, that is reported once, and tried again
/// after a while. There is no TLS on this side. In a simulation it listens on the simulated network.
/// *Throws:* std::system_error, with the place, if it cannot listen there; std::invalid_argument for a host
/// that is no address, or an empty handler; std::logic_error outside a loop.
[[nodiscard]] SKEIN_API server serve(stream_handler handler, serve_options options = serve_options());

}  // namespace skein
