// Points in time at which something happens: nodes that live in whoever waits, ordered by the scheduler.
#pragma once

#include <skein/clock.hpp>
#include <skein/detail/config.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace skein::detail {

class deadline_queue;

/// A place in the deadline queue. Base of what wants to be told; takes itself out of the queue when
/// destroyed.
class SKEIN_API deadline {
public:
    deadline() noexcept = default;
    deadline(const deadline&) = delete;
    deadline& operator=(const deadline&) = delete;

    /// The time has come; the node is out of the queue.
    virtual void on_deadline() noexcept = 0;

    bool is_set() const noexcept { return slot_ != unset; }

protected:
    virtual ~deadline() {
        if (is_set()) leave();
    }

private:
    friend deadline_queue;
    void leave() noexcept;
    static constexpr std::size_t unset = static_cast<std::size_t>(-1);
    std::size_t slot_ = unset;
    deadline_queue* queue_ = nullptr;
};

/// Deadlines in order of time; equal ones in the order in which they were set.
///
/// Most deadlines are limits that never come: so those that are far lie unsorted, where setting and clearing
/// are O(1). Before them in the same vector lies a 4-ary heap of those up to the horizon. When that is empty,
/// the horizon moves to take in what is next, an eighth of the time that the rest covers. No allocation in
/// steady state.
class SKEIN_API deadline_queue {
public:
    /// Throws std::bad_alloc. A deadline that is set already moves.
    void set(deadline& node, clock::time_point when);
    void clear(deadline& node) noexcept;

    bool empty() const noexcept { return entries_.empty(); }
    /// The earliest; only if not empty.
    clock::time_point next() noexcept {
        if (near_ == 0) move_horizon();
        return entries_.front().when;
    }
    /// Takes out the earliest if it is due, else returns null.
    deadline* pop_due(clock::time_point now) noexcept;

private:
    struct entry {
        clock::time_point when;
        std::uint64_t order;
        deadline* node;
        bool before(const entry& other) const noexcept {
            return when != other.when ? when < other.when : order < other.order;
        }
    };
    void place(std::size_t slot, const entry& e) noexcept;
    void sift_up(std::size_t slot, entry e) noexcept;
    void sift_down(std::size_t slot, entry e) noexcept;
    void remove(std::size_t slot) noexcept;
    void remove_near(std::size_t slot) noexcept;
    void come_near(std::size_t slot) noexcept;
    void move_horizon() noexcept;

    std::vector<entry> entries_;                            // the heap, then those that are far
    std::size_t near_ = 0;                                  // of the heap
    clock::time_point horizon_ = clock::time_point::min();  // between the two
    std::uint64_t order_ = 0;
};

}  // namespace skein::detail
