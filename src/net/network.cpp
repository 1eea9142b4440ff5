// Owns which network a thread has.
#include "net/network.hpp"

#include "net/listen.hpp"
#include "net/tcp.hpp"
#include "net/unix.hpp"

#include <utility>

namespace skein::net {

namespace {

constinit thread_local network* this_network = nullptr;

class system_network final : public network {
public:
    task<std::unique_ptr<stream>> connect(address to, const socket_options& how) override {
        return connect_tcp(to, how);
    }
    task<std::unique_ptr<stream>> connect_unix(std::string path, const socket_options& how) override {
        return net::connect_unix(std::move(path), how);
    }
    std::unique_ptr<listener> listen(address at, int backlog) override { return listen_tcp(at, backlog); }
    std::unique_ptr<listener> listen_unix(std::string path, int backlog) override {
        return net::listen_unix(path, backlog);
    }
    net::resolver& resolver() noexcept override { return system_resolver(); }
};

}  // namespace

network& network::current() noexcept {
    static system_network of_the_system;
    return this_network != nullptr ? *this_network : of_the_system;
}

network_override::network_override(network& instead) noexcept
    : before_(std::exchange(this_network, &instead)) {}

network_override::~network_override() {
    this_network = before_;
}

}  // namespace skein::net
