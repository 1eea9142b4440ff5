// What an exchange did, and how long each part of it took.
#pragma once

#include <skein/clock.hpp>
#include <skein/detail/config.hpp>
#include <skein/error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace skein {

/// The account of one request: on every response, and on every error of an exchange. Times are as the loop's
/// turns saw them. A value.
struct SKEIN_API request_report {
    std::string method = {};
    /// The URL of the last hop, without its credentials.
    std::string url = {};
    /// How often the request was sent, over all hops; more than 1 per hop after a stale connection.
    unsigned attempts = 0;
    /// Redirects followed.
    unsigned redirects = 0;
    /// Whether the last attempt went over a connection that had served before.
    bool reused = false;
    /// Address and port of the peer, "127.0.0.1:80"; empty if there was no connection.
    std::string peer = {};
    /// "TLSv1.3" and the like; empty without TLS.
    std::string tls_version = {};
    std::string tls_cipher = {};

    /// Time spent in a phase, over all attempts.
    clock::duration spent(phase in) const noexcept { return spent_[static_cast<std::size_t>(in)]; }
    /// From the call to the end of the body, to the error, or to now.
    clock::duration elapsed = {};

    std::uint64_t request_bytes = 0;           ///< written for it, head and body, before any TLS
    std::uint64_t response_head_bytes = 0;     ///< of all heads of the last attempt
    std::uint64_t response_body_bytes = 0;     ///< of the body so far, without its framing, as it came
    std::uint64_t response_decoded_bytes = 0;  ///< of the body so far, as it was read: decompressed

    /// For the library.
    std::array<clock::duration, 9> spent_ = {};
};

}  // namespace skein
