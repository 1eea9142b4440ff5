// The pieces of a body on their way from the read callback to the reader: what is copied, what is taken
// over, and what it all costs.
#include "http1/body_buffer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <random>
#include <string>

using skein::as_text;
using skein::byte_view;
using skein::http1::body_buffer;
namespace net = skein::net;

namespace {

// A block as a read callback has it, with text from its beginning on.
struct arrival {
    net::block_ptr block = net::take_block();
    const std::byte* begin = block->bytes;

    explicit arrival(const std::string& content) {
        std::memcpy(block->bytes, content.data(), content.size());
    }
    byte_view piece(std::size_t at, std::size_t size) const { return {begin + at, size}; }
    // What the loop does before it reads again, if the block is still its own.
    void overwrite() const {
        if (block) std::memset(block->bytes, 0x5a, sizeof block->bytes);
    }
};

std::string drain(body_buffer& buffer) {
    std::string out;
    while (!buffer.empty()) {
        CHECK(!buffer.front().empty());
        out += as_text(buffer.front());
        buffer.pop_front();
    }
    CHECK(buffer.size() == 0);
    CHECK_FALSE(buffer.full());
    return out;
}

std::string text(std::size_t size, int seed = 0) {
    std::string out(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        out[i] = static_cast<char>('a' + (i * 7 + i / 26 + static_cast<std::size_t>(seed)) % 26);
    return out;
}

}  // namespace

TEST_CASE("a small piece is copied, and the block stays with the loop") {
    body_buffer buffer;
    CHECK(buffer.empty());
    arrival r("hello, world");
    buffer.append(r.piece(0, 5), r.block);
    buffer.append(r.piece(5, 7), r.block);
    REQUIRE(r.block);
    r.overwrite();
    CHECK(buffer.size() == 12);
    CHECK(as_text(buffer.front()) == "hello, world");  // in one piece again
    CHECK(drain(buffer) == "hello, world");
}

TEST_CASE("a large piece takes the block over, and is where it was") {
    body_buffer buffer;
    const std::string content = text(8 * 1024);
    arrival r(content);
    buffer.append(r.piece(0, content.size()), r.block);
    CHECK_FALSE(r.block);
    CHECK(buffer.front().data() == r.begin);
    CHECK(drain(buffer) == content);
}

TEST_CASE("a piece of one byte less is copied") {
    body_buffer buffer;
    const std::string content = text(8 * 1024 - 1);
    arrival r(content);
    buffer.append(r.piece(0, content.size()), r.block);
    REQUIRE(r.block);
    r.overwrite();
    CHECK(drain(buffer) == content);
}

TEST_CASE("several large pieces in one block share it, and it is held until the last is read") {
    body_buffer buffer;
    const std::string content = text(60'000);
    arrival r(content);
    buffer.append(r.piece(0, 20'000), r.block);
    buffer.append(r.piece(20'000, 20'000), r.block);
    buffer.append(r.piece(40'000, 20'000), r.block);
    CHECK(as_text(buffer.front()) == content.substr(0, 20'000));
    buffer.pop_front();
    buffer.pop_front();
    auto others = net::take_block();  // must not be the one that is still in use
    std::memset(others->bytes, 0x5a, sizeof others->bytes);
    CHECK(as_text(buffer.front()) == content.substr(40'000));
    buffer.pop_front();
    CHECK(buffer.empty());
}

TEST_CASE("small pieces between large ones keep their order") {
    body_buffer buffer;
    const std::string content = text(40'020);
    arrival r(content);
    std::size_t at = 0;
    constexpr std::array<std::size_t, 7> sizes = {5, 10'000, 5, 10'000, 5, 20'000, 5};
    for (const std::size_t size : sizes) {
        buffer.append(r.piece(at, size), r.block);
        at += size;
    }
    CHECK(at == content.size());
    r.overwrite();
    CHECK(buffer.size() == content.size());
    CHECK(drain(buffer) == content);
}

TEST_CASE("what is held is memory, not bytes of body: full after four blocks, whatever is in them") {
    body_buffer buffer;
    std::string all;
    for (int i = 0; i < 4; ++i) {
        CHECK_FALSE(buffer.full());
        const std::string content = text(8 * 1024, i);
        arrival r(content);
        buffer.append(r.piece(0, content.size()), r.block);
        all += content;
    }
    CHECK(buffer.full());
    CHECK(buffer.size() == 4 * 8 * 1024);
    buffer.pop_front();
    CHECK_FALSE(buffer.full());
    CHECK(drain(buffer) == all.substr(8 * 1024));
}

TEST_CASE("pieces that share a block are charged once, for the whole of it") {
    body_buffer buffer;
    for (int i = 0; i < 3; ++i) {
        arrival r(text(60'000));
        buffer.append(r.piece(0, 20'000), r.block);
        buffer.append(r.piece(20'000, 20'000), r.block);
        buffer.append(r.piece(40'000, 20'000), r.block);
    }
    CHECK_FALSE(buffer.full());
    for (int i = 0; i < 8; ++i) buffer.pop_front();
    arrival r(text(60'000));
    for (int i = 0; i < 3; ++i) {  // with the last of three still holding its block
        arrival more(text(60'000));
        CHECK_FALSE(buffer.full());
        buffer.append(more.piece(0, 60'000), more.block);
    }
    CHECK(buffer.full());
    buffer.clear();
    CHECK(buffer.empty());
    CHECK_FALSE(buffer.full());
}

TEST_CASE("single bytes are not worth more memory than they are") {
    body_buffer buffer;
    arrival r("x");
    for (int i = 0; i < 240'000; ++i) buffer.append(r.piece(0, 1), r.block);
    CHECK(r.block);
    CHECK_FALSE(buffer.full());
    CHECK(buffer.size() == 240'000);
    for (int i = 0; i < 30'000; ++i) buffer.append(r.piece(0, 1), r.block);
    CHECK(buffer.full());
    CHECK(drain(buffer) == std::string(270'000, 'x'));
}

TEST_CASE("any sequence of pieces comes out as it went in, and reading makes room") {
    for (std::uint32_t seed = 0; seed < 50; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        body_buffer buffer;
        std::string expected;
        std::string got;
        for (int round = 0; round < 60; ++round) {
            const std::string content = text(1 + random() % net::block_bytes, round);
            arrival r(content);
            for (std::size_t at = 0; at < content.size();) {
                const std::size_t most = random() % 2 == 0 ? 30 : 30'000;
                const std::size_t size = std::min(content.size() - at, 1 + random() % most);
                buffer.append(r.piece(at, size), r.block);
                at += size;
            }
            r.overwrite();
            expected += content;
            for (std::size_t i = random() % 8; i > 0 && !buffer.empty(); --i) {
                got += as_text(buffer.front());
                buffer.pop_front();
            }
        }
        CHECK(got + drain(buffer) == expected);
    }
}

TEST_CASE("a piece that the reader has does not grow: what comes meanwhile is the next one") {
    body_buffer buffer;
    arrival r("0123456789");
    buffer.append(r.piece(0, 4), r.block);
    CHECK(as_text(buffer.front()) == "0123");
    buffer.append(r.piece(4, 3), r.block);
    CHECK(as_text(buffer.front()) == "0123");
    buffer.append(r.piece(7, 2), r.block);
    buffer.pop_front();
    CHECK(as_text(buffer.front()) == "45678");
    buffer.append(r.piece(9, 1), r.block);
    buffer.pop_front();
    CHECK(drain(buffer) == "9");
}
