// Owns the memory behind the free lists. Chunks are carved into blocks and never returned to the heap:
// objects of static storage may give blocks back after the thread-locals of the main thread are gone.
#include <skein/detail/recycler.hpp>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#define SKEIN_PASSES_THROUGH true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SKEIN_PASSES_THROUGH true
#endif
#endif
#ifndef SKEIN_PASSES_THROUGH
#define SKEIN_PASSES_THROUGH false
#endif

namespace skein::detail {

constinit thread_local recycler this_recycler{{}, SKEIN_PASSES_THROUGH};

namespace {

constexpr std::size_t chunk_bytes = 64 * 1024;
constexpr std::size_t batch_bytes = 2 * 1024;
constexpr std::size_t chunk_head = recycler::granule;

// A chunk begins with a link, so that every chunk stays reachable for a leak checker.
struct chunk {
    chunk* next;
};

struct arena {  // what one thread carves from
    std::byte* begin = nullptr;
    std::byte* end = nullptr;
};

std::mutex orphans_mutex;
chunk* all_chunks = nullptr;  // guarded by orphans_mutex
recycler orphans{{}, false};  // blocks of threads that have ended; guarded by orphans_mutex

constinit thread_local arena this_arena;

// Blocks that came to this thread, by the batch or straight from the heap, less those that went to the heap.
constinit thread_local std::size_t this_blocks = 0;

std::size_t length_of(const recycler::block* list) noexcept {
    std::size_t count = 0;
    for (; list != nullptr; list = list->next) ++count;
    return count;
}

// At the end of a thread its free blocks wait for the next thread.
struct at_thread_end {
    ~at_thread_end() {
        const std::lock_guard lock(orphans_mutex);
        for (std::size_t k = 0; k < recycler::classes; ++k) {
            auto* const first = std::exchange(this_recycler.free_blocks[k], nullptr);
            if (first == nullptr) continue;
            auto* last = first;
            while (last->next != nullptr) last = last->next;
            last->next = std::exchange(orphans.free_blocks[k], first);
        }
    }
};

// Memory for at least one block of `size`, at most for a batch of them: `size` becomes what it is.
std::byte* carve(std::size_t block_size, std::size_t& size) {
    auto left = static_cast<std::size_t>(this_arena.end - this_arena.begin);
    if (left < block_size) {
        auto* memory = static_cast<std::byte*>(std::malloc(chunk_bytes));
        if (memory == nullptr) throw std::bad_alloc();
        const std::lock_guard lock(orphans_mutex);
        all_chunks = new (memory) chunk{all_chunks};
        this_arena = {memory + chunk_head, memory + chunk_bytes};
        left = chunk_bytes - chunk_head;
    }
    const std::size_t most = std::max(batch_bytes, block_size);
    size = std::min(left, most) / block_size * block_size;
    return std::exchange(this_arena.begin, this_arena.begin + size);
}

// A block for class `k` out of a larger one that is free; the rest becomes a block of its own. What a program
// does comes in phases (all connect, then all wait), and the memory of one should serve the next.
void* split_larger(std::size_t k) noexcept {
    auto& lists = this_recycler.free_blocks;
    for (std::size_t larger = k + 1; larger < recycler::classes && larger <= 2 * k + 1; ++larger) {
        auto* const block = lists[larger];
        if (block == nullptr) continue;
        lists[larger] = block->next;
        auto* const rest = reinterpret_cast<std::byte*>(block) + k * recycler::granule;
        lists[larger - k] = new (rest) recycler::block{lists[larger - k]};
        ++this_blocks;
        return block;
    }
    return nullptr;
}

}  // namespace

void* recycle_refill(std::size_t size) {
    const std::size_t k = (size + recycler::granule - 1) / recycler::granule;
    if (k >= recycler::classes || this_recycler.passes_through) {
        void* const memory = ::operator new(size);
        ++this_blocks;
        return memory;
    }
    static thread_local at_thread_end guard;
    static_cast<void>(guard);
    {
        const std::lock_guard lock(orphans_mutex);
        if (auto* block = orphans.free_blocks[k]) {
            orphans.free_blocks[k] = nullptr;
            this_recycler.free_blocks[k] = block->next;
            this_blocks += length_of(block);
            return block;
        }
    }
    if (k != 0)
        if (void* const part = split_larger(k)) return part;
    // Several at once: the lock, and this function, are not for every block.
    const std::size_t block_size = (k == 0 ? 1 : k) * recycler::granule;
    std::size_t carved = 0;
    std::byte* const first = carve(block_size, carved);
    this_blocks += carved / block_size;
    recycler::block* list = nullptr;
    for (std::byte* memory = first + carved; (memory -= block_size) != first;)
        list = new (memory) recycler::block{list};
    this_recycler.free_blocks[k] = list;
    return first;
}

void recycle_release(void* memory, std::size_t size) noexcept {
    static_cast<void>(size);
    --this_blocks;
    ::operator delete(memory);
}

std::size_t count_recycled_in_use() noexcept {
    std::size_t free = 0;
    for (const auto* list : this_recycler.free_blocks) free += length_of(list);
    return this_blocks - free;
}

}  // namespace skein::detail
