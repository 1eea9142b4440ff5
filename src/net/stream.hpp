// The byte-stream seam. TCP, Unix sockets, TLS and the simulated network all look like this from above; what
// uses it (an HTTP/1 connection, a TLS stream) cannot tell which it has. One thread; nothing here waits.
#pragma once

#include "net/block.hpp"

#include <skein/bytes.hpp>

#include <span>
#include <string>
#include <system_error>

namespace skein::net {

/// Gets what arrives on a stream, from inside the read callback. Never suspends, throws or runs user code.
class stream_sink {
public:
    /// Takes all of `data`, which lies in `from` and is valid until the call returns. A sink that wants to
    /// keep the piece without copying it moves `from` out: then `data` stays valid for as long as the sink
    /// holds the block.
    virtual void on_data(byte_view data, block_ptr& from) noexcept = 0;

    /// Nothing more will come. No code: the peer ended the stream in good order. Otherwise the reason. At
    /// most once.
    virtual void on_end(std::error_code reason) noexcept = 0;

protected:
    virtual ~stream_sink() = default;
};

/// Is told when a write is over.
class write_listener {
public:
    virtual void on_written(std::error_code result) noexcept = 0;

protected:
    virtual ~write_listener() = default;
};

/// An open, bidirectional stream of bytes. Destroying it closes it.
class stream {
public:
    stream() = default;
    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;
    virtual ~stream() = default;

    /// Who gets what arrives; the sink must outlive the stream or be replaced. The first call starts reading.
    /// An end that came while there was no sink is reported to the next one.
    virtual void attach(stream_sink* sink) noexcept = 0;

    /// Back-pressure: while paused, bytes stay with the peer. At most one block may still arrive.
    virtual void pause() noexcept = 0;
    virtual void resume() noexcept = 0;

    /// Writes what can be written without waiting, in one system call; returns how many bytes of the pieces,
    /// taken in order, that was. An error is not reported here: the write() of the rest meets it again.
    virtual std::size_t try_write(std::span<const byte_view> pieces) noexcept = 0;

    /// Whether the system has got all that try_write() took: TLS keeps what it has encrypted until then. If
    /// not, a write() of nothing waits for that.
    virtual bool is_flushed() const noexcept { return true; }

    /// Writes all of `data`, which must stay valid until the listener is told. One write at a time. The
    /// listener is always told, once, and never from inside this call.
    virtual void write(byte_view data, write_listener& listener) noexcept = 0;

    /// Ends our own direction: the peer sees the end behind what was written, and may go on; reading does.
    /// Once, in the place of another write; nothing is written afterwards. The listener is told as by
    /// write().
    virtual void shutdown(write_listener& listener) noexcept = 0;

    /// Closes both directions now. A pending write ends with operation_canceled; the sink hears nothing more.
    virtual void close() noexcept = 0;

    /// For an idle stream, before it is used again: false if the peer has closed it or sent something.
    virtual bool is_quiet() noexcept = 0;

    /// Text for messages: "127.0.0.1:80".
    virtual std::string peer() const = 0;
};

}  // namespace skein::net
