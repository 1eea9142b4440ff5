// Content codings: how a body is compressed on its way.
#pragma once

#include <skein/detail/config.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace skein {

/// The codings that can be undone and made (RFC 9110, section 8.4.1; RFC 7932; RFC 8878).
enum class content_coding : std::uint8_t { gzip, deflate, br, zstd };

/// The name in HTTP: "gzip", "deflate", "br", "zstd".
[[nodiscard]] SKEIN_API std::string_view to_string(content_coding coding) noexcept;

/// Whether it can be used here: gzip and deflate always, br and zstd if skein was built with their libraries
/// and these can be loaded (which this does).
[[nodiscard]] SKEIN_API bool is_supported(content_coding coding) noexcept;

/// How far the decoding of a response may go. Memory is bounded whatever the peer sends: at most 64 KiB are
/// decoded ahead of the reader, beside the window of each coding (gzip and deflate 32 KiB, br 16 MiB,
/// zstd 8 MiB; RFC 9659). A body that is read whole is bounded by the limit of read() or text(), 32 MiB by
/// default. What is over a limit is payload_error.
struct decoding_limits {
    /// Codings of one body, one upon the other.
    std::size_t max_codings = 5;
    /// Bytes of a decoded body, however it is read; 0 is no limit.
    std::uint64_t max_body_bytes = 0;
    /// Decoded bytes for each byte that came, once more than 1 MiB is decoded; 0 is no limit. Honest bodies
    /// reach 1000 (a file of zeros does), hence the default.
    std::uint64_t max_ratio = 0;
};

}  // namespace skein
