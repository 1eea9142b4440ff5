// Header fields: what a message says about itself. A value; knows nothing of connections or of what the
// fields mean.
#pragma once

#include <skein/detail/config.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skein {

namespace detail {
struct headers_writer;
}

/// The fields of a message: an ordered multimap of text. Names are compared without regard to ASCII case; the
/// order and the spelling of names stay as they were given (RFC 9110, section 5).
///
/// *Lifetime:* every view that a headers object hands out is valid until the object is next changed, assigned
/// to or destroyed. Moving the object keeps the views valid: they follow the fields. Arguments may be views
/// into the object itself.
///
/// *Throws:* what adds a field throws std::invalid_argument if the name is not a token or the value contains
/// CR, LF, NUL or another control byte (nothing is ever stripped silently, save blanks around a value),
/// std::length_error if all text together exceeds 2 GiB, and std::bad_alloc.
class SKEIN_API headers {
public:
    /// A field: name and value.
    using value_type = std::pair<std::string_view, std::string_view>;
    class const_iterator;
    using iterator = const_iterator;

    /// No fields; allocates nothing.
    headers() noexcept = default;
    /// The fields `{{"name", "value"}, ...}`, as append() adds them. Not within an expression that has a
    /// co_await in it: g++ 12 does not compile that.
    headers(std::initializer_list<value_type> fields);
    headers(const headers& other);
    headers(headers&& other) noexcept
        : block_(std::exchange(other.block_, nullptr)),
          capacity_(std::exchange(other.capacity_, 0)),
          text_size_(std::exchange(other.text_size_, 0)),
          count_(std::exchange(other.count_, 0)) {}
    headers& operator=(const headers& other);
    headers& operator=(headers&& other) noexcept {
        if (this == &other) return *this;
        if (block_ != nullptr) free_block();
        block_ = std::exchange(other.block_, nullptr);
        capacity_ = std::exchange(other.capacity_, 0);
        text_size_ = std::exchange(other.text_size_, 0);
        count_ = std::exchange(other.count_, 0);
        return *this;
    }
    ~headers() {
        if (block_ != nullptr) free_block();
    }

    /// Adds a field at the end, whether or not there are others of that name.
    void append(std::string_view name, std::string_view value);

    /// Makes this the only field of that name. It takes the place of the first one, or else the last place.
    void set(std::string_view name, std::string_view value);

    /// Removes all fields of that name; returns how many there were.
    std::size_t remove(std::string_view name) noexcept;

    /// Removes every field; keeps the memory.
    void clear() noexcept;

    /// Whether there is a field of that name.
    bool contains(std::string_view name) const noexcept { return find(name, 0) != count_; }

    /// The value of the first field of that name.
    std::optional<std::string_view> get(std::string_view name) const noexcept;

    /// The values of all fields of that name, in order.
    std::vector<std::string_view> get_all(std::string_view name) const;

    /// The values of all fields of that name as one list, joined with ", " (RFC 9110, section 5.3). Not for
    /// Set-Cookie, whose values contain commas.
    std::optional<std::string> get_joined(std::string_view name) const;

    /// The number of fields.
    std::size_t size() const noexcept { return count_; }
    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }

    /// For `for (auto [name, value] : headers)`, in order.
    const_iterator begin() const noexcept;
    const_iterator end() const noexcept;

    void swap(headers& other) noexcept;
    friend void swap(headers& a, headers& b) noexcept { a.swap(b); }

    /// The same fields in the same order; names without regard to case.
    SKEIN_API friend bool operator==(const headers& a, const headers& b) noexcept;

private:
    friend struct detail::headers_writer;

    // One block: the text of the fields grows from its front, their entries from its back.
    struct entry {
        std::uint32_t name_begin;
        std::uint32_t name_size;
        std::uint32_t value_begin;
        std::uint32_t value_size;
    };

    // The entry of field `index`; the first field's lies last.
    entry entry_at(std::size_t index) const noexcept {
        entry e;
        std::memcpy(&e, block_ + capacity_ - (index + 1) * sizeof(entry), sizeof(entry));
        return e;
    }
    void set_entry(std::size_t index, const entry& e) noexcept {
        std::memcpy(block_ + capacity_ - (index + 1) * sizeof(entry), &e, sizeof(entry));
    }
    std::string_view name_of(const entry& e) const noexcept { return {block_ + e.name_begin, e.name_size}; }
    std::string_view value_of(const entry& e) const noexcept {
        return {block_ + e.value_begin, e.value_size};
    }
    bool fits(std::size_t text_size, std::size_t entries) const noexcept {
        return capacity_ - text_size_ - count_ * sizeof(entry) >= text_size + entries * sizeof(entry);
    }

    void free_block() noexcept;
    std::size_t find(std::string_view name, std::size_t from) const noexcept;
    void append_unchecked(std::string_view name, std::string_view value);
    void extend_last_unchecked(std::string_view more);
    void push(std::string_view name, std::string_view value) noexcept;
    void make_room(std::size_t text_size, std::size_t entries, std::size_t least_bytes);
    headers with_room_for(std::size_t text_size, std::size_t entries, std::size_t least_bytes) const;

    static constexpr std::size_t ordinary_block_bytes = 512;  // an ordinary head fits

    char* block_ = nullptr;
    std::uint32_t capacity_ = 0;   // of the block, bytes
    std::uint32_t text_size_ = 0;  // used at the front, bytes; may include text that no entry refers to
    std::uint32_t count_ = 0;      // entries at the back
};

/// Forward iterator over the fields of a headers object; gives pairs of views by value.
class headers::const_iterator {
public:
    using iterator_concept = std::forward_iterator_tag;
    using iterator_category = std::input_iterator_tag;
    using value_type = headers::value_type;
    using difference_type = std::ptrdiff_t;
    using reference = value_type;
    using pointer = void;

    const_iterator() noexcept = default;

    value_type operator*() const noexcept {
        const entry e = owner_->entry_at(index_);
        return {owner_->name_of(e), owner_->value_of(e)};
    }
    const_iterator& operator++() noexcept {
        ++index_;
        return *this;
    }
    const_iterator operator++(int) noexcept {
        const_iterator before = *this;
        ++index_;
        return before;
    }
    friend bool operator==(const const_iterator&, const const_iterator&) noexcept = default;

private:
    friend class headers;
    const_iterator(const headers* owner, std::size_t index) noexcept : owner_(owner), index_(index) {}

    const headers* owner_ = nullptr;
    std::size_t index_ = 0;
};

inline headers::const_iterator headers::begin() const noexcept {
    return {this, 0};
}
inline headers::const_iterator headers::end() const noexcept {
    return {this, count_};
}

}  // namespace skein
