// Owns the sums over all transfers.
#include "progress.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace get {

void rate_meter::sample(std::uint64_t bytes, skein::clock::time_point now) noexcept {
    points_[count_++ % points_.size()] = {bytes, now};
}

double rate_meter::bytes_per_second() const noexcept {
    if (count_ < 2) return 0;
    const point& newest = points_[(count_ - 1) % points_.size()];
    const point& oldest = points_[count_ > points_.size() ? count_ % points_.size() : 0];
    const double seconds = std::chrono::duration<double>(newest.at - oldest.at).count();
    return seconds > 0 ? static_cast<double>(newest.bytes - oldest.bytes) / seconds : 0;
}

progress::entry::entry(progress& in, std::string name, std::optional<std::uint64_t> size, direction way)
    : in_(in),
      at_(in.transfers_.insert(in.transfers_.end(),
                               transfer{.name = std::move(name), .size = size, .way = way})) {}

progress::entry::~entry() {
    if (at_->way == direction::from_server) in_.past_bytes_ += at_->done;
    in_.transfers_.erase(at_);
}

std::uint64_t progress::bytes() const noexcept {
    std::uint64_t sum = past_bytes_;
    for (const auto& one : transfers_)
        if (one.way == direction::from_server) sum += one.done;
    return sum;
}

std::optional<std::uint64_t> progress::bytes_left() const noexcept {
    if (started_ < files_ || started_ - ended() != transfers_.size()) return std::nullopt;
    std::uint64_t sum = 0;
    for (const auto& one : transfers_) {
        if (!one.size || one.way == direction::to_server) return std::nullopt;
        sum += *one.size - std::min(*one.size, one.done);
    }
    return sum;
}

}  // namespace get
