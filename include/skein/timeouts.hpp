// Time limits of a request, a phase at a time.
#pragma once

#include <skein/clock.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace skein {

/// One limit: unset (the session's holds, or the library's), none (std::nullopt), or a duration. Zero or less
/// is over at once.
class time_limit {
public:
    constexpr time_limit() noexcept = default;
    constexpr time_limit(std::nullopt_t) noexcept : kind_(kind::unlimited) {}
    template <class Rep, class Period>
    constexpr time_limit(std::chrono::duration<Rep, Period> limit) noexcept
        : kind_(kind::limited), limit_(detail::saturate(limit)) {}

    constexpr bool is_set() const noexcept { return kind_ != kind::unset; }
    constexpr bool is_limited() const noexcept { return kind_ == kind::limited; }
    /// The duration; only if is_limited().
    constexpr clock::duration limit() const noexcept { return limit_; }
    /// This one if it is set, else the other.
    constexpr time_limit or_else(time_limit other) const noexcept { return is_set() ? *this : other; }

private:
    enum class kind : unsigned char { unset, unlimited, limited };
    kind kind_ = kind::unset;
    clock::duration limit_{};
};

/// How fast a body must come in at least: unset (the session's holds, or the library's), none (std::nullopt),
/// or so many bytes a second on average over each stretch of `window`. Only the time in which the program
/// waits for the body counts. Of a body that is sent, the system's buffers hide how fast the peer takes it:
/// what limits that is `timeouts::write`.
class rate_floor {
public:
    constexpr rate_floor() noexcept = default;
    constexpr rate_floor(std::nullopt_t) noexcept : window_(clock::duration::max()) {}
    constexpr rate_floor(std::uint64_t bytes_per_second) noexcept
        : rate_floor(bytes_per_second, std::chrono::seconds(30)) {}
    template <class Rep, class Period>
    constexpr rate_floor(std::uint64_t bytes_per_second, std::chrono::duration<Rep, Period> window) noexcept
        : bytes_per_second_(bytes_per_second),
          window_(std::max(detail::saturate(window), clock::duration(1))) {}

    constexpr bool is_set() const noexcept { return window_ != clock::duration::zero(); }
    constexpr bool is_limited() const noexcept { return bytes_per_second_ != 0; }
    constexpr std::uint64_t bytes_per_second() const noexcept { return bytes_per_second_; }
    constexpr clock::duration window() const noexcept { return window_; }
    /// This one if it is set, else the other.
    constexpr rate_floor or_else(rate_floor other) const noexcept { return is_set() ? *this : other; }

private:
    std::uint64_t bytes_per_second_ = 0;
    clock::duration window_{};  // zero: unset
};

/// The time limits of a request; each phase has its own, so that an error can say which ran out. What is
/// unset comes from the session, then from the library: total 5 min, dns, connect and tls 30 s each, read 60
/// s. A redirect, and another attempt of a retry_policy, begin their phases anew; `total` spans them all, and
/// nothing outlives it: a lookup that cannot be interrupted is abandoned.
///
///     session.get(url).timeout({.total = 30s, .connect = 5s})
struct timeouts {
    /// The whole request, with redirects, retries and the body. The library's default does not bound chunk():
    /// a download may take its time. One that was set does.
    time_limit total = {};
    /// Waiting for a free connection. The wait for a turn under a rate limit is none of it.
    time_limit pool = {};
    /// Resolving the host name.
    time_limit dns = {};
    /// Opening the TCP connection, over all addresses of the host; and as long again for a proxy to agree on
    /// a tunnel (phase::proxy).
    time_limit connect = {};
    /// The TLS handshake.
    time_limit tls = {};
    /// Sending the whole request, its body included: for a large one, leave it unset, or give it time.
    time_limit write = {};
    /// From the request's last byte to the response's head.
    time_limit first_byte = {};
    /// Between two pieces of the body, while the program waits for one.
    time_limit read = {};
    /// The least rate of the body, `{1000, 20s}` for 1000 bytes a second over 20 s. Against peers that keep
    /// `read` from running out with a byte now and then.
    rate_floor min_rate = {};
};

}  // namespace skein
