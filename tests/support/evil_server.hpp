// A server on a real socket that does to its clients what a test says: a script in plain blocking code, run
// on a thread for each connection. Counts what it sees. Whatever a script waits for, the server's end ends
// it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace skein::test {

class evil_server;

/// One connection, in the hands of the script. Closed in good order when the script returns.
class evil_peer {
public:
    /// The next request: its head, and its body if it has a Content-Length. Nothing once the client has
    /// closed or reset the connection.
    std::optional<std::string> read_request();
    /// The same without the body.
    std::optional<std::string> read_head();

    /// Waits until there is something to read, and reads nothing.
    void wait_for_bytes();
    /// Reads so many bytes and drops them; false if fewer come.
    bool skip(std::size_t count);

    /// False if the client is gone.
    bool send(std::string_view bytes);
    /// In one segment a byte.
    bool send_byte_by_byte(std::string_view bytes);

    void pause(std::chrono::milliseconds time);
    /// Reads nothing, until the client closes.
    void hold();
    /// Reads and drops, until the client closes.
    void drain();
    /// Ends our direction only.
    void finish();
    /// RST; the script should return.
    void reset();

    /// 1 for the first connection of the server.
    int number() const { return number_; }
    int fd() const { return fd_; }
    evil_server& server() { return server_; }

private:
    friend evil_server;
    evil_peer(evil_server& server, int fd, int number) : server_(server), fd_(fd), number_(number) {}
    bool receive();

    evil_server& server_;
    int fd_;
    int number_;
    std::string received_;
};

class evil_server {
public:
    using script = std::function<void(evil_peer&)>;

    /// Listens on a free port of 127.0.0.1.
    explicit evil_server(script each_connection);
    ~evil_server();
    evil_server(const evil_server&) = delete;
    evil_server& operator=(const evil_server&) = delete;

    std::uint16_t port() const { return port_; }
    /// "http://127.0.0.1:PORT/PATH".
    std::string url(std::string_view path = "/", std::string_view host = "127.0.0.1") const;

    int connections() const;
    int requests() const { return static_cast<int>(seen().size()); }
    /// The requests in the order in which they came.
    std::vector<std::string> seen() const;
    /// Waits until so many connections are open; false if that takes more than 20 s.
    bool wait_until_open(int count) const;
    /// Called by scripts: lets wait_for_signal() go on.
    void signal();
    /// Waits, in a script, for signal(). False if the server ends.
    bool wait_for_signal();

private:
    friend evil_peer;
    void accept_all();
    void serve(int fd, int number);
    void record(std::string request);

    script script_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    bool stopping_ = false;
    int signals_ = 0;
    int connections_ = 0;
    std::vector<int> open_;
    std::vector<std::string> seen_;
    std::vector<std::thread> threads_;
    std::thread acceptor_;
};

/// A script that answers every request of a connection with `response`.
evil_server::script always(std::string response);

/// A response with Content-Length.
std::string response(std::string_view body, std::string_view status = "200 OK", std::string_view fields = "");

/// The value of a field of a request that was seen; empty if there is none.
std::string field_of(const std::string& request, std::string_view name);

}  // namespace skein::test
