// In what order a queue gives out its items: a ring, a stack, a heap. Each keeps the memory it has grown to,
// so a queue in steady state allocates nothing. take() of an empty one is not allowed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace skein::detail {

/// First in, first out: a ring.
template <class T>
class fifo_storage {
public:
    fifo_storage() noexcept = default;
    fifo_storage(fifo_storage&& other) noexcept { swap(other); }
    fifo_storage& operator=(fifo_storage&&) = delete;
    ~fifo_storage() {
        while (size_ != 0) drop_first();
        if (items_ != nullptr) std::allocator<T>().deallocate(items_, capacity_);
    }

    std::size_t size() const noexcept { return size_; }

    template <class U>
    void push(U&& item) {
        if (size_ == capacity_) grow();
        std::construct_at(&at(size_), std::forward<U>(item));
        ++size_;
    }
    /// If T's move throws, the item stays the first.
    T take() {
        T item = std::move(at(0));
        drop_first();
        return item;
    }

private:
    explicit fifo_storage(std::size_t capacity)
        : items_(std::allocator<T>().allocate(capacity)), capacity_(capacity) {}

    // The capacity is a power of two.
    T& at(std::size_t i) const noexcept { return items_[(first_ + i) & (capacity_ - 1)]; }

    void drop_first() noexcept {
        std::destroy_at(&at(0));
        ++first_;
        --size_;
    }
    void grow() {
        fifo_storage wider(capacity_ == 0 ? 8 : 2 * capacity_);
        for (std::size_t i = 0; i < size_; ++i) wider.push(std::move_if_noexcept(at(i)));
        swap(wider);
    }
    void swap(fifo_storage& other) noexcept {
        std::swap(items_, other.items_);
        std::swap(capacity_, other.capacity_);
        std::swap(first_, other.first_);
        std::swap(size_, other.size_);
    }

    T* items_ = nullptr;
    std::size_t capacity_ = 0;
    std::size_t first_ = 0;  // counts on; modulo the capacity
    std::size_t size_ = 0;
};

/// Last in, first out: a stack.
template <class T>
class lifo_storage {
public:
    std::size_t size() const noexcept { return items_.size(); }

    template <class U>
    void push(U&& item) {
        items_.emplace_back(std::forward<U>(item));
    }
    /// If T's move throws, the item stays the last.
    T take() {
        T item = std::move(items_.back());
        items_.pop_back();
        return item;
    }

private:
    std::vector<T> items_;
};

/// What `Compare` puts first, first; equal ones in the order in which they came: a heap.
template <class T, class Compare>
class priority_storage {
public:
    priority_storage() = default;
    priority_storage(Compare before) : before_(std::move(before)) {}

    std::size_t size() const noexcept { return entries_.size(); }

    template <class U>
    void push(U&& item) {
        entries_.push_back(entry{T(std::forward<U>(item)), tickets_++});
        std::push_heap(entries_.begin(), entries_.end(), by_turn());
    }
    T take() {
        std::pop_heap(entries_.begin(), entries_.end(), by_turn());
        T item = std::move(entries_.back().item);
        entries_.pop_back();
        return item;
    }

private:
    struct entry {
        T item;
        std::uint64_t ticket;
    };
    /// The standard's heaps have the last in this order on top.
    auto by_turn() {
        return [this](const entry& a, const entry& b) {
            if (before_(b.item, a.item)) return true;
            return a.ticket > b.ticket && !before_(a.item, b.item);
        };
    }

    std::vector<entry> entries_;
    std::uint64_t tickets_ = 0;
    [[no_unique_address]] Compare before_{};
};

}  // namespace skein::detail
