// Owns what is said to sockets before they connect, in the system's words.
#include "net/socket_options.hpp"

#include "net/address.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <string>
#include <system_error>

namespace skein::net {

namespace {

[[noreturn]] void fail(const std::string& what, int number = errno) {
    throw std::system_error(std::error_code(number, std::generic_category()), "cannot " + what);
}

template <class Number>
void set(int fd, int level, int option, Number value, const char* name) {
    constexpr auto most = std::numeric_limits<int>::max();
    const int number = static_cast<int>(std::min<long long>(static_cast<long long>(value), most));
    if (setsockopt(fd, level, option, &number, sizeof number) != 0)
        fail("set " + std::string(name) + " to " + std::to_string(number));
}

/// The first free one of the ports.
void bind_local(const socket_options& what, int fd, int family) {
    const ip_address any = family == AF_INET ? ip_address() : ip_address::v6({});
    const ip_address from = what.local_address.value_or(any);
    const unsigned first = what.first_local_port;
    const unsigned last = std::max<unsigned>(first, what.last_local_port);
    const address start(from, what.first_local_port);
    const std::string place = from.to_string() + " port " + std::to_string(first) +
                              (last != first ? " to " + std::to_string(last) : "");
    if (start.family() != family) fail("connect from " + place + " to the other family", EAFNOSUPPORT);
#ifdef IP_BIND_ADDRESS_NO_PORT
    // The port is chosen when the peer is known: so there are as many for each of them.
    if (first == 0) set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1, "IP_BIND_ADDRESS_NO_PORT");
#endif
    for (unsigned port = first; port <= last; ++port) {
        const address at(from, static_cast<std::uint16_t>(port));
        if (bind(fd, at.system(), at.system_bytes()) == 0) return;
        if (errno != EADDRINUSE || port == last) fail("connect from " + place);
    }
}

}  // namespace

void apply(const socket_options& what, int fd, int family) {
    // Before connecting, as the windows that TCP offers are made from them.
    if (what.send_buffer_bytes != 0) set(fd, SOL_SOCKET, SO_SNDBUF, what.send_buffer_bytes, "SO_SNDBUF");
    if (what.receive_buffer_bytes != 0)
        set(fd, SOL_SOCKET, SO_RCVBUF, what.receive_buffer_bytes, "SO_RCVBUF");
    if (family == AF_UNIX) return;
    if (what.keepalive.count() > 0) {
        set(fd, SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE");
        set(fd, IPPROTO_TCP, TCP_KEEPIDLE, what.keepalive.count(), "TCP_KEEPIDLE");
        set(fd, IPPROTO_TCP, TCP_KEEPINTVL, what.keepalive.count(), "TCP_KEEPINTVL");
        set(fd, IPPROTO_TCP, TCP_KEEPCNT, 3, "TCP_KEEPCNT");
    }
    if (what.user_timeout.count() > 0)
        set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, what.user_timeout.count(), "TCP_USER_TIMEOUT");
    if (what.chooses_local()) bind_local(what, fd, family);
}

}  // namespace skein::net
