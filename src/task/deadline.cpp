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

void deadline_queue::place(std::size_t slot, const entry& e) noexcept {
    heap_[slot] = e;
    e.node->slot_ = slot;
}

void deadline_queue::sift_up(std::size_t slot, entry e) noexcept {
    while (slot > 0) {
        const std::size_t parent = (slot - 1) / arity;
        if (!e.before(heap_[parent])) break;
        place(slot, heap_[parent]);
        slot = parent;
    }
    place(slot, e);
}

void deadline_queue::sift_down(std::size_t slot, entry e) noexcept {
    const std::size_t size = heap_.size();
    for (;;) {
        const std::size_t first = slot * arity + 1;
        if (first >= size) break;
        std::size_t least = first;
        const std::size_t last = std::min(first + arity, size);
        for (std::size_t child = first + 1; child < last; ++child)
            if (heap_[child].before(heap_[least])) least = child;
        if (!heap_[least].before(e)) break;
        place(slot, heap_[least]);
        slot = least;
    }
    place(slot, e);
}

void deadline_queue::set(deadline& node, clock::time_point when) {
    const entry e{when, order_++, &node};
    if (node.is_set()) {
        const std::size_t slot = node.slot_;
        if (e.before(heap_[slot]))
            sift_up(slot, e);
        else
            sift_down(slot, e);
        return;
    }
    heap_.push_back(e);
    node.queue_ = this;
    sift_up(heap_.size() - 1, e);
}

void deadline_queue::remove(std::size_t slot) noexcept {
    heap_[slot].node->slot_ = deadline::unset;
    const entry last = heap_.back();
    heap_.pop_back();
    if (slot == heap_.size()) return;
    if (slot > 0 && last.before(heap_[(slot - 1) / arity]))
        sift_up(slot, last);
    else
        sift_down(slot, last);
}

void deadline_queue::clear(deadline& node) noexcept {
    if (!node.is_set()) return;
    assert(node.queue_ == this);
    remove(node.slot_);
}

deadline* deadline_queue::pop_due(clock::time_point now) noexcept {
    if (heap_.empty() || heap_.front().when > now) return nullptr;
    deadline* node = heap_.front().node;
    remove(0);
    return node;
}

}  // namespace skein::detail
