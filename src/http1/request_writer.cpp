// Owns the order in which the parts of a streamed request reach the stream.
#include "http1/request_writer.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace skein::http1 {

void connection::wake_send_waiter() noexcept {
    if (auto* waiter = std::exchange(send_waiter_, nullptr)) waiter->wake();
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

namespace {

/// The pieces of a write of which something is left.
class remainder {
public:
    explicit remainder(std::span<const byte_view> pieces) noexcept {
        std::copy(pieces.begin(), pieces.end(), pieces_.begin());
    }
    std::span<const byte_view> pieces() const noexcept { return pieces_; }
    bool empty() const noexcept {
        return std::all_of(pieces_.begin(), pieces_.end(), [](byte_view one) { return one.empty(); });
    }
    void drop(std::size_t count) noexcept {
        for (byte_view& piece : pieces_) {
            const std::size_t n = std::min(count, piece.size());
            piece = piece.subspan(n);
            count -= n;
        }
    }
    std::string take(std::size_t most) {
        std::string bytes;
        for (const byte_view piece : pieces_)
            bytes.append(as_text(piece.first(std::min(most - bytes.size(), piece.size()))));
        drop(bytes.size());
        return bytes;
    }

private:
    std::array<byte_view, 4> pieces_ = {};
};

// What is copied in order to be told when the system takes more; it takes what follows from where it lies.
constexpr std::size_t portion_bytes = std::size_t{16} * 1024;
constexpr int most_tries = 16;  // before others have their turn

}  // namespace

// The stream never holds on to a piece: who is cancelled here takes his piece along, and the connection stays
// open, so that a response can be read to its end whose server does not want the rest of the body.
task<std::error_code> request_writer::put(std::span<const byte_view> pieces) {
    remainder rest(pieces);
    for (;;) {
        if (on_.is_sending()) co_await connection::send_wait(on_);
        if (on_.send_error_) co_return on_.send_error_;
        if (rest.empty()) co_return std::error_code();
        if (is_over()) co_return std::make_error_code(std::errc::not_connected);
        // TLS takes a little at a time.
        for (int tries = 0; !rest.empty() && tries < most_tries; ++tries) {
            const std::size_t taken = on_.stream_->try_write(rest.pieces());
            if (taken == 0) break;
            on_.sent_bytes_ += taken;
            rest.drop(taken);
        }
        if (!rest.empty()) on_.send_portion(rest.take(portion_bytes));
    }
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
