// Owns the repetition of attempts: whether, when, and what is said about it.
#include "client/session/retry.hpp"

#include "client/session/attempt.hpp"
#include "client/session/middleware.hpp"
#include "client/session/retry_rules.hpp"
#include "client/session/session_core.hpp"
#include "loop/random.hpp"
#include "task/wait_limit.hpp"

#include <skein/sleep.hpp>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace skein::client {

namespace {

std::uint64_t draw() {
    std::array<std::uint64_t, 1> number{};
    loop::fill_random(std::as_writable_bytes(std::span(number)));
    return number[0];
}

bool is_wanted(const retry_settings& settings, const retry_candidate& one) {
    if (settings.when) return (one.error != nullptr || one.status >= 400) && settings.when(one);
    if (one.error != nullptr) return settings.policy.errors && is_transient(*one.error);
    return settings.policy.statuses.contains(one.status);
}

bool may_repeat(const request_state& r, const retry_policy& policy, const retry_candidate& one) {
    if (const auto* timeout = dynamic_cast<const timeout_error*>(one.error);
        timeout != nullptr && timeout->total())
        return false;
    const bool harmless = policy.any_method || is_idempotent(r.method) ||
                          (one.error != nullptr && nothing_was_sent(*one.error));
    return harmless && r.can_replay();
}

/// The pause before the next attempt; nothing if this one was the last.
std::optional<clock::duration> judge(sending& s, const retry_candidate& one) {
    const retry_settings& settings = *s.retries();
    if (!is_wanted(settings, one)) {
        if (one.error == nullptr) s.core().tokens().refund();
        return std::nullopt;
    }
    if (one.attempt >= settings.policy.attempts || !may_repeat(s.request(), settings.policy, one))
        return std::nullopt;
    const auto wait = pause_before(s, settings.policy, one.attempt, one.headers);
    return wait && s.core().tokens().take() ? wait : std::nullopt;
}

}  // namespace

std::optional<clock::duration> pause_before(sending& s, const retry_policy& policy, unsigned repetition,
                                            const headers* response) {
    if (s.core().is_closed()) return std::nullopt;
    std::optional<clock::duration> asked;
    if (const auto value = response != nullptr ? response->get("Retry-After") : std::nullopt)
        asked = parse_retry_after(*value, s.core().wall_time());
    if (asked && *asked > detail::saturate(policy.max_retry_after)) return std::nullopt;
    const clock::duration wait = asked ? *asked : backoff_before(repetition, policy, draw());
    // Better the answer that is there than a time limit that runs out for certain.
    if (detail::this_kernel.scheduler->now() + wait >= s.due(phase::pause).when) return std::nullopt;
    return wait;
}

task<> pause(sending& s, clock::duration how_long) {
    s.enter(phase::pause);
    const due_time due = s.due(phase::pause);
    detail::wait_limit limit(due.when);
    try {
        co_await sleep(how_long);
    } catch (const cancelled_error&) {
        if (!limit.expired()) throw;
        s.fail_timeout(phase::pause, due, "waiting to ask " + s.peer() + " again");
    }
    s.core().enter();  // it may have been closed
}

task<std::unique_ptr<response_state>> attempt_and_retry(std::shared_ptr<sending> sent) {
    sending& s = *sent;
    s.forget_repetitions();  // of the hop before
    for (retry_candidate one;; ++one.attempt) {
        std::unique_ptr<response_state> response;
        std::optional<clock::duration> wait;
        try {
            response = co_await next_attempt(sent);
            one.status = response->x->head().status;
            one.headers = &response->x->head().fields;
            one.error = nullptr;
            wait = judge(s, one);
            if (wait) s.note_reason(std::to_string(one.status));
        } catch (const error& e) {
            one.status = 0;
            one.headers = nullptr;
            one.error = &e;
            wait = judge(s, one);
            if (!wait) throw;
            s.note_reason(short_text(e));
            one.error = nullptr;
        }
        if (!wait) co_return response;
        s.note_repetition();
        if (response) co_await drain(s, *response->x);
        response.reset();
        co_await pause(s, *wait);
    }
}

}  // namespace skein::client
