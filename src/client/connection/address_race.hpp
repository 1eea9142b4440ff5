// Connecting to one of several addresses: Happy Eyeballs, version 2 (RFC 8305). Knows no request.
#pragma once

#include "net/network.hpp"

#include <skein/clock.hpp>
#include <skein/ip_address.hpp>
#include <skein/task.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <vector>

namespace skein::client {

/// How many addresses of a name are tried; whoever answers for the name decides how many there are.
inline constexpr std::size_t most_addresses = 20;

/// The order of RFC 8305, section 4: the families take turns, beginning with that of the first address. None
/// twice.
std::vector<ip_address> in_turns(std::vector<ip_address> all);

/// An attempt to connect to an address.
struct connect_try {
    net::address to = {};
    std::optional<clock::time_point> started = {};  // nothing: it never was
    clock::time_point ended = {};
    std::unique_ptr<net::stream> stream = {};  // once connected
    std::string error = {};                    // or why not
    std::error_code code = {};
    bool given_up = false;  // before there was an answer
};

/// Connects, and writes down how that went: null if it failed. *Throws:* cancelled_error.
task<connect_try*> try_address(connect_try& one, const net::socket_options& how);

/// Connects to the addresses in their order, to the next one when another has failed or `stagger` (0: never)
/// has passed. Ends with the first that connects: its try, or null if all have failed. The others are closed.
/// *Cancellation:* at once, of all. *Throws:* cancelled_error.
task<connect_try*> race(std::span<connect_try> all, clock::duration stagger, const net::socket_options& how);

}  // namespace skein::client
