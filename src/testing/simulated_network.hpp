// The simulated network behind the seams of net: names, listeners, connections.
#pragma once

#include "net/network.hpp"
#include "testing/dice.hpp"
#include "testing/wire.hpp"

#include <skein/detail/deadline.hpp>
#include <skein/detail/recycler.hpp>
#include <skein/detail/scheduler.hpp>
#include <skein/testing_network.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace skein::testing {

/// Waits until a point in time, or until the network fails it. Gives the error, if any. *Cancellation:* at
/// once.
class network_wait final : detail::wait, detail::deadline {
public:
    /// clock::time_point::max(): for ever.
    network_wait(std::vector<network_wait*>& all, clock::time_point when) noexcept : all_(all), when_(when) {}

    bool await_ready() const {
        check();
        return false;
    }
    void await_suspend(detail::task_handle at);
    std::error_code await_resume() const {
        if (cancelled_) throw cancelled_error();
        return result_;
    }
    void fail(std::error_code why) noexcept;

private:
    void on_deadline() noexcept override;
    void on_cancel() noexcept override;
    void describe(std::string& out) const override { out += "waiting for the simulated network"; }
    void leave() noexcept;

    std::vector<network_wait*>& all_;
    clock::time_point when_;
    std::error_code result_;
    bool cancelled_ = false;
};

struct accept_line;

class simulated_network final : public net::network, public net::resolver {
public:
    explicit simulated_network(std::uint64_t seed) noexcept : random_(seed) {}
    ~simulated_network() override = default;

    // ---- the seams
    task<std::unique_ptr<net::stream>> connect(net::address to, const net::socket_options& how) override;
    task<std::unique_ptr<net::stream>> connect_unix(std::string path,
                                                    const net::socket_options& how) override;
    std::unique_ptr<net::listener> listen(net::address at, int backlog) override;
    std::unique_ptr<net::listener> listen_unix(std::string path, int backlog) override;
    net::resolver& resolver() noexcept override { return *this; }
    task<std::vector<ip_address>> resolve(std::string host, address_family family) override;

    // ---- what the test sets
    struct endpoint {
        std::shared_ptr<const connection_handler> serve = {};  // null: fails
        std::error_code failure = {};                          // no code: swallows
        clock::duration delay = {};                            // until it answers to an attempt to connect
        std::shared_ptr<accept_line> line = {};                // a program listens there
    };
    void set_link(const link& conditions) noexcept { link_ = conditions; }
    void set_endpoint(std::string_view host, std::uint16_t port, endpoint what);
    void set_delay(std::string_view host, std::uint16_t port, clock::duration delay);
    void set_unix_endpoint(const std::string& path, endpoint what);
    void add_name(std::string_view name, std::vector<std::string> addresses, std::string failure,
                  clock::duration delay);
    void reset_all() noexcept;

    // ---- for listeners
    /// Nobody listens there any more, if it was that one.
    void end_listening(const std::string& where, const accept_line& line) noexcept;

    // ---- what it sees
    std::size_t open_connections() const noexcept { return open_; }
    std::size_t made_connections() const noexcept { return made_; }
    std::size_t lookups() const noexcept { return lookups_; }
    detail::scope& servers() noexcept { return servers_; }
    /// No connection is left, not even at one end.
    bool is_quiet() const noexcept { return wires_.empty(); }

    // ---- for wires
    dice& random() noexcept { return random_; }
    net::block_ptr& read_block() noexcept { return read_block_; }
    void note_closed() noexcept { --open_; }
    void forget(wire& one) noexcept;

private:
    struct known_name {
        std::vector<std::string> addresses;
        std::string failure;
        clock::duration delay;
    };
    class server_scope final : public detail::scope {
        void child_done(bool, const std::exception_ptr*) noexcept override {}
    };

    std::string address_of(std::string_view host);
    std::string place_of(std::string_view host, std::uint16_t port);
    static task<std::unique_ptr<net::stream>> connect_task(simulated_network& self, std::string where,
                                                           std::errc if_unknown);
    static task<std::vector<ip_address>> resolve_task(simulated_network& self, std::string host,
                                                      address_family family);
    std::unique_ptr<net::stream> accept(const endpoint& at, const std::string& where);
    endpoint* find_endpoint(const std::string& where) noexcept;
    std::unique_ptr<net::listener> listen_at(std::string where, std::uint16_t port);

    dice random_;
    link link_;
    std::map<std::string, endpoint, std::less<>> endpoints_;  // by "address:port", "unix:path"
    std::map<std::string, known_name, std::less<>> names_;
    unsigned last_address_ = 0;
    std::vector<network_wait*> waits_;
    std::vector<std::shared_ptr<wire>> wires_;
    server_scope servers_;
    net::block_ptr read_block_;
    std::size_t open_ = 0;
    std::size_t made_ = 0;
    std::size_t lookups_ = 0;
    std::uint16_t last_port_ = 49151;  // that was given to a listener
};

}  // namespace skein::testing
