// Owns the free list of read buffers of a thread.
#include "net/block.hpp"

#include <vector>

namespace skein::net {

namespace {

constexpr std::size_t most_free_blocks = 32;  // 2 MiB; what comes back beyond that goes to the heap

// A block that another thread-local object holds may come back when the thread has destroyed the list
// already.
constinit thread_local bool list_is_gone = false;

struct free_list {
    std::vector<std::unique_ptr<block>> blocks;
    ~free_list() { list_is_gone = true; }
};

std::vector<std::unique_ptr<block>>& free_blocks() {
    static thread_local free_list list;
    return list.blocks;
}

}  // namespace

void block_returner::operator()(block* b) const noexcept {
    auto owned = std::unique_ptr<block>(b);
    if (list_is_gone) return;
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
