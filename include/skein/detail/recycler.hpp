// Small blocks of memory that come back: coroutine frames, tasks, headers. A free list per size and per
// thread, so that work in steady state allocates nothing. Blocks belong to the thread that allocated them.
#pragma once

#include <skein/detail/config.hpp>

#include <cstddef>
#include <new>

namespace skein::detail {

struct recycler {
    static constexpr std::size_t granule = 16;
    static constexpr std::size_t classes =
        65;  // class k serves up to k * granule bytes; above that, the heap

    struct block {
        block* next;
    };
    block* free_blocks[classes];
    bool passes_through;  // under AddressSanitizer, which must see each block come and go
};

// Constant-initialised and trivially destructible, so that access costs no guard. What the lists hold at the
// end of a thread goes to the next thread that needs memory (recycler.cpp).
extern SKEIN_API constinit thread_local recycler this_recycler;

SKEIN_API void* recycle_refill(std::size_t size);
SKEIN_API void recycle_release(void* memory, std::size_t size) noexcept;

/// Memory for `size` bytes, aligned as operator new aligns. Throws std::bad_alloc.
inline void* recycle_allocate(std::size_t size) {
    const std::size_t k = (size + recycler::granule - 1) / recycler::granule;
    if (k < recycler::classes) [[likely]] {
        auto& list = this_recycler.free_blocks[k];
        if (auto* block = list) [[likely]] {
            list = block->next;
            return block;
        }
    }
    return recycle_refill(size);
}

/// Gives back memory of recycle_allocate(size).
inline void recycle_free(void* memory, std::size_t size) noexcept {
    const std::size_t k = (size + recycler::granule - 1) / recycler::granule;
    auto& r = this_recycler;
    if (k >= recycler::classes || r.passes_through) [[unlikely]]
        return recycle_release(memory, size);
    r.free_blocks[k] = new (memory) recycler::block{r.free_blocks[k]};
}

/// How many blocks of this thread are in use. Walks the free lists: for tests of what is left behind.
SKEIN_API std::size_t count_recycled_in_use() noexcept;

/// Base of the types whose objects are made and dropped all the time.
struct recycled {
    static void* operator new(std::size_t size) { return recycle_allocate(size); }
    static void operator delete(void* memory, std::size_t size) noexcept { recycle_free(memory, size); }
};

/// The same for what the standard library allocates: std::allocate_shared.
template <class T>
struct recycling_allocator {
    using value_type = T;
    recycling_allocator() noexcept = default;
    template <class U>
    recycling_allocator(const recycling_allocator<U>&) noexcept {}
    T* allocate(std::size_t n) { return static_cast<T*>(recycle_allocate(n * sizeof(T))); }
    void deallocate(T* memory, std::size_t n) noexcept { recycle_free(memory, n * sizeof(T)); }
    friend bool operator==(recycling_allocator, recycling_allocator) noexcept { return true; }
};

}  // namespace skein::detail
