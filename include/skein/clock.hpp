// The vocabulary of time. Durations are any std::chrono::duration; points in time are monotonic.
#pragma once

#include <chrono>

namespace skein {

/// The clock that every deadline is measured on: monotonic, never moved by a change of the wall clock.
using clock = std::chrono::steady_clock;

namespace detail {

/// A duration as clock ticks, without overflow: what is out of range becomes the largest or smallest value,
/// and what lies between two ticks is rounded away from zero, so that a wait is never shorter than was asked
/// for.
template <class Rep, class Period>
constexpr clock::duration saturate(std::chrono::duration<Rep, Period> value) noexcept {
    using seconds = std::chrono::duration<long double>;
    constexpr seconds limit = std::chrono::hours(24 * 365 * 100);
    const seconds wanted = value;
    if (wanted >= limit) return std::chrono::duration_cast<clock::duration>(limit);
    if (!(wanted > -limit)) return std::chrono::duration_cast<clock::duration>(-limit);  // NaN too
    return std::chrono::ceil<clock::duration>(value);
}

}  // namespace detail

}  // namespace skein
