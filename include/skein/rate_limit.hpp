// How fast requests may follow each other.
#pragma once

#include <chrono>

namespace skein {

/// A limit on the requests to one origin (scheme, host, port), of all tasks that use the session: each
/// attempt counts, redirects and repetitions too. Who comes too early waits, first come, first served, before
/// it asks for a connection (phase::pause).
struct rate_limit {
    /// Requests a second on average; 0 is no limit.
    double per_second = 0;
    /// How many may follow each other at once after a quiet time.
    unsigned burst = 1;
    /// Whether a Retry-After of a 429 or 503 holds up all requests to that origin, not only the one that was
    /// answered so.
    bool honour_retry_after = false;
    /// The longest that one such answer holds them up.
    std::chrono::milliseconds max_retry_after = std::chrono::minutes(1);
};

}  // namespace skein
