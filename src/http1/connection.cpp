// Owns how bytes from a stream become the state of an exchange, and what makes a connection unfit for
// another.
#include "http1/connection.hpp"

#include "http1/request_writer.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <stdexcept>
#include <utility>

namespace skein::http1 {

// ---- exchange

exchange::~exchange() {
    if (on_ != nullptr) on_->close(std::make_error_code(std::errc::operation_canceled));
}

std::unique_ptr<exchange> exchange::made(response_head head, byte_view content) {
    auto x = std::make_unique<exchange>();
    x->message_.head = std::move(head);
    x->has_head_ = true;
    x->state_ = state::complete;
    x->body_bytes_ = content.size();
    x->content_length_ = content.size();
    net::block_ptr in_no_block;
    x->body_.append(content, in_no_block);
    return x;
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

// ---- outgoing

// What the system did not take of a request at once. Keeps the bytes until the stream says that it is done
// with them, which may be after the connection is gone.
class connection::outgoing final : net::write_listener {
public:
    outgoing(connection& owner, std::string head, std::shared_ptr<const std::string> body,
             std::size_t written) noexcept
        : owner_(&owner), head_(std::move(head)), body_(std::move(body)), written_(written) {}

    void write_next() noexcept {
        const bool in_head = written_ < head_.size();
        const auto rest =
            in_head ? as_bytes(head_).subspan(written_) : as_bytes(*body_).subspan(written_ - head_.size());
        written_ += rest.size();
        writing_ = rest.size();
        owner_->stream_->write(rest, *this);
    }
    void abandon() noexcept { owner_ = nullptr; }

private:
    void on_written(std::error_code result) noexcept override {
        if (owner_ == nullptr) {
            delete this;
            return;
        }
        if (!result) owner_->sent_bytes_ += writing_;
        if (!result && written_ < head_.size() + (body_ ? body_->size() : 0)) {
            write_next();
        } else {
            owner_->on_sent(result);  // deletes us
        }
    }

    connection* owner_;
    std::string head_;
    std::shared_ptr<const std::string> body_;
    std::size_t written_;  // or being written
    std::size_t writing_ = 0;
};

// ---- connection

connection::connection(std::unique_ptr<net::stream> stream, const parser_limits& limits,
                       connection_listener& listener)
    : stream_(std::move(stream)), listener_(listener), parser_(limits) {
    stream_->attach(this);
}

connection::~connection() {
    close(std::make_error_code(std::errc::operation_canceled));
}

void connection::start(exchange& to, request_kind kind, bool closes) {
    assert(exchange_ == nullptr && outgoing_ == nullptr);
    parser_.begin(kind, to.message_);
    exchange_ = &to;
    to.on_ = this;
    reusable_ = false;
    closes_ = closes;
    sent_bytes_ = 0;
    send_error_.clear();
    request_sent_ = false;
    streamed_ = false;
}

void connection::begin(exchange& to, request_kind kind, std::string_view head,
                       std::shared_ptr<const std::string> body, bool closes) {
    start(to, kind, closes);
    send(head, std::move(body));
}

void connection::begin_streamed(exchange& to, request_kind kind, std::string head, bool closes) {
    start(to, kind, closes);
    streamed_ = true;
    streamed_head_ = std::make_unique<const std::string>(std::move(head));
}

void connection::send(std::string_view head, std::shared_ptr<const std::string> body) {
    const std::array<byte_view, 2> pieces = {as_bytes(head), body ? as_bytes(*body) : byte_view()};
    const std::size_t taken = stream_->try_write(pieces);
    sent_bytes_ = taken;
    const bool all = taken == pieces[0].size() + pieces[1].size();
    request_sent_ = all && !streamed_;
    if (all) return;
    outgoing_ = new outgoing(*this, std::string(head), std::move(body), taken);
    outgoing_->write_next();
}

// A part of a streamed body.
void connection::send_portion(std::string bytes) {
    outgoing_ = new outgoing(*this, std::move(bytes), nullptr, 0);
    outgoing_->write_next();
}

void connection::on_sent(std::error_code result) noexcept {
    delete std::exchange(outgoing_, nullptr);
    send_error_ = result;
    request_sent_ = !result && !streamed_;
    wake_send_waiter();
    if (exchange_ != nullptr) exchange_->wake_reader();
}

void connection::abandon_outgoing() noexcept {
    if (auto* out = std::exchange(outgoing_, nullptr)) out->abandon();
    wake_send_waiter();
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
    x.state_ = exchange::state::complete;
    reusable_ = reusable && request_sent_ && !closes_;
    detach();
    x.wake_reader();
    if (!x.reader_is_due_ && !streaming_) listener_.on_complete();
}

// Who takes the stream will listen to it; what comes until then, the stream keeps.
void connection::open_tunnel(byte_view behind) {
    behind_ = std::make_unique<std::string>(as_text(behind));
    exchange& x = *exchange_;
    x.tunnel_ = true;
    x.state_ = exchange::state::complete;
    reusable_ = false;
    detach();
    stream_->attach(nullptr);
    x.wake_reader();
}

void connection::fail(std::error_code transport) noexcept {
    exchange& x = *exchange_;
    x.why_ = parser_.take_why();
    x.message_.trailers.clear();  // some may have come
    x.transport_ = transport;
    x.state_ = exchange::state::failed;
    detach();
    x.wake_reader();
}

void connection::close(std::error_code why) noexcept {
    ended_ = true;
    if (outgoing_ != nullptr) send_error_ = why;
    abandon_outgoing();
    if (exchange_ != nullptr) fail(why);
    if (stream_) stream_->close();  // unless it was taken
}

void connection::end_idle() noexcept {
    if (!std::exchange(ended_, true)) listener_.on_idle_end();
}

void connection::on_data(byte_view data, net::block_ptr& from) noexcept {
    if (exchange_ == nullptr) return end_idle();  // nobody asked
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
            if (x.interims_) x.interims_->push_back(parser_.head());
            if (parser_.head().status == 100) x.is_continued_ = true;
            x.wake_reader();
            return true;
        case event::head:
            x.content_length_ = parser_.content_length();
            x.has_content_encoding_ = parser_.has_content_encoding();
            x.has_set_cookie_ = parser_.has_set_cookie();
            x.has_head_ = true;
            x.state_ = exchange::state::body;
            x.wake_reader();
            return true;
        case event::body:
            x.body_.append(parser_.piece(), from, parser_.is_whole());
            x.wake_reader();
            return true;
        case event::end:
            if (parser_.tunnel()) [[unlikely]]
                open_tunnel(in);
            else
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
    if (exchange_ == nullptr) return end_idle();
    ended_ = true;
    if (parser_.finish(reason ? ending::reset : ending::orderly) == event::end) return complete(false);
    exchange_->cut_ = true;
    fail(reason);
}

}  // namespace skein::http1
