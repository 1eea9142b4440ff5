// What an exchange failed of, in words for people. The caller turns it into an exception, with what it knows
// of host, phase and time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace skein::http1 {

/// How the length of a body is told (RFC 9112, section 6.3).
enum class framing : std::uint8_t {
    none,         ///< no body
    length,       ///< Content-Length
    chunked,      ///< Transfer-Encoding: chunked
    until_close,  ///< everything up to the end of the connection
};

/// Which class of error a failure is.
enum class failure_kind : std::uint8_t {
    none,
    protocol,      ///< the peer broke HTTP before the head was complete, or went over a limit
    disconnected,  ///< the input ended, or the connection was reset, before the head was complete
    payload,       ///< the head is out; the body was cut short, broke HTTP or went over a limit
};

/// Why a response failed.
struct failure {
    failure_kind kind = failure_kind::none;
    /// Names the rule that was broken; foreign bytes in it are escaped and cut; limits with their numbers.
    std::string message = {};
    /// Body bytes that had arrived.
    std::uint64_t received_bytes = 0;
    /// Body bytes that were to come, where Content-Length told.
    std::optional<std::uint64_t> expected_bytes = {};
    /// How the body was framed; none if the head was not complete.
    http1::framing framing = http1::framing::none;
};

/// Of what has not failed.
inline const failure no_failure = {};

}  // namespace skein::http1
