// When a request that failed is sent again.
#pragma once

#include <skein/error.hpp>
#include <skein/headers.hpp>

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>

namespace skein {

/// A set of status codes, 100 to 599: `status_set(429, 503)`. A value.
class status_set {
public:
    /// None.
    constexpr status_set() noexcept = default;
    /// *Throws:* std::invalid_argument for what is no status.
    template <std::convertible_to<int>... Status>
    requires(sizeof...(Status) > 0) constexpr status_set(Status... statuses) { (add(statuses), ...); }

    constexpr void add(int status) {
        if (status < lowest || status > highest) throw std::invalid_argument("no status: 100 to 599 are");
        bits_[place(status)] |= bit(status);
    }
    constexpr void remove(int status) noexcept {
        if (contains(status)) bits_[place(status)] &= ~bit(status);
    }
    constexpr bool contains(int status) const noexcept {
        return status >= lowest && status <= highest && (bits_[place(status)] & bit(status)) != 0;
    }
    friend constexpr bool operator==(const status_set&, const status_set&) noexcept = default;

private:
    static constexpr int lowest = 100;
    static constexpr int highest = 599;
    static constexpr std::size_t place(int status) noexcept {
        return static_cast<std::size_t>(status - lowest) / 64;
    }
    static constexpr std::uint64_t bit(int status) noexcept {
        return std::uint64_t{1} << (static_cast<unsigned>(status - lowest) % 64);
    }
    std::array<std::uint64_t, 8> bits_{};
};

/// When a request is sent again: after a failure to connect, a connection that was lost before the response,
/// a time limit of dns, connect, tls or first_byte, or one of the statuses. Repeated is what does no harm:
/// idempotent methods (RFC 9110, section 9.2.2), and any method if no connection was made; a body that can be
/// sent twice; never beyond the request's total time limit, nor if a wait would reach beyond it. A response
/// that is not the last is dropped; the last one, or the last error, is the caller's, whose what() says how
/// often and why.
///
///     session.get(url).retry({.attempts = 5, .backoff = 500ms})
///
/// Before the n-th repetition it waits between 0 and `backoff` * 2^(n-1), at random, so that clients which
/// failed together do not come back together; or as long as Retry-After says.
struct retry_policy {
    /// How often it is sent to one URL, the first time counted; 1: once. A redirect begins to count anew.
    unsigned attempts = 3;
    std::chrono::milliseconds backoff = std::chrono::milliseconds(200);
    /// The most that `backoff` grows to.
    std::chrono::milliseconds max_backoff = std::chrono::seconds(10);
    /// The longest Retry-After that is waited for; a response that asks for more is not repeated.
    std::chrono::milliseconds max_retry_after = std::chrono::minutes(1);
    status_set statuses = status_set(408, 429, 502, 503, 504);
    /// Whether errors are repeated, too, not only statuses.
    bool errors = true;
    /// Whether a method is repeated that may do its work twice, as POST. For servers that know a request
    /// again (an Idempotency-Key), or that do nothing when they answer so.
    bool any_method = false;
};

/// Keeps repetitions from making an outage worse: a session has so many tokens, each repetition takes one,
/// each request with a policy that ends without one gives a part back. Without a token nothing is repeated.
struct retry_budget {
    double tokens = 10;
    double refund = 0.1;
};

/// An attempt that ended badly, for a retry_predicate.
struct retry_candidate {
    /// 1 for the first.
    unsigned attempt = 1;
    /// 0 after an error.
    int status = 0;
    /// Of the response; null after an error.
    const skein::headers* headers = nullptr;
    /// Null after a response.
    const skein::error* error = nullptr;
};

/// Decides in the place of a policy's `statuses` and `errors`; the rest of the policy holds. Asked after each
/// error and each status of 400 and more. *Throws:* what ends the request.
using retry_predicate = std::function<bool(const retry_candidate&)>;

}  // namespace skein
