// Owns the pieces of a body between the read callback and the reader.
#include "http1/body_buffer.hpp"

#include <skein/detail/recycler.hpp>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace skein::http1 {

namespace {
constexpr std::size_t take_over_bytes = 8 * 1024;  // a piece this large is not copied
constexpr std::size_t least_memory = 256;
constexpr std::size_t small_memory = 1024;  // what the recycler serves at most
constexpr std::size_t large_memory = 8 * 1024 + 64;
}  // namespace

// Either a view into a block, or room for copies behind the segment itself.
struct body_buffer::segment {
    segment* next = nullptr;
    net::block_ptr block;  // the last segment of several in one block owns it
    std::byte* data = nullptr;
    std::size_t size = 0;
    std::size_t memory_bytes = 0;  // of the segment with what is behind it
    std::uint32_t charge_bytes = 0;

    std::byte* room() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
    std::size_t room_left() noexcept { return data == room() ? memory_bytes - sizeof(segment) - size : 0; }
    bool lies_in_block(byte_view piece) const noexcept {
        return block && piece.data() >= block->bytes && piece.data() < block->bytes + net::block_bytes;
    }

    static segment* make(std::size_t memory) {
        auto* s = new (detail::recycle_allocate(memory)) segment;
        s->memory_bytes = memory;
        return s;
    }
};

namespace {
// What comes first often is all: it gets little more room than it needs, and none more if it is known to be.
std::size_t memory_for(std::size_t piece_bytes, bool first, bool last, std::size_t overhead) noexcept {
    const std::size_t needed = piece_bytes + overhead;
    if (needed > small_memory) return large_memory;
    if (last) return needed;
    return first ? std::max(needed, least_memory) : small_memory;
}
}  // namespace

void body_buffer::destroy(segment* s) noexcept {
    const std::size_t memory = s->memory_bytes;
    s->~segment();
    detail::recycle_free(s, memory);
}

void body_buffer::push(segment* s) noexcept {
    (last_ != nullptr ? last_->next : first_) = s;
    last_ = s;
    held_bytes_ += s->charge_bytes;
}

void body_buffer::append(byte_view piece, net::block_ptr& from, bool last) {
    size_ += piece.size();
    if (piece.size() >= take_over_bytes) {
        const bool shared = !from && last_ != nullptr && last_->lies_in_block(piece);
        if (from || shared) {
            segment* s = segment::make(sizeof(segment));
            s->data = const_cast<std::byte*>(piece.data());
            s->size = piece.size();
            s->charge_bytes =
                shared ? std::exchange(last_->charge_bytes, 0) : std::uint32_t{net::block_bytes};
            if (shared) held_bytes_ -= s->charge_bytes;
            s->block = shared ? std::move(last_->block) : std::move(from);
            return push(s);
        }
    }
    while (!piece.empty()) {
        const bool is_out = front_is_out_ && last_ == first_;  // the reader would miss what is added
        if (last_ == nullptr || is_out || last_->room_left() == 0) {
            segment* s = segment::make(memory_for(piece.size(), last_ == nullptr, last, sizeof(segment)));
            s->data = s->room();
            s->charge_bytes = static_cast<std::uint32_t>(s->memory_bytes);
            push(s);
        }
        const std::size_t count = std::min(piece.size(), last_->room_left());
        std::memcpy(last_->data + last_->size, piece.data(), count);
        last_->size += count;
        piece = piece.subspan(count);
    }
}

byte_view body_buffer::front() noexcept {
    front_is_out_ = true;
    return {first_->data, first_->size};
}

void body_buffer::pop_front() noexcept {
    front_is_out_ = false;
    segment* s = first_;
    first_ = s->next;
    if (first_ == nullptr) last_ = nullptr;
    held_bytes_ -= s->charge_bytes;
    size_ -= s->size;
    destroy(s);
}

void body_buffer::clear() noexcept {
    while (first_ != nullptr) pop_front();
}

}  // namespace skein::http1
