// Read buffers. A loop reads everything into one block; who wants to keep a large piece of what was read
// takes the block over instead of copying, and the loop takes a fresh one from the free list.
#pragma once

#include <cstddef>
#include <memory>

namespace skein::net {

inline constexpr std::size_t block_bytes = 64 * 1024;

struct block {
    std::byte bytes[block_bytes];
};

struct block_returner {
    void operator()(block* b) const noexcept;
};

/// Owns a block; gives it back to the free list of this thread.
using block_ptr = std::unique_ptr<block, block_returner>;

/// A block from the free list of this thread. Throws std::bad_alloc.
block_ptr take_block();

}  // namespace skein::net
