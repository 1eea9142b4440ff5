// What listens, as the network seam has it.
#pragma once

#include "net/stream.hpp"

#include <skein/task.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace skein::net {

/// A place where connections come in. Destroying it closes it.
class listener {
public:
    listener() = default;
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;
    virtual ~listener() = default;

    /// The next connection; one task waits at a time. *Cancellation:* at once; no connection is lost.
    /// *Throws:* std::system_error if there is none now, for want of descriptors or memory, or for good:
    /// after close().
    virtual task<std::unique_ptr<stream>> accept() = 0;
    /// Nobody can connect any more. Not while a task waits.
    virtual void close() noexcept = 0;

    /// "127.0.0.1:8080", "unix:/path".
    virtual const std::string& address_text() const noexcept = 0;
    /// 0 for a Unix socket.
    virtual std::uint16_t port() const noexcept = 0;
};

}  // namespace skein::net
