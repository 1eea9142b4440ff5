// Owns which errors are worth another attempt, and when.
#include "client/session/retry_rules.hpp"

#include "http/bytes.hpp"
#include "http/http_date.hpp"

#include <algorithm>
#include <limits>

namespace skein::client {

bool retry_tokens::take() noexcept {
    // A tenth, ten times, is a little less than one.
    constexpr double almost = 1 - 1e-9;
    if (left_ < almost) return false;
    left_ -= 1;
    return true;
}

void retry_tokens::refund() noexcept {
    left_ = std::min(budget_.tokens, left_ + budget_.refund);
}

clock::duration backoff_before(unsigned repetition, const retry_policy& policy,
                               std::uint64_t chance) noexcept {
    const auto most = std::max(detail::saturate(policy.max_backoff), clock::duration::zero());
    auto limit = std::clamp(detail::saturate(policy.backoff), clock::duration::zero(), most);
    for (unsigned i = 1; i < repetition && limit < most; ++i) {
        if (limit == clock::duration::zero()) break;
        limit = limit > most / 2 ? most : limit * 2;
    }
    constexpr double chances = 18446744073709551616.0;  // 2^64
    const double part = static_cast<double>(chance) / chances;
    return std::min(limit,
                    clock::duration(static_cast<clock::rep>(static_cast<double>(limit.count()) * part)));
}

std::optional<clock::duration> parse_retry_after(std::string_view value,
                                                 std::chrono::system_clock::time_point now) noexcept {
    using std::chrono::seconds;
    if (!value.empty() && std::all_of(value.begin(), value.end(), http::is_digit)) {
        seconds::rep wanted = 0;
        constexpr seconds::rep most = std::numeric_limits<std::int32_t>::max();
        for (const char c : value) wanted = std::min(most, wanted * 10 + (c - '0'));
        return detail::saturate(seconds(wanted));
    }
    const auto when = http::parse_http_date(value, std::chrono::floor<seconds>(now));
    if (!when) return std::nullopt;
    return std::max(detail::saturate(*when - now), clock::duration::zero());
}

bool is_idempotent(std::string_view method) noexcept {
    return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE" ||
           method == "PUT" || method == "DELETE" || method == "QUERY";
}

namespace {

const timeout_error* phase_timeout(const error& e) noexcept {
    const auto* timeout = dynamic_cast<const timeout_error*>(&e);
    return timeout != nullptr && !timeout->total() ? timeout : nullptr;
}

bool is_before_sending(phase in) noexcept {
    return in == phase::dns || in == phase::connect || in == phase::proxy || in == phase::tls;
}

/// A gateway that has trouble of its own, or cannot reach the origin now: what a connect_error is without a
/// proxy. Refusals are for good.
bool may_pass(const proxy_error& e) noexcept {
    if (e.status() != 0) return e.status() == 502 || e.status() == 503 || e.status() == 504;
    return e.code() && e.code() != std::errc::permission_denied &&
           e.code() != std::errc::operation_not_supported;
}

}  // namespace

bool is_transient(const error& e) noexcept {
    if (const auto* timeout = phase_timeout(e))
        return is_before_sending(timeout->phase()) || timeout->phase() == phase::first_byte;
    if (const auto* of_proxy = dynamic_cast<const proxy_error*>(&e)) return may_pass(*of_proxy);
    return dynamic_cast<const connect_error*>(&e) != nullptr ||
           dynamic_cast<const disconnected_error*>(&e) != nullptr;
}

bool nothing_was_sent(const error& e) noexcept {
    if (const auto* timeout = phase_timeout(e)) return is_before_sending(timeout->phase());
    return dynamic_cast<const connect_error*>(&e) != nullptr ||
           dynamic_cast<const resolve_error*>(&e) != nullptr ||
           dynamic_cast<const tls_error*>(&e) != nullptr || dynamic_cast<const proxy_error*>(&e) != nullptr;
}

std::string short_text(const error& e) {
    if (const auto* timeout = dynamic_cast<const timeout_error*>(&e))
        return "timeout of " + std::string(timeout->total() ? "total" : to_string(timeout->phase()));
    const auto* lost = dynamic_cast<const connection_error*>(&e);
    if (lost != nullptr && lost->code()) return lost->code().message();
    if (dynamic_cast<const disconnected_error*>(&e) != nullptr) return "no response";
    return e.what();
}

}  // namespace skein::client
