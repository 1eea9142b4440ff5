// Streaming decoders and encoders of single codings, each behind its library; and who reads their names.
// Bytes in, bytes out, no I/O. What several codings upon each other are is content_decoder's.
#pragma once

#include <skein/bytes.hpp>
#include <skein/content_coding.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace skein::http {

/// Where output goes; what was written is cut off its front.
using byte_room = std::span<std::byte>;

/// Undoes one coding.
class decoder {
public:
    decoder() = default;
    decoder(const decoder&) = delete;
    decoder& operator=(const decoder&) = delete;
    virtual ~decoder() = default;

    /// Takes from the front of `in` and writes to the front of `out` until one of them is used up. If that is
    /// `out`, there may be more to come, even if `in` is empty: call again with room. Returns what is wrong
    /// with the input, null if nothing is; not to be called again after that. Throws std::bad_alloc.
    virtual const char* decode(byte_view& in, byte_room& out) = 0;
    /// Whether the input may end here: after a whole stream, or before anything of one came.
    virtual bool complete() const noexcept = 0;
};

/// Makes one coding.
class encoder {
public:
    encoder() = default;
    encoder(const encoder&) = delete;
    encoder& operator=(const encoder&) = delete;
    virtual ~encoder() = default;

    /// Takes from the front of `in` and writes to the front of `out` until one of them is used up. Output may
    /// lag behind by any amount. Throws std::bad_alloc.
    virtual void encode(byte_view& in, byte_room& out) = 0;
    /// Writes what is left, after the last encode(). False: `out` is full, and there is more.
    virtual bool finish(byte_room& out) = 0;
};

/// The coding of that name, "x-gzip" included, without regard to case; nothing if the build lacks it.
std::optional<content_coding> find_coding(std::string_view name) noexcept;

/// What this build has, for Accept-Encoding: "gzip, deflate, br, zstd".
std::string_view accept_encoding() noexcept;

enum class coding_use : bool { decoding, encoding };

/// What stands in the way of a coding, as a phrase: the build lacks it, or the library that is loaded for
/// that use of it is missing; empty: nothing does.
std::string why_unavailable(content_coding coding, coding_use use);

/// A decoder, or encoder with a level that is worth its time on the wire. Throws std::bad_alloc, and
/// std::runtime_error with why_unavailable()'s words.
std::unique_ptr<decoder> make_decoder(content_coding coding);
std::unique_ptr<encoder> make_encoder(content_coding coding);

// The libraries, a file each.
std::unique_ptr<decoder> make_gzip_decoder();
std::unique_ptr<encoder> make_gzip_encoder();
std::unique_ptr<decoder> make_deflate_decoder();
std::unique_ptr<encoder> make_deflate_encoder();
std::string why_no_brotli(coding_use use);
std::unique_ptr<decoder> make_brotli_decoder();
std::unique_ptr<encoder> make_brotli_encoder();
std::string why_no_zstd();
std::unique_ptr<decoder> make_zstd_decoder();
std::unique_ptr<encoder> make_zstd_encoder();

}  // namespace skein::http
