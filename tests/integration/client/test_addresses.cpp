// Addresses on real sockets: where connections come from, Unix sockets, and a network of its own in which an
// address is a black hole.
#include "client_test.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace client_test;
using namespace skein;
using namespace std::chrono_literals;

namespace {

// Answers one request a connection with its Host header, at a Unix socket.
class unix_server {
public:
    /// `name` begins with a zero for the abstract namespace.
    explicit unix_server(const std::string& name) : listener_(socket(AF_UNIX, SOCK_STREAM, 0)) {
        sockaddr_un here{};
        here.sun_family = AF_UNIX;
        REQUIRE(name.size() < sizeof here.sun_path);
        std::memcpy(here.sun_path, name.data(), name.size());
        const auto bytes = offsetof(sockaddr_un, sun_path) + name.size() + (name.front() == '\0' ? 0 : 1);
        REQUIRE(bind(listener_, reinterpret_cast<const sockaddr*>(&here), static_cast<socklen_t>(bytes)) ==
                0);
        REQUIRE(listen(listener_, 0) == 0);
        thread_ = std::thread([this] { serve(); });
    }
    ~unix_server() {
        shutdown(listener_, SHUT_RDWR);
        thread_.join();
        close(listener_);
    }
    unix_server(const unix_server&) = delete;
    unix_server& operator=(const unix_server&) = delete;

private:
    void serve() const {
        for (int client = 0; (client = accept(listener_, nullptr, nullptr)) >= 0; close(client)) {
            std::string head;
            std::array<char, 1000> buffer;
            while (head.find("\r\n\r\n") == head.npos) {
                const auto count = read(client, buffer.data(), buffer.size());
                if (count <= 0) break;
                head.append(buffer.data(), static_cast<std::size_t>(count));
            }
            const std::string answer = response(field_of(head, "Host"), "200 OK", "Connection: close\r\n");
            (void)!write(client, answer.data(), answer.size());
        }
    }

    int listener_;
    std::thread thread_;
};

/// The port that a connection of the peer's came from, as an answer.
void tell_port(evil_peer& peer) {
    while (peer.read_request()) {
        sockaddr_in there{};
        socklen_t bytes = sizeof there;
        getpeername(peer.fd(), reinterpret_cast<sockaddr*>(&there), &bytes);
        const std::uint32_t ip = ntohl(there.sin_addr.s_addr);
        peer.send(response(std::to_string(ip >> 24) + "..." + std::to_string(ip & 255) + " " +
                           std::to_string(ntohs(there.sin_port))));
    }
}

/// Runs it in a thread that has a network of its own, with silent addresses 2001:db8:1::1 and 10.9.0.1. False
/// where that is not allowed.
bool in_own_network(const std::function<void()>& body) {
    const char* const set_up =
        "PATH=$PATH:/usr/sbin:/sbin; exec 2>&1; set -e; ip link set lo up; "
        "ip link add skein0 type veth peer name skein1; ip link set skein0 up; ip link set skein1 up; "
        "ip addr add 10.9.0.7/24 dev skein0; ip -6 addr add 2001:db8:1::7/64 dev skein0 nodad; "
        "ip neigh add 10.9.0.1 lladdr 02:00:00:00:00:99 dev skein0 nud permanent; "
        "ip -6 neigh add 2001:db8:1::1 lladdr 02:00:00:00:00:99 dev skein0 nud permanent";
    bool allowed = false;
    std::exception_ptr failure;
    std::thread([&] {
        allowed = unshare(CLONE_NEWNET) == 0 && std::system(set_up) == 0;
        try {
            if (allowed) body();
        } catch (...) {
            failure = std::current_exception();
        }
    }).join();
    if (failure) std::rethrow_exception(failure);
    return allowed;
}

}  // namespace

TEST_CASE("connections come from the local address and the ports that were chosen") {
    evil_server server(tell_port);
    session_options options;
    options.connector.local_address = ip_address("127.0.0.9");
    options.connector.tcp_keepalive = 10s;
    options.connector.tcp_user_timeout = 5s;
    options.connector.tcp_no_delay = false;
    options.connector.receive_buffer_bytes = 100'000;
    const auto body = [&]() -> task<> {
        client_session plain(options);
        CHECK((co_await fetch(plain, server.url())).starts_with("127...9 "));
        options.connector.local_ports = {41'000, 41'999};
        client_session session(options);
        std::vector<task<std::string>> all;
        for (int i = 0; i < 5; ++i) all.push_back(fetch(session, server.url()));
        for (const auto& one : co_await gather(std::move(all))) {
            const int port = std::stoi(one.substr(one.find(' ') + 1));
            CHECK(one.starts_with("127...9 "));
            CHECK(port >= 41'000);
            CHECK(port <= 41'999);
        }
    };
    run(body);
}

TEST_CASE(
    "an address that is not this machine's is named in the error; a range that ends before it begins is "
    "misuse") {
    evil_server server(always(response("")));
    session_options options;
    options.connector.local_address = ip_address("192.0.2.77");
    const auto body = [&]() -> task<> {
        client_session session(options);
        const auto e = co_await error_of<connect_error>(session.get(server.url()));
        REQUIRE(e);
        CHECK(mentions(*e, "cannot connect from 192.0.2.77 port 0: Cannot assign requested address"));
        CHECK(e->code() == std::errc::address_not_available);
    };
    run(body);
    options.connector.local_ports = {2000, 1000};
    CHECK_THROWS_AS(client_session{options}, std::invalid_argument);
}

TEST_CASE("Unix sockets, by path and in the abstract namespace, when the server is slow to accept, too") {
    const std::string id = std::to_string(getpid());
    const std::string path = (std::filesystem::temp_directory_path() / ("skein-" + id + ".sock")).string();
    const std::string hidden = "skein-test-" + id;
    const unix_server by_path(path);
    const unix_server by_name('\0' + hidden);
    const auto body = [&]() -> task<> {
        for (const std::string& where : {path, "@" + hidden, '\0' + hidden}) {
            session_options options;
            options.connector.unix_socket = where;
            client_session session(options);
            std::vector<task<std::string>> all;  // more than the queue of the server holds
            for (int i = 0; i < 20; ++i) all.push_back(fetch(session, "http://h.test:81/"));
            for (const auto& one : co_await gather(std::move(all))) CHECK(one == "h.test:81");
            auto got = co_await session.get("http://h.test/");
            CHECK(got.report().peer == "unix:" + (where == path ? path : "@" + hidden));
        }
    };
    run(body);
    std::filesystem::remove(path);
}

TEST_CASE(
    "an IPv6 address that is a black hole costs a quarter of a second; two of them are both in the error") {
    const auto body = [] {
        evil_server server(always(response("here")));
        session_options options;
        options.timeout.connect = 1s;
        options.connector.force_close = true;
        options.connector.hosts = {
            {"dual.test", {ip_address("2001:db8:1::1"), ip_address("127.0.0.1")}},
            {"dead.test", {ip_address("2001:db8:1::1"), ip_address("10.9.0.1")}},
        };
        const std::string port = ":" + std::to_string(server.port());
        const auto fetches = [&]() -> task<> {
            client_session session(options);
            clock::duration least = 1h;
            for (int i = 0; i < 3; ++i) {  // somebody else may need this machine, too
                auto got = co_await session.get("http://dual.test" + port + "/");
                CHECK(co_await got.text() == "here");
                const auto& connects = got.report().attempt_list.at(0).connects;
                REQUIRE(connects.size() == 2);
                CHECK(connects[0].address == "[2001:db8:1::1]" + port);
                CHECK(connects[0].error == "another address was faster");
                CHECK(connects[1].connected);
                CHECK(got.report().spent(phase::connect) >= 250ms);
                least = std::min(least, got.report().spent(phase::connect));
            }
            CHECK(least <= 300ms);
            const auto dead = co_await error_of<timeout_error>(session.get("http://dead.test" + port + "/"));
            REQUIRE(dead);
            CHECK(mentions(*dead, "[2001:db8:1::1]" + port + ": no answer ("));
            CHECK(mentions(*dead, "10.9.0.1" + port + ": no answer ("));
            CHECK(mentions(*dead, "limit connect 1 s"));
            CHECK(dead->report()->attempt_list.at(0).connects.size() == 2);
        };
        run(fetches);
    };
    if (!in_own_network(body))
        MESSAGE("SKIPPED: no network namespace may be made here (it takes root and ip)");
}

TEST_CASE(
    "sockets are told what the session says of them, and are not passed on to programs that are started") {
    evil_server server(always(response("hello")));
    const auto body = [&]() -> task<> {
        session_options options;
        options.connector.tcp_keepalive = 77s;
        options.connector.tcp_user_timeout = 4321ms;
        options.connector.tcp_no_delay = false;
        options.connector.send_buffer_bytes = 50'000;
        options.connector.receive_buffer_bytes = 60'000;
        client_session told(options);
        client_session plain;
        const auto first = co_await fetch(told, server.url());
        const auto second = co_await fetch(plain, server.url());
        CHECK(first == second);
        int seen_told = 0;
        int seen_plain = 0;
        for (int fd = 3; fd < 1000; ++fd) {
            sockaddr_in peer{};
            socklen_t bytes = sizeof peer;
            if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &bytes) != 0) continue;
            if (peer.sin_family != AF_INET || ntohs(peer.sin_port) != server.port()) continue;
            const auto option = [fd](int level, int name) {
                int value = -1;
                socklen_t size = sizeof value;
                CHECK(getsockopt(fd, level, name, &value, &size) == 0);
                return value;
            };
            CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
            if (option(SOL_SOCKET, SO_KEEPALIVE) == 0) {
                ++seen_plain;
                CHECK(option(IPPROTO_TCP, TCP_NODELAY) == 1);
                CHECK(option(IPPROTO_TCP, TCP_USER_TIMEOUT) == 0);
                continue;
            }
            ++seen_told;
            CHECK(option(IPPROTO_TCP, TCP_KEEPIDLE) == 77);
            CHECK(option(IPPROTO_TCP, TCP_USER_TIMEOUT) == 4321);
            CHECK(option(IPPROTO_TCP, TCP_NODELAY) == 0);
            CHECK(option(SOL_SOCKET, SO_SNDBUF) == 2 * 50'000);  // the kernel doubles both
            CHECK(option(SOL_SOCKET, SO_RCVBUF) == 2 * 60'000);
        }
        CHECK(seen_told == 1);
        CHECK(seen_plain == 1);
    };
    run(body);
}
