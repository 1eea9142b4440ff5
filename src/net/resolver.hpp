// The resolver seam: names to addresses.
#pragma once

#include "net/address.hpp"

#include <skein/task.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace skein::net {

class resolver {
public:
    resolver() = default;
    resolver(const resolver&) = delete;
    resolver& operator=(const resolver&) = delete;
    virtual ~resolver() = default;

    /// The addresses of a host, in the order in which to try them; never empty. An address literal (IPv6
    /// without brackets) is its own answer. *Cancellation:* at once; a lookup that runs is abandoned, not
    /// waited for. *Throws:* resolve_error.
    virtual task<std::vector<address>> resolve(std::string host, std::uint16_t port) = 0;
};

/// Asks the system (getaddrinfo). A lookup runs on a thread of its own, not on libuv's pool: one that hangs
/// blocks neither other lookups nor file work, nor the end of the loop or of the process.
std::unique_ptr<resolver> make_system_resolver();

}  // namespace skein::net
