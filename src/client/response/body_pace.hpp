// Whether a body comes in as fast as it must. Pure logic: told how long was waited, and how much has come.
#pragma once

#include <skein/timeouts.hpp>

#include <chrono>
#include <cstdint>

namespace skein::client {

/// Windows follow each other; a window is so much time of waiting. What a busy program leaves unread is no
/// fault of the peer, and what came meanwhile counts for it.
class body_pace {
public:
    /// When the window is over, for who begins to wait now.
    clock::time_point window_end(const rate_floor& floor, clock::time_point now) const noexcept {
        return floor.is_limited() ? now + (floor.window() - waited_) : clock::time_point::max();
    }
    /// After a wait, with all bytes of the body so far. False: a window is over, and too little came in it.
    bool keeps_up(const rate_floor& floor, clock::duration waited, std::uint64_t bytes) noexcept {
        waited_ += waited;
        if (!floor.is_limited() || waited_ < floor.window()) return true;
        const double seconds = std::chrono::duration<double>(waited_).count();
        const bool enough =
            static_cast<double>(bytes - counted_) >= static_cast<double>(floor.bytes_per_second()) * seconds;
        waited_ = {};
        counted_ = bytes;
        return enough;
    }
    /// Another exchange brings the rest: its bytes are counted from 0.
    void restart() noexcept { *this = {}; }

private:
    clock::duration waited_{};   // in this window
    std::uint64_t counted_ = 0;  // before it
};

}  // namespace skein::client
