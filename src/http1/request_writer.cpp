// Owns the order in which the parts of a streamed request reach the stream.
#include "http1/request_writer.hpp"

#include "net/write.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace skein::http1 {

void connection::wake_head_waiter() noexcept {
    if (auto* waiter = std::exchange(head_waiter_, nullptr)) waiter->wake();
}

void request_writer::send_head() noexcept {
    if (head_is_sent_ || is_over()) return;
    head_is_sent_ = true;
    try {
        on_.send(*on_.streamed_head_, nullptr);
        if (!on_.is_sending()) end_if_complete();
    } catch (const std::bad_alloc&) {
        on_.close(std::make_error_code(std::errc::not_enough_memory));
    }
}

byte_view request_writer::unsent_head() noexcept {
    return std::exchange(head_is_sent_, true) ? byte_view() : as_bytes(*on_.streamed_head_);
}

task<std::error_code> request_writer::put(std::span<const byte_view> pieces) {
    if (on_.is_sending()) co_await connection::head_wait(on_);
    if (on_.send_error_) co_return on_.send_error_;
    if (is_over()) co_return std::make_error_code(std::errc::not_connected);
    std::size_t taken = on_.stream_->try_write(pieces);
    on_.sent_bytes_ += taken;
    for (const byte_view piece : pieces) {
        const byte_view rest = piece.subspan(std::min(taken, piece.size()));
        taken -= piece.size() - rest.size();
        if (rest.empty()) continue;
        net::write_wait writing(*on_.stream_, rest);
        on_.send_error_ = co_await writing;
        if (on_.send_error_) co_return on_.send_error_;
        on_.sent_bytes_ += rest.size();
    }
    co_return std::error_code();
}

task<std::error_code> request_writer::write(byte_view piece) {
    if (writing_) throw std::logic_error("two pieces of one body are written at the same time");
    if (piece.empty()) co_return on_.send_error_;
    struct mark {
        bool& is_set;
        explicit mark(bool& flag) noexcept : is_set(flag) { is_set = true; }
        ~mark() { is_set = false; }
    } one_at_a_time(writing_);
    std::array<byte_view, 4> pieces = {unsent_head(), {}, piece, {}};
    if (chunked_) {
        frame_.clear();
        encode_chunk_head(frame_, piece.size());
        pieces[1] = as_bytes(frame_);
        pieces[3] = as_bytes(chunk_tail);
    }
    const std::error_code failed = co_await put(pieces);
    if (failed) co_return failed;
    left_ -= chunked_ ? 0 : piece.size();
    end_if_complete();
    co_return failed;
}

task<std::error_code> request_writer::finish(const headers& trailers) {
    std::array<byte_view, 2> pieces = {unsent_head(), {}};
    if (!chunked_ && pieces[0].empty() && !on_.is_sending()) co_return on_.send_error_;
    if (chunked_) {
        frame_.clear();
        encode_last_chunk(frame_, trailers);
        pieces[1] = as_bytes(frame_);
    }
    const std::error_code failed = co_await put(pieces);
    on_.request_sent_ = !failed;
    co_return failed;
}

}  // namespace skein::http1
