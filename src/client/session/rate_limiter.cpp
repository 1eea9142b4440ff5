// Owns the lines of requests that come too early.
#include "client/session/rate_limiter.hpp"

#include "client/session/pool_key.hpp"
#include "client/session/retry_rules.hpp"

#include <algorithm>
#include <stdexcept>

namespace skein::client {

request_bucket::request_bucket(const rate_limit& limit) noexcept
    : interval_(limit.per_second > 0 ? detail::saturate(std::chrono::duration<double>(1 / limit.per_second))
                                     : clock::duration::zero()),
      slack_(detail::saturate(std::chrono::duration<double>(interval_) * (std::max(limit.burst, 1U) - 1U))) {}

// ---- origin

bool rate_limiter::origin::try_take() noexcept {
    const auto now = detail::this_kernel.scheduler->now();
    if (!line_.empty() || bucket_.free_at() > now) return false;
    bucket_.take(now);
    return true;
}

void rate_limiter::origin::arm() {
    detail::this_kernel.scheduler->deadlines().set(*this, bucket_.free_at());
}

void rate_limiter::origin::block(clock::time_point until) {
    bucket_.block(until);
    if (!line_.empty()) arm();
}

void rate_limiter::origin::on_deadline() noexcept {
    const auto now = detail::this_kernel.scheduler->now();
    while (!line_.empty() && bucket_.free_at() <= now) {
        bucket_.take(now);
        line_.pop().serve();
    }
    if (!line_.empty()) arm();  // cannot throw: its place in the queue has just become free
}

void rate_limiter::origin::turn_wait::await_resume() const {
    if (refused()) throw std::logic_error("the session was closed while a request waited for its turn");
    require_served();
}

void rate_limiter::origin::turn_wait::describe(std::string& out) const {
    out += "waiting for its turn under a rate limit";
}

void rate_limiter::origin::turn_wait::on_cancel() noexcept {
    queued_wait::on_cancel();
    if (at_.line_.empty()) detail::this_kernel.scheduler->deadlines().clear(at_);
}

// ---- rate_limiter

rate_limiter::origin& rate_limiter::at(const url& to) {
    pool_key(to).write_to(key_);
    if (auto found = origins_.find(key_); found != origins_.end()) return found->second;
    if (origins_.size() >= origins_worth_a_sweep_) forget_unused_origins();
    return origins_.try_emplace(key_, limit_).first->second;
}

// A crawl over a million origins must not remember them all.
void rate_limiter::forget_unused_origins() {
    const auto now = detail::this_kernel.scheduler->now();
    std::erase_if(origins_, [&](const auto& entry) {
        return entry.second.line_.empty() && entry.second.bucket_.is_full(now);
    });
    origins_worth_a_sweep_ = 2 * origins_.size() + 256;
}

void rate_limiter::learn(const url& from, const http1::response_head& head,
                         std::chrono::system_clock::time_point now) {
    if (!limit_.honour_retry_after || (head.status != 429 && head.status != 503)) return;
    const auto value = head.fields.get("Retry-After");
    if (!value) return;
    const auto wanted = parse_retry_after(*value, now);
    if (!wanted) return;
    const auto pause = std::min(*wanted, detail::saturate(limit_.max_retry_after));
    at(from).block(detail::this_kernel.scheduler->now() + pause);
}

void rate_limiter::refuse_waiters() noexcept {
    for (auto& [key, one] : origins_) {
        if (one.line_.empty()) continue;
        one.line_.refuse_all();
        detail::this_kernel.scheduler->deadlines().clear(one);
    }
}

}  // namespace skein::client
