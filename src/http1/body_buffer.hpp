// What of a body has arrived and was not read yet. Small pieces are copied; a large one takes over the block
// that it was read into. Bounded: whoever fills it stops reading when it is full.
#pragma once

#include "net/block.hpp"

#include <skein/bytes.hpp>

#include <cstddef>
#include <cstdint>

namespace skein::http1 {

class body_buffer {
public:
    /// Memory in use, not bytes of body: so that a peer cannot make many blocks stand for few bytes.
    static constexpr std::size_t capacity_bytes = 256 * 1024;

    body_buffer() noexcept = default;
    body_buffer(const body_buffer&) = delete;
    body_buffer& operator=(const body_buffer&) = delete;
    ~body_buffer() { clear(); }

    /// Adds a piece that lies in `from`; if `from` was taken over by the piece before, they share it. `last`:
    /// no other will follow, as far as is known. Throws std::bad_alloc.
    void append(byte_view piece, net::block_ptr& from, bool last = false);

    bool empty() const noexcept { return first_ == nullptr; }
    bool full() const noexcept { return held_bytes_ >= capacity_bytes; }
    /// Bytes that can be read.
    std::size_t size() const noexcept { return size_; }

    /// The next piece, as large as it is now: it grows no more. Valid until the next pop_front() or clear().
    byte_view front() noexcept;
    void pop_front() noexcept;
    void clear() noexcept;

private:
    struct segment;

    void push(segment* s) noexcept;
    static void destroy(segment* s) noexcept;

    segment* first_ = nullptr;
    segment* last_ = nullptr;
    std::size_t size_ = 0;
    std::uint32_t held_bytes_ = 0;  // the capacity, and a block more
    bool front_is_out_ = false;
};

}  // namespace skein::http1
