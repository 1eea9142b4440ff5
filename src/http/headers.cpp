// Owns the one block of a headers object: text from the front, entries from the back.
#include <skein/headers.hpp>

#include "http/field_grammar.hpp"

#include <skein/detail/recycler.hpp>

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace skein {

headers::headers(const headers& other) {
    if (other.count_ == 0) return;
    const std::size_t entries_size = other.count_ * sizeof(entry);
    const std::size_t size = other.text_size_ + entries_size;
    block_ = static_cast<char*>(detail::recycle_allocate(size));
    capacity_ = static_cast<std::uint32_t>(size);
    text_size_ = other.text_size_;
    count_ = other.count_;
    std::memcpy(block_, other.block_, text_size_);
    std::memcpy(block_ + text_size_, other.block_ + other.capacity_ - entries_size, entries_size);
}

headers& headers::operator=(const headers& other) {
    headers(other).swap(*this);
    return *this;
}

void headers::free_block() noexcept {
    detail::recycle_free(block_, capacity_);
}

void headers::swap(headers& other) noexcept {
    std::swap(block_, other.block_);
    std::swap(capacity_, other.capacity_);
    std::swap(text_size_, other.text_size_);
    std::swap(count_, other.count_);
}

headers::headers(std::initializer_list<value_type> fields) {
    for (const auto& [name, value] : fields) append(name, value);
}

void headers::append(std::string_view name, std::string_view value) {
    http::require_field_name(name);
    http::require_field_value("header value", value);
    append_unchecked(name, http::trim_blanks(value));
}

void headers::set(std::string_view name, std::string_view value) {
    append(name, value);  // at the end first: the arguments may be views into this object
    const std::size_t last = count_ - 1;
    const entry added = entry_at(last);
    const std::string_view kept_name = name_of(added);
    const std::size_t first = find(kept_name, 0);
    if (first == last) return;
    set_entry(first, added);
    std::size_t out = first + 1;
    for (std::size_t i = out; i < last; ++i) {
        const entry e = entry_at(i);
        if (!http::equals_ignoring_case(name_of(e), kept_name)) set_entry(out++, e);
    }
    count_ = static_cast<std::uint32_t>(out);
}

std::size_t headers::remove(std::string_view name) noexcept {
    const std::size_t before = count_;
    std::size_t out = find(name, 0);
    for (std::size_t i = out; i < before; ++i) {
        const entry e = entry_at(i);
        if (!http::equals_ignoring_case(name_of(e), name)) set_entry(out++, e);
    }
    count_ = static_cast<std::uint32_t>(out);
    return before - out;
}

void headers::clear() noexcept {
    text_size_ = 0;
    count_ = 0;
}

std::optional<std::string_view> headers::get(std::string_view name) const noexcept {
    const std::size_t i = find(name, 0);
    if (i == count_) return std::nullopt;
    return value_of(entry_at(i));
}

std::vector<std::string_view> headers::get_all(std::string_view name) const {
    std::vector<std::string_view> values;
    for (std::size_t i = find(name, 0); i < count_; i = find(name, i + 1))
        values.push_back(value_of(entry_at(i)));
    return values;
}

std::optional<std::string> headers::get_joined(std::string_view name) const {
    std::size_t i = find(name, 0);
    if (i == count_) return std::nullopt;
    std::string joined(value_of(entry_at(i)));
    for (i = find(name, i + 1); i < count_; i = find(name, i + 1))
        joined.append(", ").append(value_of(entry_at(i)));
    return joined;
}

bool operator==(const headers& a, const headers& b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
        return http::equals_ignoring_case(x.first, y.first) && x.second == y.second;
    });
}

std::size_t headers::find(std::string_view name, std::size_t from) const noexcept {
    std::size_t i = from;
    while (i < count_ && !http::equals_ignoring_case(name_of(entry_at(i)), name)) ++i;
    return i;
}

void headers::append_unchecked(std::string_view name, std::string_view value) {
    const std::size_t size = name.size() + value.size();
    if (fits(size, 1)) [[likely]]
        return push(name, value);
    headers grown = with_room_for(size, 1, ordinary_block_bytes);
    grown.push(name, value);  // before the old block goes: the arguments may lie in it
    swap(grown);
}

void headers::make_room(std::size_t text_size, std::size_t entries, std::size_t least_bytes) {
    headers grown = with_room_for(text_size, entries, least_bytes);
    swap(grown);
}

void headers::extend_last_unchecked(std::string_view more) {
    entry last = entry_at(count_ - 1u);
    if (last.value_begin + last.value_size != text_size_ || !fits(more.size(), 0)) {
        make_room(more.size(), 0, ordinary_block_bytes);  // which puts the last value at the end of the text
        last = entry_at(count_ - 1u);
    }
    std::copy(more.begin(), more.end(), block_ + text_size_);
    text_size_ += static_cast<std::uint32_t>(more.size());
    last.value_size += static_cast<std::uint32_t>(more.size());
    set_entry(count_ - 1u, last);
}

void headers::push(std::string_view name, std::string_view value) noexcept {
    const auto name_size = static_cast<std::uint32_t>(name.size());
    const auto value_size = static_cast<std::uint32_t>(value.size());
    set_entry(count_, {text_size_, name_size, text_size_ + name_size, value_size});
    char* const out = std::copy(name.begin(), name.end(), block_ + text_size_);
    std::copy(value.begin(), value.end(), out);
    text_size_ += name_size + value_size;
    ++count_;
}

// The same fields in a larger block, without the text that no entry refers to: so that setting one field over
// and over stays within a bound. At least double what is in use, so that growing costs O(1) a byte.
headers headers::with_room_for(std::size_t text_size, std::size_t entries, std::size_t least_bytes) const {
    std::size_t needed = text_size + (count_ + entries) * sizeof(entry);
    for (auto [name, value] : *this) needed += name.size() + value.size();
    const std::size_t capacity = std::max(2 * needed, least_bytes);
    if (capacity > std::numeric_limits<std::uint32_t>::max())
        throw std::length_error("headers: too much text");
    headers larger;
    larger.block_ = static_cast<char*>(detail::recycle_allocate(capacity));
    larger.capacity_ = static_cast<std::uint32_t>(capacity);
    for (auto [name, value] : *this) larger.push(name, value);
    return larger;
}

}  // namespace skein
