// Which part of a file a response brings (RFC 9110, section 14.4).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace skein::http {

/// A Content-Range in bytes.
struct content_range {
    bool satisfied = false;  ///< `first` and `last` say something; "bytes */N" of a 416 does not
    std::uint64_t first = 0;
    std::uint64_t last = 0;  ///< included
    std::optional<std::uint64_t> total = {};

    std::uint64_t size() const noexcept { return last - first + 1; }
};

/// Nullopt for another unit, and for what makes no sense: last < first, total <= last, numbers from 2^63 on.
std::optional<content_range> parse_content_range(std::string_view value) noexcept;

}  // namespace skein::http
