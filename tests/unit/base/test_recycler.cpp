// Recycled memory: reuse, alignment, and what outlives its thread.
#include <skein/detail/recycler.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

using skein::detail::recycle_allocate;
using skein::detail::recycle_free;
using skein::detail::this_recycler;

TEST_CASE("a block that was freed is the next of its size to be handed out") {
    void* first = recycle_allocate(100);
    recycle_free(first, 100);
    void* second = recycle_allocate(97);  // the same class
    if (!this_recycler.passes_through) CHECK(first == second);
    recycle_free(second, 97);
}

TEST_CASE("blocks of every size are aligned and do not overlap") {
    std::vector<std::pair<unsigned char*, std::size_t>> blocks;
    for (std::size_t size = 1; size < 1500; size += 7) {
        auto* p = static_cast<unsigned char*>(recycle_allocate(size));
        CHECK(reinterpret_cast<std::uintptr_t>(p) % alignof(std::max_align_t) == 0);
        std::memset(p, static_cast<int>(size % 251), size);
        blocks.emplace_back(p, size);
    }
    for (auto [p, size] : blocks) {
        bool intact = true;
        for (std::size_t i = 0; i < size; ++i) intact = intact && p[i] == size % 251;
        CHECK(intact);
        recycle_free(p, size);
    }
}

TEST_CASE("the blocks of a thread that has ended serve the next one") {
    constexpr std::size_t size = 1024;
    constexpr int count = 4;
    std::set<void*> first;
    std::set<void*> second;
    const auto use_some = [](std::set<void*>& used) {
        for (int i = 0; i < count; ++i) used.insert(recycle_allocate(size));
        for (void* p : used) recycle_free(p, size);
    };
    std::thread([&] { use_some(first); }).join();
    std::thread([&] { use_some(second); }).join();
    if (!this_recycler.passes_through) CHECK(first == second);
}

TEST_CASE("blocks in use are counted: small ones, ones from the heap, fresh and used before") {
    using skein::detail::count_recycled_in_use;
    const std::size_t before = count_recycled_in_use();
    for (int round = 0; round < 2; ++round) {
        std::vector<std::pair<void*, std::size_t>> blocks;
        for (const std::size_t size : {16U, 17U, 500U, 1024U, 2000U, 100'000U})
            blocks.emplace_back(recycle_allocate(size), size);
        CHECK(count_recycled_in_use() == before + blocks.size());
        for (auto [p, size] : blocks) recycle_free(p, size);
        CHECK(count_recycled_in_use() == before);
    }
}

namespace {

void check_that_larger_blocks_serve() {
    using skein::detail::count_recycled_in_use;
    const std::size_t before = count_recycled_in_use();
    constexpr std::size_t large = 992;
    constexpr std::size_t small = 528;  // more than half, so that what is left over is of another size
    constexpr std::size_t count = 50;
    std::vector<unsigned char*> first;
    for (std::size_t i = 0; i < count; ++i)
        first.push_back(static_cast<unsigned char*>(recycle_allocate(large)));
    for (auto* p : first) recycle_free(p, large);

    std::vector<std::pair<unsigned char*, std::size_t>> second;
    std::size_t inside = 0;
    for (std::size_t i = 0; i < count; ++i) {
        for (const std::size_t size : {small, large - small}) {
            auto* p = static_cast<unsigned char*>(recycle_allocate(size));
            std::memset(p, static_cast<int>(second.size() % 251), size);
            for (const auto* block : first) inside += p >= block && p < block + large;
            second.emplace_back(p, size);
        }
    }
    CHECK(inside == second.size());
    CHECK(count_recycled_in_use() == before + second.size());
    for (std::size_t i = 0; i < second.size(); ++i) {
        auto [p, size] = second[i];
        bool intact = true;
        for (std::size_t at = 0; at < size; ++at) intact = intact && p[at] == i % 251;
        CHECK(intact);
        recycle_free(p, size);
    }
    CHECK(count_recycled_in_use() == before);
}

}  // namespace

TEST_CASE("free blocks of one size serve a smaller one, and each byte belongs to one block only") {
    if (this_recycler.passes_through) return;
    std::thread(check_that_larger_blocks_serve).join();  // where no block is free yet
}
