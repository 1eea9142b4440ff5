// What sockets are told before they connect, and connections to Unix sockets.
#include "net/address.hpp"
#include "net/socket_options.hpp"
#include "net/unix.hpp"

#include <skein/skein.hpp>

#include <doctest/doctest.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <system_error>

using namespace skein;
using namespace std::chrono_literals;

namespace {

struct fresh_socket {
    int fd;
    explicit fresh_socket(int family = AF_INET) : fd(socket(family, SOCK_STREAM, 0)) { REQUIRE(fd >= 0); }
    fresh_socket(const fresh_socket&) = delete;
    fresh_socket& operator=(const fresh_socket&) = delete;
    ~fresh_socket() { close(fd); }

    int option(int level, int name) const {
        int value = -1;
        socklen_t bytes = sizeof value;
        REQUIRE(getsockopt(fd, level, name, &value, &bytes) == 0);
        return value;
    }
    unsigned port() const {
        sockaddr_in here{};
        socklen_t bytes = sizeof here;
        REQUIRE(getsockname(fd, reinterpret_cast<sockaddr*>(&here), &bytes) == 0);
        return ntohs(here.sin_port);
    }
};

std::string failure_of(const net::socket_options& what, int fd, int family) {
    try {
        net::apply(what, fd, family);
    } catch (const std::system_error& e) {
        return e.what();
    }
    return "";
}

task<std::error_code> failure_of_connecting(std::string path) {
    try {
        (void)co_await net::connect_unix(std::move(path), net::plain_socket);
    } catch (const std::system_error& e) {
        co_return e.code();
    }
    co_return std::error_code();
}

}  // namespace

TEST_CASE("a socket is told what was chosen, in the system's units") {
    net::socket_options options;
    CHECK_FALSE(options.has_any());
    options.keepalive = 17s;
    options.user_timeout = 2500ms;
    options.send_buffer_bytes = 20'000;
    options.receive_buffer_bytes = 30'000;
    CHECK(options.has_any());
    const fresh_socket one;
    net::apply(options, one.fd, AF_INET);
    CHECK(one.option(SOL_SOCKET, SO_KEEPALIVE) == 1);
    CHECK(one.option(IPPROTO_TCP, TCP_KEEPIDLE) == 17);
    CHECK(one.option(IPPROTO_TCP, TCP_KEEPINTVL) == 17);
    CHECK(one.option(IPPROTO_TCP, TCP_KEEPCNT) == 3);
    CHECK(one.option(IPPROTO_TCP, TCP_USER_TIMEOUT) == 2500);
    CHECK(one.option(SOL_SOCKET, SO_SNDBUF) == 40'000);  // Linux counts its own part, too
    CHECK(one.option(SOL_SOCKET, SO_RCVBUF) == 60'000);
    CHECK(one.port() == 0);
}

TEST_CASE("a local address and a range of ports: the first free one is taken") {
    net::socket_options options;
    options.local_address = ip_address("127.0.0.1");
    fresh_socket taken;
    net::apply(options, taken.fd, AF_INET);
    // The system has to choose a port, in order that there is one which is in use.
    const fresh_socket other;
    const net::address any(ip_address("127.0.0.1"), 0);
    REQUIRE(bind(other.fd, any.system(), any.system_bytes()) == 0);
    const unsigned port = other.port();
    REQUIRE(port > 1024);
    options.first_local_port = static_cast<std::uint16_t>(port);
    options.last_local_port = static_cast<std::uint16_t>(std::min(port + 20, 65535U));
    const fresh_socket next;
    net::apply(options, next.fd, AF_INET);
    CHECK(next.port() > port);
    CHECK(next.port() <= port + 20);
    options.last_local_port = 0;  // that one only
    const fresh_socket last;
    CHECK(failure_of(options, last.fd, AF_INET)
              .starts_with("cannot connect from 127.0.0.1 port " + std::to_string(port) + ": "));
}

TEST_CASE("what the system refuses is named") {
    net::socket_options options;
    options.local_address = ip_address("192.0.2.77");
    const fresh_socket one;
    CHECK(failure_of(options, one.fd, AF_INET) ==
          "cannot connect from 192.0.2.77 port 0: Cannot assign requested address");
    const fresh_socket six(AF_INET6);
    CHECK(failure_of(options, six.fd, AF_INET6)
              .starts_with("cannot connect from 192.0.2.77 port 0 to the other"));
    net::socket_options long_silence;
    long_silence.keepalive = 100'000s;
    CHECK(failure_of(long_silence, one.fd, AF_INET) == "cannot set TCP_KEEPIDLE to 100000: Invalid argument");
}

TEST_CASE("Unix sockets that are not there, and names that cannot be") {
    const auto body = []() -> task<> {
        CHECK(co_await failure_of_connecting("/no/such/socket") == std::errc::no_such_file_or_directory);
        CHECK(co_await failure_of_connecting("@no-such-name-of-skein") == std::errc::connection_refused);
        CHECK(co_await failure_of_connecting("/" + std::string(200, 'x')) == std::errc::filename_too_long);
        CHECK(co_await failure_of_connecting(std::string("/a\0b", 4)) == std::errc::invalid_argument);
        CHECK(co_await failure_of_connecting("/") == std::errc::connection_refused);
    };
    run(body);
}
