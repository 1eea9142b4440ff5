// One HTTP/1.1 connection: a stream and a parser, and one exchange at a time on them. What arrives is parsed
// inside the read callback and put into the exchange; the task that waits there is woken through the ready
// queue.
#pragma once

#include "http1/body_buffer.hpp"
#include "http1/parser.hpp"
#include "net/stream.hpp"

#include <skein/detail/recycler.hpp>
#include <skein/detail/scheduler.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace skein::http1 {

class connection;
class request_writer;

/// The receiving side of one exchange. Belongs to the response, and outlives the connection's part in it:
/// once the message is complete, the connection is free, and what has arrived is here.
///
///     waiting ---head---> body ---end---> complete
///        \__________________\_____________________> failed
class exchange : public detail::recycled {
public:
    enum class state : std::uint8_t { waiting, body, complete, failed };

    exchange() noexcept = default;
    exchange(const exchange&) = delete;
    exchange& operator=(const exchange&) = delete;
    /// An exchange that is not over takes its connection with it.
    ~exchange();

    /// A message that came over no connection: complete. Throws std::bad_alloc.
    static std::unique_ptr<exchange> made(response_head head, byte_view content);

    state now() const noexcept { return state_; }
    bool has_head() const noexcept { return has_head_; }
    bool is_over() const noexcept { return state_ >= state::complete; }
    /// It is complete, and HTTP has ended with it: what follows on the connection is of another protocol
    /// (101, CONNECT 2xx), and is kept for connection::take_stream().
    bool opens_tunnel() const noexcept { return tunnel_; }

    response_head& head() noexcept { return message_.head; }
    headers& trailers() noexcept { return message_.trailers; }
    body_buffer& body() noexcept { return body_; }
    /// After failed: what was wrong with the message...
    const failure& why() const noexcept { return why_ ? *why_ : no_failure; }
    /// ... and how the connection ended, if it did: no code for an orderly end.
    std::error_code transport() const noexcept { return transport_; }
    /// ... and whether it was that the stream ended too soon, not anything in the message.
    bool was_cut() const noexcept { return cut_; }
    /// Bytes that arrived for it, head and body.
    std::uint64_t head_bytes() const noexcept;
    std::uint64_t body_bytes() const noexcept;
    std::optional<std::uint64_t> content_length() const noexcept { return content_length_; }
    /// Whether the head has a Content-Encoding.
    bool has_content_encoding() const noexcept { return has_content_encoding_; }
    /// Whether the head has a Set-Cookie.
    bool has_set_cookie() const noexcept { return has_set_cookie_; }

    /// Keeps the interim responses that come from now on, and wakes the reader for them.
    void keep_interims() { interims_ = std::make_unique<std::vector<response_head>>(); }
    /// Those that were kept, the first one first; they are not kept any longer.
    std::vector<response_head> take_interims() {
        return interims_ ? std::exchange(*interims_, {}) : std::vector<response_head>();
    }

    /// The server has asked for the body of the request (100 Continue).
    bool is_continued() const noexcept { return is_continued_; }

    /// The reader has made room: goes on reading if that was stopped.
    void read_on() noexcept;

    /// Wakes who waits for news: there are some, of the sending.
    void tell() noexcept { wake_reader(); }

    /// co_await news(): until the head, a piece of the body, or the end has come, or the request has been
    /// written. One waiter at a time.
    /// *Cancellation:* at once. *Throws:* std::logic_error if somebody waits already.
    class news_wait final : detail::wait {
    public:
        explicit news_wait(exchange& of) noexcept : of_(of) {}
        bool await_ready() const;
        void await_suspend(detail::task_handle at) noexcept {
            suspend(at);
            of_.reader_ = this;
        }
        void await_resume() const {
            of_.reader_is_due_ = false;
            if (cancelled_) throw cancelled_error();
        }

    private:
        friend exchange;
        void describe(std::string& out) const override {
            out += of_.has_head_ ? "reading the body of a response" : "waiting for a response";
        }
        void on_cancel() noexcept override {
            cancelled_ = true;
            of_.reader_ = nullptr;
            wake();
        }
        exchange& of_;
        bool cancelled_ = false;
    };
    news_wait news() noexcept { return news_wait(*this); }

private:
    friend connection;

    void wake_reader() noexcept {
        if (reader_ == nullptr) return;
        reader_is_due_ = true;
        std::exchange(reader_, nullptr)->wake();
    }

    connection* on_ = nullptr;  // while it is not over
    news_wait* reader_ = nullptr;
    bool reader_is_due_ = false;  // woken, not running yet: it will see whatever else comes
    state state_ = state::waiting;
    bool has_head_ = false;
    bool is_continued_ = false;
    bool has_content_encoding_ = false;
    bool has_set_cookie_ = false;
    bool cut_ = false;
    bool tunnel_ = false;
    message message_;
    body_buffer body_;
    std::unique_ptr<const failure> why_;  // null: none
    std::error_code transport_;
    std::uint64_t head_bytes_ = 0;
    std::uint64_t body_bytes_ = 0;
    std::optional<std::uint64_t> content_length_;
    std::unique_ptr<std::vector<response_head>> interims_;  // null: nobody asked; bounded by the parser
};

/// Is told of what happens to a connection outside of any waiting task.
class connection_listener {
public:
    /// An idle connection has ended, or something came on it: it cannot be used again. Do not destroy it in
    /// here.
    virtual void on_idle_end() noexcept = 0;
    /// The message is complete, and nobody was waiting for it. Do not destroy the connection in here.
    virtual void on_complete() noexcept = 0;

protected:
    virtual ~connection_listener() = default;
};

class connection final : private net::stream_sink {
public:
    /// The limits and the listener outlive the connection.
    connection(std::unique_ptr<net::stream> stream, const parser_limits& limits,
               connection_listener& listener);
    ~connection();

    /// Begins an exchange: writes the head (valid until the call returns) and the body (null: none); the
    /// response goes to `to`, which stays alive until it is over or the connection is closed. Not while
    /// another is under way. `closes`: the head asks for the connection to be closed.
    ///
    /// What the system does not take at once follows by itself, while the response may already arrive
    /// (RFC 9112, section 9.5); to.news() tells when all is written, or cannot be. Throws std::bad_alloc.
    void begin(exchange& to, request_kind kind, std::string_view head,
               std::shared_ptr<const std::string> body = nullptr, bool closes = false);
    /// The same, but writes nothing yet: the head and the body are left to a request_writer. As long as
    /// there is one, nobody is told of a response that is complete.
    void begin_streamed(exchange& to, request_kind kind, std::string head, bool closes = false);
    /// Part of the request waits to be written; of a streamed one, of its head.
    bool is_sending() const noexcept { return outgoing_ != nullptr; }
    /// Bytes of the request that the system is known to have taken. 0: the peer cannot have seen any.
    std::uint64_t sent_bytes() const noexcept { return sent_bytes_; }
    /// Why the request could not be written; no code if it was or will be.
    std::error_code send_error() const noexcept { return send_error_; }

    /// Whether the connection may serve another exchange, for all that it knows itself.
    bool reusable() const noexcept { return exchange_ == nullptr && reusable_ && !ended_; }
    /// The server's Keep-Alive: timeout=N, from its last response.
    std::optional<std::chrono::seconds> keep_alive_timeout() const noexcept {
        return parser_.keep_alive_timeout();
    }

    net::stream& stream() noexcept { return *stream_; }

    /// Whether all of the request has left, as far as the system has taken it.
    bool has_sent() const noexcept { return request_sent_; }
    /// After an exchange that opens a tunnel, once the request has been sent: the stream, which nobody
    /// listens to, and what has come behind the head. The connection is good for nothing afterwards.
    std::unique_ptr<net::stream> take_stream(std::string& behind) noexcept {
        if (behind_) behind = std::move(*behind_);
        return std::move(stream_);
    }

    /// Ends what is under way; the exchange fails with this code.
    void close(std::error_code why) noexcept;

private:
    friend exchange;
    friend request_writer;
    class outgoing;
    class send_wait;

    void start(exchange& to, request_kind kind, bool closes);
    void send(std::string_view head, std::shared_ptr<const std::string> body);
    void send_portion(std::string bytes);
    void wake_send_waiter() noexcept;
    void abandon_outgoing() noexcept;
    void on_sent(std::error_code result) noexcept;

    void on_data(byte_view data, net::block_ptr& from) noexcept override;
    void on_end(std::error_code reason) noexcept override;
    void end_idle() noexcept;
    bool take(byte_view& in, net::block_ptr& from);
    void complete(bool reusable) noexcept;
    void open_tunnel(byte_view behind);
    void fail(std::error_code transport) noexcept;
    void detach() noexcept;

    std::unique_ptr<net::stream> stream_;
    connection_listener& listener_;
    parser parser_;
    exchange* exchange_ = nullptr;
    std::unique_ptr<const std::string> streamed_head_;  // until the request_writer has sent it
    outgoing* outgoing_ = nullptr;  // owns itself: the stream may tell it after we are gone
    send_wait* send_waiter_ = nullptr;
    std::error_code send_error_;
    std::uint64_t sent_bytes_ = 0;
    bool request_sent_ = false;
    bool streamed_ = false;   // a request_writer says when the request is sent
    bool streaming_ = false;  // there is one
    bool closes_ = false;
    bool reusable_ = true;
    bool ended_ = false;
    bool paused_ = false;
    std::unique_ptr<std::string> behind_;  // the head that opened a tunnel
};

}  // namespace skein::http1
