// The seam of the network: how streams are made and names are found. The system's is one; the simulated
// network of skein/testing.hpp is another.
#pragma once

#include "net/address.hpp"
#include "net/listener.hpp"
#include "net/resolver.hpp"
#include "net/socket_options.hpp"
#include "net/stream.hpp"

#include <skein/task.hpp>

#include <memory>
#include <string>

namespace skein::net {

class network {
public:
    network() = default;
    network(const network&) = delete;
    network& operator=(const network&) = delete;
    virtual ~network() = default;

    /// Opens a stream to that address. *Lifetime:* the options are there until the task has ended.
    /// *Cancellation:* closes what was begun. *Throws:* std::system_error with the system's code,
    /// cancelled_error.
    virtual task<std::unique_ptr<stream>> connect(address to, const socket_options& how) = 0;
    /// The same to a Unix socket, by its path; "@name" is in the abstract namespace.
    virtual task<std::unique_ptr<stream>> connect_unix(std::string path, const socket_options& how) = 0;

    /// Listens there, from now on; port 0: one that is free. So many connections may wait to be accepted.
    /// *Throws:* std::system_error with the system's code.
    virtual std::unique_ptr<listener> listen(address at, int backlog) = 0;
    /// The same at a Unix socket, by its path or "@name". A socket that nobody listens at any more is
    /// replaced.
    virtual std::unique_ptr<listener> listen_unix(std::string path, int backlog) = 0;

    /// Who knows names.
    virtual net::resolver& resolver() noexcept = 0;

    /// The network of this thread: the system's, unless another one took its place.
    static network& current() noexcept;
};

/// Puts a network in the place of the system's, in this thread, as long as it lives.
class network_override {
public:
    explicit network_override(network& instead) noexcept;
    ~network_override();
    network_override(const network_override&) = delete;
    network_override& operator=(const network_override&) = delete;

private:
    network* before_;
};

}  // namespace skein::net
