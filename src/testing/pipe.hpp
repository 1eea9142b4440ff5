// One direction of a simulated connection: bytes under way, bytes that have arrived, and how it ends. Knows
// no clock: the time is handed in.
#pragma once

#include <skein/bytes.hpp>
#include <skein/clock.hpp>
#include <skein/testing_network.hpp>

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <system_error>

namespace skein::testing {

class pipe {
public:
    explicit pipe(const link& conditions) noexcept : link_(conditions) {}

    // ---- the sender
    std::size_t room() const noexcept {
        return end_ || unread_ >= link_.window_bytes ? 0 : link_.window_bytes - unread_;
    }
    /// Puts on the way what there is room for, up to `most` bytes; returns how many that was.
    std::size_t send(byte_view data, std::size_t most, clock::time_point now);
    /// Nothing follows what is under way; a reset overtakes an orderly end that has not arrived.
    void end(std::error_code reason, clock::time_point now);

    bool is_closed() const noexcept { return end_.has_value(); }

    // ---- the receiver
    /// Lets time pass up to `now`.
    void arrive(clock::time_point now);
    /// When something else arrives; clock::time_point::max(): nothing is under way.
    clock::time_point next_arrival() const noexcept;
    byte_view arrived() const noexcept { return as_bytes(arrived_).subspan(read_); }
    void consume(std::size_t count) noexcept;
    /// The end has arrived; what came before it may still be unread.
    bool has_ended() const noexcept { return ended_; }
    std::error_code end_reason() const noexcept { return ended_ ? end_->reason : std::error_code(); }

private:
    struct segment {
        clock::time_point arrives;
        std::string bytes;
    };
    struct ending {
        clock::time_point arrives;
        std::error_code reason;
    };

    link link_;
    std::deque<segment> under_way_;
    std::string arrived_;
    std::size_t read_ = 0;    // of arrived_
    std::size_t unread_ = 0;  // under way and arrived
    clock::time_point sender_is_free_{};
    std::optional<ending> end_;
    bool ended_ = false;
};

}  // namespace skein::testing
