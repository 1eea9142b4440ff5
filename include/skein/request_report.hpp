// What an exchange did, and how long each part of it took.
#pragma once

#include <skein/clock.hpp>
#include <skein/detail/config.hpp>
#include <skein/error.hpp>

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace skein {

/// How long each phase took, by its number.
using phase_times = std::array<clock::duration, 10>;

/// An address that was tried for a connection.
struct connect_report {
    std::string address = {};      ///< with the port, or the path of a Unix socket
    bool connected = false;        ///< whether this one was used
    std::string error = {};        ///< why not; empty if it was
    clock::duration started = {};  ///< after the request began
    clock::duration duration = {};

    friend bool operator==(const connect_report&, const connect_report&) = default;
};

/// One attempt of a request: from the pool to the head of a response, or to an error.
struct attempt_report {
    std::string method = {};
    std::string url = {};          ///< without its credentials
    unsigned redirects = 0;        ///< that led to it
    std::string peer = {};         ///< address and port; empty if there was no connection
    std::string via = {};          ///< the proxy it went through, without credentials; empty: none
    bool reused = false;           ///< whether the connection had served before
    int status = 0;                ///< of its response; 0: none came
    std::string error = {};        ///< why it failed, or its body did; empty if not
    clock::duration started = {};  ///< after the request began
    phase_times spent = {};        ///< in each phase
    std::vector<connect_report> connects = {};  ///< addresses tried, in order; none if it was reused

    friend bool operator==(const attempt_report&, const attempt_report&) = default;
};

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
    /// Address and port of the peer, "127.0.0.1:80": of the proxy, where there is one. Empty if there was no
    /// connection.
    std::string peer = {};
    /// The proxy that the last attempt went through, "http://proxy.example:3128"; empty: none.
    std::string via = {};
    /// "TLSv1.3" and the like; empty without TLS.
    std::string tls_version = {};
    std::string tls_cipher = {};
    /// Whether the connection's handshake went on from an earlier one (tls_context::resumption()).
    bool tls_resumed = false;

    /// Time spent in a phase, over all attempts.
    clock::duration spent(phase in) const noexcept { return spent_[static_cast<std::size_t>(in)]; }
    /// From the call to the end of the body, to the error, or to now.
    clock::duration elapsed = {};

    /// Each attempt, also those that got no connection, which `attempts` does not count.
    std::vector<attempt_report> attempt_list = {};

    std::uint64_t request_bytes = 0;           ///< written for it, head and body, before any TLS
    std::uint64_t response_head_bytes = 0;     ///< of all heads of the last attempt
    std::uint64_t response_body_bytes = 0;     ///< of the body so far, without its framing, as it came
    std::uint64_t response_decoded_bytes = 0;  ///< of the body so far, as it was read: decompressed

    /// All of it, under names that stay; times in seconds, what is not known is null:
    ///
    ///     {"method": "GET", "url": "https://...", "redirects": 0, "reused": false, "peer": "10.0.0.1:443",
    ///      "via": null, "tls": {"version": "TLSv1.3", "cipher": "...", "resumed": false}, "elapsed": 0.125,
    ///      "phases": {"pool": 0.0, "dns": 0.01, "connect": 0.02, "tls": 0.03, ...},
    ///      "bytes": {"request": 120, "response_head": 200, "response_body": 5000, "response_decoded": 9000},
    ///      "attempts": [{"method": "GET", "url": "https://...", "redirects": 0, "peer": "10.0.0.1:443",
    ///                    "via": null, "reused": false, "status": 200, "error": null, "started": 0.0,
    ///                    "phases": {...}, "connects": [{"address": "10.0.0.1:443", "connected": true,
    ///                    "error": null,
    ///                                  "started": 0.01, "duration": 0.02}]}]}
    ///
    /// (To use it, include <nlohmann/json.hpp>.) Text that is not UTF-8 is taken for ISO-8859-1.
    nlohmann::json to_json() const;

    /// For the library.
    phase_times spent_ = {};
};

}  // namespace skein
