// Moves bytes between the inner stream, the engine and the user, and tells everybody at the right moment.
#include "tls/stream.hpp"

#include <skein/tls_errc.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <utility>

namespace skein::tls {

namespace {

constexpr std::size_t record_bytes = 16 * 1024;  // RFC 8446 section 5.1
// Portions that one callback sends without waiting, before others get their turn.
constexpr int most_portions = 16;
// Output buffers above this are given back once a write is over: requests are small, uploads are rare.
constexpr std::size_t kept_bytes = 20 * 1024;

std::error_code cancelled() noexcept {
    return std::make_error_code(std::errc::operation_canceled);
}
std::error_code out_of_memory() noexcept {
    return std::make_error_code(std::errc::not_enough_memory);
}

}  // namespace

stream::stream(std::unique_ptr<net::stream> inner, const tls_context& context, std::string_view host,
               std::shared_ptr<session_box> sessions)
    : inner_(std::move(inner)), engine_(context.shared(), host, std::move(sessions)) {}

stream::~stream() {
    close();
    outbox_->owner = nullptr;
    if (outbox_->busy || outbox_->ready) (void)outbox_.release();  // deletes itself when it is told
    inner_.reset();
    tell_handshake(cancelled());
    if (writer_ != nullptr) std::exchange(writer_, nullptr)->on_written(cancelled());
}

void stream::start_handshake(handshake_listener& listener) noexcept {
    assert(!started_);
    started_ = true;
    inner_->attach(this);
    handshake_ = &listener;  // only now: nothing that attach() brought may tell it
    if (!end_ && engine_.handshake() == status::failed) end_ = engine_.error();
    flush();
    if (end_) tell_later();
}

void stream::attach(net::stream_sink* sink) noexcept {
    sink_ = sink;
    if (sink == nullptr || closed_) return;
    if (std::exchange(held_, false) && !paused_) inner_->resume();
    if (!early_.empty() || (end_ && !end_told_)) tell_later();
}

void stream::pause() noexcept {
    paused_ = true;
    if (engine_.established() && !closed_) inner_->pause();
}

void stream::resume() noexcept {
    paused_ = false;
    if (!held_ && !closed_) inner_->resume();
}

void stream::close() noexcept {
    if (std::exchange(closed_, true)) return;
    if (!outbox_->busy) {
        engine_.shutdown();
        const byte_view goodbye = engine_.output();
        if (!goodbye.empty()) (void)inner_->try_write({&goodbye, 1});  // what it does not take is lost
        if (handshake_ != nullptr) write_inner(0);  // it is cancelled, which tells us, and we the listener
    }
    inner_->close();
}

bool stream::is_quiet() noexcept {
    return engine_.established() && !end_ && !closed_ && early_.empty() && !engine_.has_partial_record() &&
           inner_->is_quiet();
}

// ---- reading

void stream::on_data(byte_view data, net::block_ptr&) noexcept {
    if (closed_ || end_) return;
    engine_.feed(data);
    proceed();
    engine_.feed({});  // `data` is gone
}

void stream::on_end(std::error_code reason) noexcept {
    if (closed_ || end_) return;
    if (reason) return end(reason);
    engine_.feed_end();
    proceed();  // finds out whether it was a good place to end
}

void stream::proceed() noexcept {
    if (engine_.established() || shake_hands()) decrypt();
}

// True if the handshake is done and we are still open. Who waited for that has something to write: so what is
// to be sent goes behind him into the ready queue, and mostly leaves with his request, in one packet.
bool stream::shake_hands() noexcept {
    const status result = engine_.handshake();
    if (result != status::done) flush();
    if (result == status::failed) end(engine_.error());
    if (result != status::done) return false;
    if (paused_) inner_->pause();
    tell_handshake({});
    if (!closed_ && !outbox_->busy && !engine_.output().empty()) outbox_->send_soon();
    return !closed_;
}

// Whole blocks are handed over, not single records: a sink that keeps one does not keep it for a quarter of
// it.
void stream::decrypt() noexcept {
    status result = status::done;
    while (result == status::done && !closed_ && !end_) {
        net::block_ptr block;
        try {
            block = net::take_block();
        } catch (...) {
            return end(out_of_memory());
        }
        const std::span<std::byte> bytes(block->bytes);
        std::size_t filled = 0;
        while (result == status::done && filled < bytes.size()) {
            std::size_t got = 0;
            result = engine_.read(bytes.subspan(filled), got);
            filled += got;
        }
        if (filled > 0) hand_over(bytes.first(filled), block);
    }
    if (closed_ || end_) return;
    if (!outbox_->ready) flush();  // answers to key updates, alerts
    if (result == status::closed) end({});
    if (result == status::failed) end(engine_.error());
}

void stream::hand_over(byte_view data, net::block_ptr& from) noexcept {
    hand_over_early();
    if (closed_) return;
    if (sink_ != nullptr) return sink_->on_data(data, from);
    if (!std::exchange(held_, true)) inner_->pause();  // one block more at most
    try {
        early_.insert(early_.end(), data.begin(), data.end());
    } catch (...) {
        end(out_of_memory());
    }
}

void stream::hand_over_early() noexcept {
    while (!early_.empty() && sink_ != nullptr && !closed_) {
        const auto n = static_cast<std::ptrdiff_t>(std::min(early_.size(), net::block_bytes));
        net::block_ptr block;
        try {
            block = net::take_block();
        } catch (...) {
            early_.clear();  // data is lost: this cannot go on
            return end(out_of_memory());
        }
        std::copy_n(early_.begin(), n, block->bytes);
        early_.erase(early_.begin(), early_.begin() + n);
        sink_->on_data({block->bytes, static_cast<std::size_t>(n)}, block);
    }
}

// ---- the end, and telling of it

void stream::end(std::error_code reason) noexcept {
    if (!end_) end_ = reason;
    tell_end();
}

void stream::tell_end() noexcept {
    if (!end_ || closed_) return;
    tell_handshake(*end_ ? *end_ : std::error_code(tls_errc::handshake_cut));
    if (sink_ == nullptr || end_told_ || closed_ || !early_.empty()) return;
    end_told_ = true;
    sink_->on_end(*end_);
}

void stream::tell_handshake(std::error_code result) noexcept {
    if (handshake_ != nullptr) std::exchange(handshake_, nullptr)->on_handshake(result);
}

// Brings an on_written() from which the rest is told. If a write is under way, that one will do.
void stream::tell_later() noexcept {
    if (!outbox_->busy && !closed_) write_inner(0);
}

// ---- writing

std::size_t stream::try_write(std::span<const byte_view> pieces) noexcept {
    if (outbox_->busy || writer_ != nullptr || closed_ || write_error_ || !engine_.established()) return 0;
    const std::size_t taken = encrypt(pieces);
    flush();
    if (!outbox_->busy) release_buffers();
    return taken;
}

void stream::write(byte_view data, net::write_listener& listener) noexcept {
    assert(writer_ == nullptr);
    writer_ = &listener;
    rest_ = data;
    if (outbox_->busy) return;  // on_written() goes on with it
    encrypt_rest();
    write_inner(0);
}

void stream::shutdown(net::write_listener& listener) noexcept {
    assert(writer_ == nullptr);
    writer_ = &listener;
    engine_.shutdown();
    ends_inner_ = true;
    if (!outbox_->busy) write_inner(0);  // else on_written() goes on with it
}

void stream::outbox::on_written(std::error_code result) noexcept {
    busy = false;
    bytes.clear();
    if (owner != nullptr) {
        owner->on_written(result);
    } else if (!ready) {
        delete this;
    }
}

void stream::outbox::send_soon() noexcept {
    if (!std::exchange(ready, true)) detail::this_kernel.scheduler->push(*this);
}

void stream::outbox::run() noexcept {
    ready = false;
    if (owner != nullptr) {
        owner->flush();
    } else if (!busy) {
        delete this;
    }
}

void stream::on_written(std::error_code result) noexcept {
    if (result && !write_error_) write_error_ = result;
    if (closed_ && !rest_.empty() && !write_error_) write_error_ = cancelled();
    if (write_error_) rest_ = {};
    for (int portion = 0; !rest_.empty() && !outbox_->busy; ++portion) {
        encrypt_rest();
        if (portion < most_portions) {
            flush();
        } else {
            write_inner(0);
        }
    }
    if (!write_error_) flush();
    if (!outbox_->busy && std::exchange(ends_inner_, false) && !write_error_ && !closed_) {
        outbox_->busy = true;
        inner_->shutdown(*outbox_);
    }
    if (!outbox_->busy) {
        release_buffers();
        if (writer_ != nullptr) std::exchange(writer_, nullptr)->on_written(write_error_);
    }
    if (closed_) return tell_handshake(cancelled());
    if (handshake_ != nullptr && write_error_) return end(write_error_);
    hand_over_early();
    tell_end();
}

// Encrypts up to one portion; returns how much that was. Small pieces share a record, so that a head and the
// body behind it leave as one.
std::size_t stream::encrypt(std::span<const byte_view> pieces) noexcept {
    std::array<std::byte, record_bytes> record;
    std::size_t filled = 0;
    std::size_t taken = 0;
    const auto put = [&](byte_view bytes) {
        const bool good = engine_.write(bytes) == status::done;
        if (good) taken += bytes.size();
        return good;
    };
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        byte_view piece = pieces[i].first(std::min(pieces[i].size(), portion_bytes - taken - filled));
        const bool last = i + 1 == pieces.size();
        while (!piece.empty()) {
            if (filled == 0 && (last || piece.size() >= record_bytes)) {
                if (!put(piece)) return taken;
                break;
            }
            const std::size_t n = std::min(piece.size(), record_bytes - filled);
            std::memcpy(record.data() + filled, piece.data(), n);
            piece = piece.subspan(n);
            filled += n;
            if (filled < record_bytes) continue;
            if (!put(record)) return taken;
            filled = 0;
        }
    }
    if (filled > 0) put(byte_view(record).first(filled));
    return taken;
}

void stream::encrypt_rest() noexcept {
    if (!write_error_ && !rest_.empty()) {
        const std::size_t n = encrypt({&rest_, 1});
        rest_ = rest_.subspan(n);
        if (n > 0) return;
        write_error_ = engine_.error() ? engine_.error() : std::make_error_code(std::errc::not_connected);
    }
    if (write_error_) rest_ = {};
}

void stream::flush() noexcept {
    const byte_view out = engine_.output();
    if (outbox_->busy || closed_ || out.empty()) return;
    const std::size_t sent = inner_->try_write({&out, 1});
    if (sent < out.size()) return write_inner(sent);
    engine_.clear_output();
}

// Hands the engine's output to the inner stream, without the part that is sent already.
void stream::write_inner(std::size_t already_sent) noexcept {
    engine_.swap_output(outbox_->bytes);
    outbox_->busy = true;
    inner_->write(byte_view(outbox_->bytes).subspan(already_sent), *outbox_);
}

void stream::release_buffers() noexcept {
    if (outbox_->bytes.capacity() > kept_bytes) std::vector<std::byte>().swap(outbox_->bytes);
    if (engine_.output().empty()) engine_.release_output(kept_bytes);
}

}  // namespace skein::tls
