// A net::stream in memory. The test plays the network: it says how much the kernel takes, delivers what the
// peer sends, and runs the callbacks. Checks that its user keeps the rules of the seam.
#pragma once

#include "net/stream.hpp"

#include <skein/bytes.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skein::test {

class memory_stream final : public net::stream {
public:
    // ---- what the test sees and sets
    std::string sent;                                            ///< what the kernel has taken
    std::size_t room = std::numeric_limits<std::size_t>::max();  ///< how much more it takes
    std::error_code write_error;                                 ///< what writes end with from now on
    bool quiet = true;
    bool paused = false;
    bool closed = false;
    bool ended = false;              ///< our direction was shut down
    bool tells_in_close = false;     ///< a cancelled write is told inside close(), not by the next run()
    bool finishes_in_close = false;  ///< the kernel had taken all of a pending write before it was closed
    int try_writes = 0;
    bool* destroyed = nullptr;
    /// Where the listener of a write goes that was pending when this was destroyed: a loop tells it later.
    /// Null: it is told at once.
    std::vector<net::write_listener*>* orphans = nullptr;

    ~memory_stream() override {
        if (destroyed != nullptr) *destroyed = true;
        if (listener_ == nullptr) return;
        if (orphans != nullptr) {
            orphans->push_back(listener_);
        } else {
            listener_->on_written(std::make_error_code(std::errc::operation_canceled));
        }
    }

    std::string take_sent() { return std::exchange(sent, {}); }
    bool write_pending() const { return listener_ != nullptr; }
    bool attached() const { return sink_ != nullptr; }

    /// The peer's bytes arrive, a block at a time, in a block whose other bytes are poison.
    void deliver(std::string_view bytes, std::size_t piece = net::block_bytes) {
        while (!bytes.empty() && sink_ != nullptr && !closed) {
            const std::size_t n = std::min({bytes.size(), piece, net::block_bytes});
            auto block = net::take_block();
            std::memset(block->bytes, 0xa5, sizeof block->bytes);
            std::memcpy(block->bytes, bytes.data(), n);
            bytes.remove_prefix(n);
            sink_->on_data({block->bytes, n}, block);
            if (block) std::memset(block->bytes, 0x5a, n);  // who did not take it has lost it
        }
    }

    void end(std::error_code reason = {}) {
        if (sink_ != nullptr && !closed) sink_->on_end(reason);
    }

    /// What a turn of the loop does for a pending write; true if one ended.
    bool run() {
        if (listener_ == nullptr) return false;
        if (!cancelled_ && !write_error) {
            put(pending_);
            if (!pending_.empty()) return false;
        }
        const auto result = cancelled_ ? std::make_error_code(std::errc::operation_canceled) : write_error;
        std::exchange(listener_, nullptr)->on_written(result);
        return true;
    }

    // ---- the seam
    void attach(net::stream_sink* sink) noexcept override { sink_ = sink; }
    void pause() noexcept override { paused = true; }
    void resume() noexcept override { paused = false; }

    std::size_t try_write(std::span<const byte_view> pieces) noexcept override {
        CHECK(!closed);
        CHECK_MESSAGE(listener_ == nullptr, "try_write() overtakes a write()");
        ++try_writes;
        std::size_t taken = 0;
        for (byte_view piece : pieces) {
            const std::size_t before = piece.size();
            if (!write_error) put(piece);
            taken += before - piece.size();
            if (!piece.empty()) break;
        }
        return taken;
    }

    void write(byte_view data, net::write_listener& listener) noexcept override {
        CHECK_MESSAGE(listener_ == nullptr, "one write at a time");
        pending_ = data;
        listener_ = &listener;
        cancelled_ = closed;
    }

    void shutdown(net::write_listener& listener) noexcept override {
        CHECK_MESSAGE(!ended, "shut down twice");
        ended = true;
        write({}, listener);
    }

    void close() noexcept override {
        closed = true;
        sink_ = nullptr;
        cancelled_ = !finishes_in_close;
        if (finishes_in_close) room = std::numeric_limits<std::size_t>::max();
        if (tells_in_close) run();
    }

    bool is_quiet() noexcept override { return quiet && !closed; }
    std::string peer() const override { return "memory"; }

private:
    void put(byte_view& bytes) {
        const std::size_t n = std::min(bytes.size(), room);
        sent += as_text(bytes.first(n));
        room -= n;
        bytes = bytes.subspan(n);
    }

    net::stream_sink* sink_ = nullptr;
    net::write_listener* listener_ = nullptr;
    byte_view pending_;
    bool cancelled_ = false;
};

/// Keeps what it is told.
class recording_sink final : public net::stream_sink {
public:
    std::string received;
    std::size_t pieces = 0;
    int ends = 0;
    std::error_code reason;
    bool keeps_blocks = false;
    std::vector<net::block_ptr> kept;
    std::function<void()> on_piece = [] {};
    std::function<void()> on_last = [] {};

    void on_data(byte_view data, net::block_ptr& from) noexcept override {
        CHECK(ends == 0);
        CHECK(!data.empty());
        CHECK(data.data() >= from->bytes);
        CHECK(data.data() + data.size() <= from->bytes + net::block_bytes);
        ++pieces;
        if (keeps_blocks) kept.push_back(std::move(from));
        received += as_text(data);
        on_piece();
    }

    void on_end(std::error_code why) noexcept override {
        ++ends;
        reason = why;
        on_last();
    }
};

/// Counts how often it is told, and of what.
class recording_writer final : public net::write_listener {
public:
    int calls = 0;
    std::error_code result;
    std::function<void()> then = [] {};

    void on_written(std::error_code why) noexcept override {
        ++calls;
        result = why;
        then();
    }
};

}  // namespace skein::test
