// Owns the free list of read buffers of a thread.
#include "net/block.hpp"

#include <vector>

namespace skein::net {

namespace {

constexpr std::size_t most_free_blocks = 32;  // 2 MiB; what comes back beyond that goes to the heap

std::vector<std::unique_ptr<block>>& free_blocks() {
    static thread_local std::vector<std::unique_ptr<block>> list;
    return list;
}

}  // namespace

void block_returner::operator()(block* b) const noexcept {
    auto owned = std::unique_ptr<block>(b);
    auto& list = free_blocks();
    if (list.capacity() == 0) list.reserve(most_free_blocks);
    if (list.size() < most_free_blocks) list.push_back(std::move(owned));
}

block_ptr take_block() {
    auto& list = free_blocks();
    if (list.empty()) return block_ptr(new block);  // not zeroed
    auto b = std::move(list.back());
    list.pop_back();
    return block_ptr(b.release());
}

}  // namespace skein::net
