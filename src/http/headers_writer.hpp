// The parser's way into a headers object: fields that have been checked already.
#pragma once

#include <skein/headers.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace skein::detail {

/// Adds to `fields` without checking anything; the caller has. Throws std::bad_alloc, std::length_error.
struct headers_writer {
    headers& fields;
    /// How many bytes of fields are to be expected, those that are there already included.
    std::size_t expected_bytes = headers::ordinary_block_bytes;

    /// Adds a field at the end: of the line that it came in, the first `name_size` bytes are the name, and
    /// `value` is a part of the line behind it. One copy does for both.
    void append(std::string_view line, std::size_t name_size, std::string_view value) const {
        const auto value_begin = static_cast<std::uint32_t>(value.data() - line.data());
        const auto size = value_begin + static_cast<std::uint32_t>(value.size());
        if (!fields.fits(size, 1)) [[unlikely]]
            fields.make_room(size, 1, block_for_expected());
        std::memcpy(fields.block_ + fields.text_size_, line.data(), size);
        fields.set_entry(fields.count_,
                         {fields.text_size_, static_cast<std::uint32_t>(name_size),
                          fields.text_size_ + value_begin, static_cast<std::uint32_t>(value.size())});
        fields.text_size_ += size;
        ++fields.count_;
    }

    /// The value of the last field. There must be one.
    std::string_view last_value() const noexcept {
        return fields.value_of(fields.entry_at(fields.size() - 1));
    }

    /// Adds text to the end of the last field's value. There must be a field.
    void extend_last(std::string_view more) const { fields.extend_last_unchecked(more); }

private:
    // Half as much again, for the entries: lines are seldom shorter than 32 bytes.
    std::size_t block_for_expected() const noexcept {
        return std::min(expected_bytes + expected_bytes / 2, headers::ordinary_block_bytes);
    }
};

}  // namespace skein::detail
