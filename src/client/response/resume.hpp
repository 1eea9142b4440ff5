// A body that goes on after a cut: the rest is asked for, and put behind what was read already.
#pragma once

#include "client/response/resume_rules.hpp"
#include "http1/connection.hpp"

#include <skein/bytes.hpp>
#include <skein/detail/recycler.hpp>
#include <skein/task.hpp>

#include <cstdint>
#include <memory>
#include <optional>

namespace skein::client {

class response_state;

/// How far a resumable body is.
struct resumption : detail::recycled {
    std::unique_ptr<http1::exchange> first = {};  // once there is another; its head is the caller's
    file_part part = {};
    std::optional<std::uint64_t> content_length = {};  // of the first response
    std::uint64_t at = 0;                              // place in the file of the next byte
    std::uint64_t skip = 0;                            // bytes to come that were read before
    std::optional<std::uint64_t> until = {};           // where this exchange ends
    std::uint64_t earlier_bytes = 0;                   // of body, in the exchanges before
    unsigned failures = 0;                             // since the last byte of progress
    bool complete = false;
};

/// Makes the body of this response, its first, resumable.
void make_resumable(response_state& first);

/// The next piece, of this exchange or of one that continues it; nothing at the end. *Throws:* what the
/// reading of a body throws, if it cannot go on; payload_error if what is to go on is not the same file.
task<std::optional<byte_view>> next_piece_or_resume(response_state& r);

}  // namespace skein::client
