// Time limits of a request, a phase at a time.
#pragma once

#include <skein/clock.hpp>

#include <chrono>
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

/// The time limits of a request; each phase has its own, so that an error can say which ran out. What is
/// unset comes from the session, then from the library: total 5 min, dns, connect and tls 30 s each, read 60
/// s.
///
///     session.get(url).timeout({.total = 30s, .connect = 5s})
struct timeouts {
    /// The whole request, with redirects, retries and the body. The library's default does not bound chunk():
    /// a download may take its time. One that was set does.
    time_limit total = {};
    /// Waiting for a free connection.
    time_limit pool = {};
    /// Resolving the host name.
    time_limit dns = {};
    /// Opening the TCP connection, over all addresses of the host.
    time_limit connect = {};
    /// The TLS handshake.
    time_limit tls = {};
    /// Sending the request.
    time_limit write = {};
    /// From the request's last byte to the response's head.
    time_limit first_byte = {};
    /// Between two pieces of the body.
    time_limit read = {};
};

}  // namespace skein
