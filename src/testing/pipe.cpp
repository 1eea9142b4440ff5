// Owns when bytes arrive.
#include "testing/pipe.hpp"

#include <algorithm>

namespace skein::testing {

namespace {
clock::duration time_for(std::size_t bytes, std::uint64_t bytes_per_second) {
    if (bytes_per_second == 0) return {};
    const std::chrono::duration<double> seconds(static_cast<double>(bytes) /
                                                static_cast<double>(bytes_per_second));
    return std::chrono::ceil<clock::duration>(seconds);
}
}  // namespace

std::size_t pipe::send(byte_view data, std::size_t most, clock::time_point now) {
    const std::size_t count = std::min({data.size(), most, room()});
    if (count == 0) return 0;
    sender_is_free_ = std::max(sender_is_free_, now) + time_for(count, link_.bytes_per_second);
    under_way_.push_back({sender_is_free_ + link_.latency, std::string(as_text(data.first(count)))});
    unread_ += count;
    return count;
}

void pipe::end(std::error_code reason, clock::time_point now) {
    if (end_ && (ended_ || !reason)) return;
    end_ = ending{std::max(sender_is_free_, now) + link_.latency, reason};
}

void pipe::arrive(clock::time_point now) {
    while (!under_way_.empty() && under_way_.front().arrives <= now) {
        arrived_ += under_way_.front().bytes;
        under_way_.pop_front();
    }
    if (end_ && end_->arrives <= now) ended_ = true;
}

clock::time_point pipe::next_arrival() const noexcept {
    if (!under_way_.empty()) return under_way_.front().arrives;
    return end_ && !ended_ ? end_->arrives : clock::time_point::max();
}

void pipe::consume(std::size_t count) noexcept {
    unread_ -= count;
    read_ += count;
    if (2 * read_ < arrived_.size()) return;  // byte by byte, each would move all that follows
    arrived_.erase(0, read_);
    read_ = 0;
}

}  // namespace skein::testing
