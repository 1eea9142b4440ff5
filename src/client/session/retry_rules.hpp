// The arithmetic of repetition: how long to wait, how many tokens are left. Pure logic; time and chance are
// handed in.
#pragma once

#include <skein/clock.hpp>
#include <skein/error.hpp>
#include <skein/retry_policy.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skein::client {

/// What a request or a session says about repetition.
struct retry_settings {
    retry_policy policy = {};
    retry_predicate when = {};  // none: the policy's own lists
};

/// The tokens of a session.
class retry_tokens {
public:
    explicit retry_tokens(const retry_budget& budget) noexcept : budget_(budget), left_(budget.tokens) {}

    /// Takes one; false if there is none.
    bool take() noexcept;
    /// A request ended without a repetition.
    void refund() noexcept;

private:
    retry_budget budget_;
    double left_;
};

/// The time before the n-th repetition (from 1), by `chance` of 64 random bits: exponential, full jitter.
clock::duration backoff_before(unsigned repetition, const retry_policy& policy,
                               std::uint64_t chance) noexcept;

/// What a Retry-After asks for, seconds or a date (RFC 9110, section 10.2.3); a date that has passed is 0.
/// Nullopt if it is neither.
std::optional<clock::duration> parse_retry_after(std::string_view value,
                                                 std::chrono::system_clock::time_point now) noexcept;

/// Whether repeating a request with that method does no harm (RFC 9110, section 9.2.2).
bool is_idempotent(std::string_view method) noexcept;

/// Whether an error is one that another attempt may well not meet.
bool is_transient(const error& e) noexcept;
/// Whether the request cannot have reached anybody.
bool nothing_was_sent(const error& e) noexcept;
/// An error in a few words: "Connection refused", "timeout of first_byte".
std::string short_text(const error& e);

}  // namespace skein::client
