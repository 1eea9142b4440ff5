// Owns the order of deadlines. Knows no clock: the time is handed in.
#include <skein/detail/deadline.hpp>

#include <algorithm>
#include <cassert>

namespace skein::detail {

namespace {
constexpr std::size_t arity = 4;
}

void deadline::leave() noexcept {
    queue_->clear(*this);
}

inline void deadline_queue::place(std::size_t slot, const entry& e) noexcept {
    entries_[slot] = e;
    e.node->slot_ = slot;
}

// ---- the heap

void deadline_queue::sift_up(std::size_t slot, entry e) noexcept {
    while (slot > 0) {
        const std::size_t parent = (slot - 1) / arity;
        if (!e.before(entries_[parent])) break;
        place(slot, entries_[parent]);
        slot = parent;
    }
    place(slot, e);
}

void deadline_queue::sift_down(std::size_t slot, entry e) noexcept {
    for (;;) {
        const std::size_t first = slot * arity + 1;
        if (first >= near_) break;
        std::size_t least = first;
        const std::size_t last = std::min(first + arity, near_);
        for (std::size_t child = first + 1; child < last; ++child)
            if (entries_[child].before(entries_[least])) least = child;
        if (!entries_[least].before(e)) break;
        place(slot, entries_[least]);
        slot = least;
    }
    place(slot, e);
}

// Leaves a hole at the end of the heap.
void deadline_queue::remove_near(std::size_t slot) noexcept {
    const entry last = entries_[--near_];
    if (slot == near_) return;
    if (slot > 0 && last.before(entries_[(slot - 1) / arity]))
        sift_up(slot, last);
    else
        sift_down(slot, last);
}

// One of those that are far becomes the last of the heap.
void deadline_queue::come_near(std::size_t slot) noexcept {
    const entry e = entries_[slot];
    if (slot != near_) place(slot, entries_[near_]);
    sift_up(near_++, e);
}

// ---- near and far

void deadline_queue::move_horizon() noexcept {
    auto first = clock::time_point::max();
    auto last = clock::time_point::min();
    for (const entry& e : entries_) {
        first = std::min(first, e.when);
        last = std::max(last, e.when);
    }
    const auto ticks = [](clock::time_point t) {
        return static_cast<std::uint64_t>(t.time_since_epoch().count());
    };
    const std::uint64_t covered = ticks(last) - ticks(first);  // more than a duration may have
    horizon_ = first + clock::duration(static_cast<clock::rep>(covered / 8));
    for (std::size_t slot = 0; slot < entries_.size(); ++slot)
        if (entries_[slot].when <= horizon_) come_near(slot);
}

void deadline_queue::set(deadline& node, clock::time_point when) {
    if (node.is_set()) remove(node.slot_);  // which leaves the room that it takes
    entries_.push_back({when, order_++, &node});
    node.queue_ = this;
    node.slot_ = entries_.size() - 1;
    if (when <= horizon_) come_near(node.slot_);
}

inline void deadline_queue::remove(std::size_t slot) noexcept {
    entries_[slot].node->slot_ = deadline::unset;
    if (slot < near_) {
        remove_near(slot);
        slot = near_;
    }
    if (slot != entries_.size() - 1) place(slot, entries_.back());
    entries_.pop_back();
}

void deadline_queue::clear(deadline& node) noexcept {
    if (!node.is_set()) return;
    assert(node.queue_ == this);
    remove(node.slot_);
}

deadline* deadline_queue::pop_due(clock::time_point now) noexcept {
    if (near_ == 0) {
        if (entries_.empty() || horizon_ >= now) return nullptr;
        move_horizon();
    }
    if (entries_.front().when > now) return nullptr;
    deadline* node = entries_.front().node;
    remove(0);
    return node;
}

}  // namespace skein::detail
