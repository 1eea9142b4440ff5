// Bytes that somebody else owns.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace skein {

/// A view of bytes. Whoever hands one out says how long it stays valid.
using byte_view = std::span<const std::byte>;

/// The bytes of a text, uncopied.
inline byte_view as_bytes(std::string_view text) noexcept {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

/// Bytes as text, uncopied and unchecked.
inline std::string_view as_text(byte_view bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace skein
