// Owns how bytes from a stream become the state of an exchange, and what makes a connection unfit for
// another.
#include "http1/connection.hpp"

#include <cassert>
#include <stdexcept>
#include <utility>

namespace skein::http1 {

// ---- exchange

exchange::~exchange() {
    if (on_ != nullptr) on_->close(std::make_error_code(std::errc::operation_canceled));
}

bool exchange::news_wait::await_ready() const {
    check();
    if (of_.reader_ != nullptr) throw std::logic_error("two tasks read one response at the same time");
    return false;
}

std::uint64_t exchange::head_bytes() const noexcept {
    return on_ != nullptr ? on_->parser_.head_bytes() : head_bytes_;
}
std::uint64_t exchange::body_bytes() const noexcept {
    return on_ != nullptr ? on_->parser_.body_bytes() : body_bytes_;
}

void exchange::read_on() noexcept {
    if (on_ == nullptr || !on_->paused_ || body_.full()) return;
    on_->paused_ = false;
    on_->stream_->resume();
}

// ---- connection

connection::connection(std::unique_ptr<net::stream> stream, const parser_limits& limits,
                       connection_listener& listener)
    : stream_(std::move(stream)), listener_(listener), parser_(limits) {
    stream_->attach(this);
}

connection::~connection() {
    close(std::make_error_code(std::errc::operation_canceled));
}

void connection::begin(exchange& to, request_kind kind) {
    assert(exchange_ == nullptr);
    parser_.begin(kind);
    exchange_ = &to;
    to.on_ = this;
    request_sent_ = false;
    reusable_ = false;
}

void connection::detach() noexcept {
    exchange& x = *std::exchange(exchange_, nullptr);
    x.on_ = nullptr;
    x.head_bytes_ = parser_.head_bytes();
    x.body_bytes_ = parser_.body_bytes();
    if (std::exchange(paused_, false)) stream_->resume();
}

void connection::complete(bool reusable) noexcept {
    exchange& x = *exchange_;
    x.trailers_ = std::move(parser_.trailers());
    x.state_ = exchange::state::complete;
    reusable_ = reusable && request_sent_;
    detach();
    x.wake_reader();
    if (!x.reader_is_due_) listener_.on_complete();
}

void connection::fail(std::error_code transport) noexcept {
    exchange& x = *exchange_;
    x.why_ = parser_.why();
    x.transport_ = transport;
    x.state_ = exchange::state::failed;
    detach();
    x.wake_reader();
}

void connection::close(std::error_code why) noexcept {
    ended_ = true;
    if (exchange_ != nullptr) fail(why);
    stream_->close();
}

void connection::on_data(byte_view data, net::block_ptr& from) noexcept {
    if (exchange_ == nullptr) {  // nobody asked
        ended_ = true;
        return listener_.on_idle_end();
    }
    try {
        while (take(data, from)) {}
    } catch (const std::bad_alloc&) {
        close(std::make_error_code(std::errc::not_enough_memory));
    }
}

// One event of the parser. False when there is nothing more to do.
bool connection::take(byte_view& in, net::block_ptr& from) {
    exchange& x = *exchange_;
    switch (parser_.next(in)) {
        case event::need_data:
            if (x.body_.full() && !paused_) {
                paused_ = true;
                stream_->pause();
            }
            return false;
        case event::interim:
            return true;
        case event::head:
            x.head_ = parser_.take_head();
            x.content_length_ = parser_.content_length();
            x.has_head_ = true;
            x.state_ = exchange::state::body;
            x.wake_reader();
            return true;
        case event::body:
            x.body_.append(parser_.piece(), from);
            x.wake_reader();
            return true;
        case event::end:
            complete(in.empty() && parser_.reusable());
            return false;
        case event::failed:
            fail({});
            ended_ = true;
            return false;
    }
    return false;
}

void connection::on_end(std::error_code reason) noexcept {
    ended_ = true;
    if (exchange_ == nullptr) return listener_.on_idle_end();
    if (parser_.finish(reason ? ending::reset : ending::orderly) == event::end)
        complete(false);
    else
        fail(reason);
}

}  // namespace skein::http1
