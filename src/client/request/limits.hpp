// Which time limits hold: the request's before the session's, those before the library's.
#pragma once

#include <skein/timeouts.hpp>

#include <chrono>
#include <optional>

namespace skein::client {

/// Each limit of `first` that is set, and of `second` where it is not.
inline timeouts or_else(const timeouts& first, const timeouts& second) noexcept {
    timeouts r;
    r.total = first.total.or_else(second.total);
    r.pool = first.pool.or_else(second.pool);
    r.dns = first.dns.or_else(second.dns);
    r.connect = first.connect.or_else(second.connect);
    r.tls = first.tls.or_else(second.tls);
    r.write = first.write.or_else(second.write);
    r.first_byte = first.first_byte.or_else(second.first_byte);
    r.read = first.read.or_else(second.read);
    r.min_rate = first.min_rate.or_else(second.min_rate);
    return r;
}

/// The library's: all of them set.
inline timeouts default_timeouts() noexcept {
    constexpr auto half_a_minute = std::chrono::seconds(30);
    timeouts r;
    r.total = std::chrono::minutes(5);
    r.pool = std::nullopt;
    r.dns = r.connect = r.tls = half_a_minute;
    r.write = r.first_byte = std::nullopt;
    r.read = std::chrono::seconds(60);
    r.min_rate = std::nullopt;
    return r;
}

}  // namespace skein::client
