// The parser's way into a headers object: fields that have been checked already.
#pragma once

#include <skein/headers.hpp>

namespace skein::detail {

/// Adds to `fields` without checking anything; the caller has. Throws std::bad_alloc, std::length_error.
struct headers_writer {
    headers& fields;

    /// Adds a field at the end.
    void append(std::string_view name, std::string_view value) const { fields.append_unchecked(name, value); }

    /// The value of the last field. There must be one.
    std::string_view last_value() const noexcept {
        return fields.value_of(fields.entry_at(fields.size() - 1));
    }

    /// Adds text to the end of the last field's value. There must be a field.
    void extend_last(std::string_view more) const { fields.extend_last_unchecked(more); }
};

}  // namespace skein::detail
