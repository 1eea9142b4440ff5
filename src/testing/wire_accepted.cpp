// Owns what moves at the server's end of a simulated connection when a program has accepted it as a stream.
#include "testing/simulated_network.hpp"
#include "testing/wire.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

namespace skein::testing {

void wire::attach_server(net::stream_sink* sink) noexcept {
    server_sink_ = server_open_ ? sink : nullptr;
    if (server_sink_ != nullptr) soon();
}

void wire::pause_server(bool paused) noexcept {
    server_paused_ = paused;
    if (!paused && server_open_) soon();
}

std::size_t wire::try_write_server(std::span<const byte_view> pieces) noexcept {
    assert(server_listener_ == nullptr && "try_write() overtakes a write()");
    if (!server_open_ || client_is_gone()) return 0;
    std::size_t taken = 0;
    for (const byte_view piece : pieces) {
        const std::size_t now = piece.empty() ? 0 : send(piece);
        taken += now;
        if (now < piece.size()) break;
    }
    return taken;
}

void wire::write_server(byte_view data, net::write_listener& listener) noexcept {
    assert(server_listener_ == nullptr && "one write at a time");
    server_listener_ = &listener;
    server_rest_ = data;
    soon();
}

void wire::shutdown_server(net::write_listener& listener) noexcept {
    if (server_open_) to_client_.end({}, detail::this_kernel.scheduler->now());
    write_server({}, listener);
}

bool wire::server_is_quiet() noexcept {
    to_server_.arrive(detail::this_kernel.scheduler->now());
    return server_open_ && unread().empty() && !to_server_.has_ended();
}

void wire::advance_server_write() noexcept {
    if (server_listener_ == nullptr) return;
    std::error_code result;
    if (!server_rest_.empty()) {
        if (!server_open_)
            result = std::make_error_code(std::errc::operation_canceled);
        else if (was_reset())
            result = std::make_error_code(std::errc::connection_reset);
        else if (client_is_gone() || to_client_.is_closed())
            result = std::make_error_code(std::errc::broken_pipe);
        if (!result) {
            server_rest_ = server_rest_.subspan(send(server_rest_));
            if (!server_rest_.empty() && to_client_.room() != 0) soon();
            if (!server_rest_.empty()) return;
        }
    }
    server_rest_ = {};
    std::exchange(server_listener_, nullptr)->on_written(result);
}

bool wire::can_deliver_to_server() const noexcept {
    return server_open_ && server_sink_ != nullptr && !server_paused_ &&
           (!unread().empty() || to_server_.has_ended());
}

void wire::deliver_to_server() noexcept {
    if (!can_deliver_to_server()) return;
    const byte_view arrived = unread();
    if (arrived.empty()) return std::exchange(server_sink_, nullptr)->on_end(to_server_.end_reason());
    std::size_t count = std::min({arrived.size(), link_.largest_piece_bytes, net::block_bytes});
    if (link_.random_pieces) count = 1 + owner_.random().below(count);
    auto& block = owner_.read_block();
    if (!block) block = net::take_block();
    std::memcpy(block->bytes, arrived.data(), count);
    consume(count);
    server_sink_->on_data({block->bytes, count}, block);
    if (block) std::memset(block->bytes, 0x5a, count);  // who did not take it has lost it
}

}  // namespace skein::testing
