// Owns what moves between the two ends of a simulated connection, and who is told.
#include "testing/wire.hpp"

#include "testing/simulated_network.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace skein::testing {

namespace {

clock::time_point time_now() noexcept {
    return detail::this_kernel.scheduler->now();
}

constexpr std::size_t everything = static_cast<std::size_t>(-1);

}  // namespace

// ---- waits of the server

bool wire::change_wait::await_ready() const {
    check();
    if (place_ != nullptr) throw std::logic_error("two tasks read, or two write, one server_stream");
    return false;
}

void wire::change_wait::await_suspend(detail::task_handle at) noexcept {
    suspend(at);
    place_ = this;
}

void wire::change_wait::on_cancel() noexcept {
    cancelled_ = true;
    place_ = nullptr;
    wake();
}

void wire::tell(change_wait*& place) noexcept {
    if (place != nullptr) std::exchange(place, nullptr)->wake();
}

// ---- the client's end

wire::wire(simulated_network& owner, const link& conditions, std::string peer)
    : owner_(owner),
      link_(conditions),
      peer_(std::move(peer)),
      to_client_(conditions),
      to_server_(conditions) {}

void wire::attach(net::stream_sink* sink) noexcept {
    sink_ = client_open_ ? sink : nullptr;
    if (sink_ != nullptr) soon();
}

void wire::pause() noexcept {
    paused_ = true;
    one_more_ = link_.random_pieces && owner_.random().flip();
}

void wire::resume() noexcept {
    paused_ = false;
    if (client_open_) soon();
}

std::size_t wire::try_write(std::span<const byte_view> pieces) noexcept {
    assert(listener_ == nullptr && "try_write() overtakes a write()");
    if (!client_open_ || write_error_) return 0;
    std::size_t most = everything;
    if (link_.random_pieces) {
        std::size_t all = 0;
        for (const byte_view piece : pieces) all += piece.size();
        most = owner_.random().below(all + 1);
    }
    std::size_t taken = 0;
    for (const byte_view piece : pieces) {
        const std::size_t now = to_server_.send(piece, most - taken, time_now());
        taken += now;
        if (now < piece.size()) break;
    }
    soon();
    return taken;
}

void wire::write(byte_view data, net::write_listener& listener) noexcept {
    assert(listener_ == nullptr && "one write at a time");
    listener_ = &listener;
    rest_ = data;
    soon();
}

void wire::shutdown(net::write_listener& listener) noexcept {
    assert(listener_ == nullptr && "one write at a time");
    client_ended_ = true;
    to_server_.end({}, time_now());
    listener_ = &listener;
    soon();
}

void wire::close_client() noexcept {
    if (!std::exchange(client_open_, false)) return;
    sink_ = nullptr;
    to_server_.end({}, time_now());
    owner_.note_closed();
    soon();
}

bool wire::is_quiet() noexcept {
    to_client_.arrive(time_now());
    return client_open_ && to_client_.arrived().empty() && !to_client_.has_ended();
}

// ---- the server's end

void wire::consume(std::size_t count) noexcept {
    to_server_.consume(count);
    soon();  // there is room again
}

std::size_t wire::send(byte_view data) noexcept {
    const std::size_t most = link_.random_pieces ? 1 + owner_.random().below(data.size()) : everything;
    const std::size_t taken = to_client_.send(data, most, time_now());
    soon();
    return taken;
}

void wire::end_writing() noexcept {
    to_client_.end({}, time_now());
    soon();
}

void wire::close_server() noexcept {
    if (!server_open_) return;
    if (!unread().empty()) return reset_server();
    server_open_ = false;
    to_client_.end({}, time_now());
    soon();
}

void wire::reset_server() noexcept {
    if (!std::exchange(server_open_, false)) return;
    to_client_.end(std::make_error_code(std::errc::connection_reset), time_now());
    soon();
}

void wire::reset_both() noexcept {
    const auto reset = std::make_error_code(std::errc::connection_reset);
    reset_ = true;
    to_client_.end(reset, time_now());
    to_server_.end(reset, time_now());
    soon();
}

// ---- what moves

void wire::soon() noexcept {
    if (queued_) return;
    queued_ = shared_from_this();
    detail::this_kernel.scheduler->push(*this);
}

void wire::run() noexcept {
    const auto self = std::move(queued_);
    pump();
}

void wire::pump() noexcept {
    const auto self = shared_from_this();
    to_server_.arrive(time_now());
    to_client_.arrive(time_now());
    settle_resets();
    advance_write();
    deliver();
    wake_server();
    advance_server_write();
    deliver_to_server();
    auto& deadlines = detail::this_kernel.scheduler->deadlines();
    if (!client_open_ && !server_open_ && listener_ == nullptr && server_listener_ == nullptr) {
        deadlines.clear(*this);
        return owner_.forget(*this);
    }
    if (can_deliver() || can_deliver_to_server()) soon();
    const auto next = std::min({to_client_.next_arrival(), to_server_.next_arrival(), refusal_arrives_});
    if (next == clock::time_point::max())
        deadlines.clear(*this);
    else
        deadlines.set(*this, next);
}

void wire::settle_resets() noexcept {
    if (!server_open_ && !unread().empty()) {
        // The peer's kernel answers bytes for a closed socket with a reset.
        to_server_.consume(unread().size());
        if (!to_client_.has_ended())
            to_client_.end(std::make_error_code(std::errc::connection_reset), time_now());
        refusal_arrives_ = std::min(refusal_arrives_, time_now() + link_.latency);
    }
    if (refusal_arrives_ <= time_now()) {
        refusal_arrives_ = clock::time_point::max();
        write_error_ = std::make_error_code(std::errc::broken_pipe);
    }
    if (reset_) write_error_ = std::make_error_code(std::errc::connection_reset);
    if (to_client_.end_reason()) write_error_ = to_client_.end_reason();
}

void wire::advance_write() noexcept {
    if (listener_ == nullptr) return;
    if (client_ended_ && !rest_.empty() && !write_error_)
        write_error_ = std::make_error_code(std::errc::broken_pipe);
    if (client_open_ && !write_error_) {
        const std::size_t most =
            link_.random_pieces ? 1 + owner_.random().below(rest_.size() + 1) : everything;
        rest_ = rest_.subspan(to_server_.send(rest_, most, time_now()));
        if (!rest_.empty() && to_server_.room() != 0) soon();
    }
    std::error_code result;
    if (!rest_.empty()) {
        if (client_open_ && !write_error_) return;
        result = client_open_ ? write_error_ : std::make_error_code(std::errc::operation_canceled);
    }
    rest_ = {};
    std::exchange(listener_, nullptr)->on_written(result);
}

bool wire::can_deliver() const noexcept {
    if (!client_open_ || sink_ == nullptr) return false;
    if (!to_client_.arrived().empty()) return !paused_ || one_more_;
    return to_client_.has_ended() && !paused_;
}

void wire::deliver() noexcept {
    if (!can_deliver()) return;
    const byte_view arrived = to_client_.arrived();
    if (arrived.empty()) return std::exchange(sink_, nullptr)->on_end(to_client_.end_reason());
    one_more_ = false;
    std::size_t count = std::min({arrived.size(), link_.largest_piece_bytes, net::block_bytes});
    if (link_.random_pieces) count = 1 + owner_.random().below(count);
    auto& block = owner_.read_block();
    if (!block) block = net::take_block();
    std::memcpy(block->bytes, arrived.data(), count);
    to_client_.consume(count);
    sink_->on_data({block->bytes, count}, block);
    if (block) std::memset(block->bytes, 0x5a, count);  // who did not take it has lost it
}

void wire::wake_server() noexcept {
    if (!unread().empty() || client_has_ended()) tell(reader_);
    if (to_client_.room() != 0 || client_is_gone()) tell(writer_);
}

}  // namespace skein::testing
