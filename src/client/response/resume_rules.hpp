// Whether a file that was cut short may be put together from two responses. Pure logic (RFC 9110, sections
// 8.8, 13.1.5, 14 and 15.3.7): no byte may come from another version of the file, or lie in another place.
#pragma once

#include "http1/parser.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace skein::client {

/// What a response brings of a file, and how the rest is asked for.
struct file_part {
    std::uint64_t first = 0;                 // place of its first byte
    std::optional<std::uint64_t> end = {};   // one behind its last byte
    std::optional<std::uint64_t> size = {};  // of the file
    std::string validator = {};              // for If-Range
    bool by_etag = false;                    // else by the date of its last change
    bool to_the_end = true;                  // of the file: no range was asked for
    std::string obstacle = {};               // why it cannot go on after a cut; empty: it can
};

/// The part that the first response brings: 200, or 206 for a range that the caller asked for.
file_part part_of(const http1::response_head& head, std::optional<std::uint64_t> content_length,
                  std::chrono::system_clock::time_point now);

/// The value of the Range field that asks for the rest, from the byte `at` on.
std::string range_from(const file_part& part, std::uint64_t at);

/// What the answer to that is.
struct continuation {
    enum class kind : std::uint8_t {
        rest,      ///< bytes from `at` on, up to `until`
        all,       ///< the same file from its beginning: what is here already has to be skipped
        complete,  ///< there is nothing more
        refused,   ///< no part of the same file; `why` says it
    };
    kind what = kind::refused;
    std::optional<std::uint64_t> until = {};
    std::optional<std::uint64_t> size = {};  // of the file, if the answer tells
    std::string why = {};
};
continuation judge_continuation(const file_part& part, std::uint64_t at, const http1::response_head& head,
                                std::optional<std::uint64_t> content_length);

}  // namespace skein::client
