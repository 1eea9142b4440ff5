// The sending side of an exchange whose body comes in pieces: the head, the framing of the body, and what the
// system does not take at once. What the pieces are, it does not know.
#pragma once

#include "http1/connection.hpp"
#include "http1/encoder.hpp"

#include <skein/headers.hpp>
#include <skein/task.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <system_error>

namespace skein::http1 {

/// Writes the request that connection::begin_streamed() has begun. The head leaves
/// with the first piece, in one write, unless send_head() comes before.
///
/// *Lifetime:* shorter than that of the connection. *Cancellation:* leaves the request unfinished and the
/// connection open: the response can still be read, and nothing can follow it. What is not written is not
/// touched any more.
/// What write() and finish() give is why nothing more can be written; connection::send_error() has it, too.
class request_writer {
public:
    request_writer(connection& on, const request_body& framing) noexcept
        : on_(on), chunked_(framing.how == request_body::kind::chunked), left_(framing.size) {
        on_.streaming_ = true;
    }
    ~request_writer() {
        on_.streaming_ = false;
        on_.streamed_head_.reset();
    }
    request_writer(const request_writer&) = delete;
    request_writer& operator=(const request_writer&) = delete;

    /// Writes the head now, unless it has left. What the system does not take at once follows by itself.
    void send_head() noexcept;

    /// Writes a piece and waits until the system has taken it. An empty one is none. The caller sees to it
    /// that the pieces of a body with a length have that length together. *Throws:* std::logic_error if
    /// another one is being written.
    task<std::error_code> write(byte_view piece);

    /// Ends the body; the trailers are those of a chunked one. *Throws:* std::invalid_argument for a field
    /// that must not be a trailer.
    task<std::error_code> finish(const headers& trailers);

private:
    task<std::error_code> put(std::span<const byte_view> pieces);
    byte_view unsent_head() noexcept;
    /// The last byte has left: it may be that whoever makes the body still has something to do.
    void end_if_complete() noexcept {
        if (!chunked_ && left_ == 0) on_.request_sent_ = true;
    }
    bool is_over() const noexcept { return on_.exchange_ == nullptr || on_.ended_; }

    connection& on_;
    const bool chunked_;
    std::uint64_t left_;  // of a body with a length: how much of it has not left
    bool head_is_sent_ = false;
    bool writing_ = false;
    std::string frame_;  // of the chunk
};

/// The wait until the stream has taken what it was given.
class connection::send_wait final : detail::wait {
public:
    explicit send_wait(connection& of) noexcept : of_(of) {}
    bool await_ready() const {
        check();
        return of_.outgoing_ == nullptr;
    }
    void await_suspend(detail::task_handle at) noexcept {
        suspend(at);
        of_.send_waiter_ = this;
    }
    void await_resume() const {
        if (cancelled_) throw cancelled_error();
    }

private:
    friend connection;
    void describe(std::string& out) const override { out += "writing a request"; }
    void on_cancel() noexcept override {
        cancelled_ = true;
        of_.send_waiter_ = nullptr;
        wake();
    }
    connection& of_;
    bool cancelled_ = false;
};

}  // namespace skein::http1
