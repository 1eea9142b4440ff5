// The free list of read buffers. Knows no socket.
#include "net/block.hpp"

#include <doctest/doctest.h>

#include <thread>

namespace {

using skein::net::block_ptr;
using skein::net::take_block;

TEST_CASE("a block that was given back is the next one taken") {
    auto first = take_block();
    const auto* address = first.get();
    first.reset();
    CHECK(take_block().get() == address);
}

// As the read buffer of a loop does: made before the list, it is destroyed after it.
TEST_CASE("a block may come back when its thread has destroyed the free list") {
    bool taken = false;
    std::thread([&] {
        static thread_local block_ptr kept;
        kept.reset();  // made, with its destructor entered, before the list is
        kept = take_block();
        take_block().reset();
        taken = kept != nullptr;
    }).join();
    CHECK(taken);
}

}  // namespace
