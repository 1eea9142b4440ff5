// Where a program listens on the simulated network: the line of connections that it has not accepted yet.
#pragma once

#include "net/listener.hpp"

#include <skein/event.hpp>

#include <deque>
#include <memory>
#include <utility>

namespace skein::testing {

struct accept_line {
    std::deque<std::unique_ptr<net::stream>> waiting;
    event changed;

    void put(std::unique_ptr<net::stream> connection) {
        waiting.push_back(std::move(connection));
        changed.set();
    }
};

}  // namespace skein::testing
