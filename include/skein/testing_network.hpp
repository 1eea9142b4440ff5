// A network in memory, for tests: servers that are coroutines, names, and the conditions of the wire. What
// a program does over it is what it does over sockets: the same client, the same TLS. Part of
// <skein/testing.hpp>.
#pragma once

#include <skein/clock.hpp>
#include <skein/detail/config.hpp>
#include <skein/task.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace skein::testing {

class simulated_network;
class wire;

/// How bytes travel, in each of the two directions.
struct link {
    /// From one end to the other. A connection takes two of it to be made.
    clock::duration latency = {};
    /// 0: no limit.
    std::uint64_t bytes_per_second = 0;
    /// How much may be under way or unread; more waits at the sender.
    std::size_t window_bytes = std::size_t{64} * 1024;
    /// The longest piece that arrives at once, up to 64 KiB; 1: byte by byte.
    std::size_t largest_piece_bytes = std::size_t{64} * 1024;
    /// Cut what is read and what is written into pieces of random sizes (by the seed of the simulation).
    bool random_pieces = false;
};

/// Thrown in a server that waits for or writes to a client whose connection is gone. A server that ends of it
/// has ended well.
class SKEIN_API client_gone : public std::runtime_error {
public:
    client_gone();
    ~client_gone() override;
};

/// The server's end of a connection. Destroying it closes it. *Thread:* the simulation's. *Cancellation:* at
/// once, for whatever waits.
class SKEIN_API server_stream {
public:
    explicit server_stream(std::shared_ptr<wire> connection);
    server_stream(server_stream&&) noexcept;
    server_stream& operator=(server_stream&&) noexcept;
    ~server_stream();

    /// The next bytes, at least one; nothing once the client has closed. *Throws:* client_gone after a reset.
    task<std::string> read();
    /// Exactly that many. *Throws:* client_gone if the client ends before.
    task<std::string> read_exactly(std::size_t count);
    /// Up to `end` and with it: read_until("\r\n\r\n") is the head of a request. *Throws:* client_gone if the
    /// client ends before.
    task<std::string> read_until(std::string end);
    /// Puts bytes back, to be read before all others.
    void unread(std::string data);
    /// Waits until all of it is under way. *Throws:* client_gone.
    task<> write(std::string data);

    /// Ends its own direction only: the client sees the end, and may still write.
    void end_writing() noexcept;
    /// Ends both. As the kernel does, resets the connection if there is something unread; what was written
    /// before arrives nevertheless.
    void close() noexcept;
    /// Ends both, as a peer that has died: the client gets "connection reset".
    void reset() noexcept;

private:
    struct state;
    std::unique_ptr<state> state_;
};

/// What a server does with one connection; afterwards it is closed.
using connection_handler = std::function<task<>(server_stream&)>;

/// A server that reads heads of requests, without bodies, and gives each the same answer.
SKEIN_API connection_handler always_answer(std::string answer);

/// The network of a simulation. Hosts are names, each with an address of its own, or address literals. Whom
/// nobody has said anything about refuses connections; a name that nobody has mentioned does not exist.
class SKEIN_API network {
public:
    /// How connections that are made from now on behave.
    void set_link(const link& conditions);

    /// Serves there: `serve` is called for each connection and is kept until the end of the simulation.
    void listen(std::string_view host, std::uint16_t port, connection_handler serve);
    /// The same at a Unix socket, by its path (connector_options::unix_socket).
    void listen_unix(const std::string& path, connection_handler serve);
    /// How long attempts to connect there take, in addition to what the link does, until they succeed or
    /// fail.
    void delay(std::string_view host, std::uint16_t port, clock::duration how_long);
    /// Refuses connections there, which is what happens without a listener too, or lets them fail otherwise.
    void refuse(std::string_view host, std::uint16_t port, std::errc reason = std::errc::connection_refused);
    /// Swallows attempts to connect: they wait for ever.
    void swallow(std::string_view host, std::uint16_t port);

    /// A name and its addresses, in the order in which the resolver gives them, after `delay`.
    void add_name(std::string_view name, std::vector<std::string> addresses, clock::duration delay = {});
    /// A name that cannot be resolved, as it turns out after `delay`.
    void add_broken_name(std::string_view name, std::string reason, clock::duration delay = {});

    /// Resets every connection now, and whatever is being connected or looked up fails.
    void reset_all() noexcept;

    /// Connections that are open at the client's end.
    std::size_t open_connections() const noexcept;
    /// Connections that were made, and names that were looked up, since the beginning.
    std::size_t made_connections() const noexcept;
    std::size_t lookups() const noexcept;

    /// For the library.
    explicit network(simulated_network& what) noexcept : state_(&what) {}

private:
    simulated_network* state_;
};

}  // namespace skein::testing
