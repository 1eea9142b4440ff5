// Owns how a body is continued: when it may be, what is asked for, and how the answer takes the place of the
// exchange that was cut.
#include "client/response/resume.hpp"

#include "client/response/response_state.hpp"
#include "client/session/attempt.hpp"
#include "client/session/middleware.hpp"
#include "client/session/retry.hpp"
#include "client/session/retry_rules.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

namespace skein::client {

namespace {

const retry_settings& settings_of(const sending& s) {
    static const retry_settings by_default{};
    return s.retries() != nullptr ? *s.retries() : by_default;
}

void ask_for_the_rest(sending& s, const resumption& plan) {
    s.take_back_changes();
    headers& fields = s.own_fields();
    fields.set("Range", range_from(plan.part, plan.at));
    fields.set("If-Range", plan.part.validator);
    // These are for the first answer; now they would have the server send nothing.
    fields.remove("If-None-Match");
    fields.remove("If-Modified-Since");
}

/// The answer becomes the exchange that is read.
void take_over(response_state& r, response_state& next, const continuation& how) {
    resumption& plan = *r.resume;
    plan.earlier_bytes += r.x->body_bytes();
    if (!plan.first) plan.first = std::move(r.x);
    r.x = std::move(next.x);
    r.held = std::move(next.held);
    r.pace.restart();
    r.piece_is_out = false;
    plan.until = how.until ? how.until : plan.part.end;
    plan.skip = how.what == continuation::kind::all ? plan.at : 0;
    if (!plan.part.size) plan.part.size = how.size;
    if (!plan.part.end) plan.part.end = how.size;
}

/// One request for the rest. An answer that asks for patience, or an error that may pass, is in `why`; then
/// there is a pause to be made before the next one.
task<bool> try_to_continue(response_state& r, std::string& why, headers& told) {
    sending& s = *r.sent;
    resumption& plan = *r.resume;
    std::unique_ptr<response_state> next;
    try {
        next = co_await next_attempt(r.sent);
    } catch (const error& e) {
        if (!is_transient(e)) throw;
        why = short_text(e);
        co_return false;
    }
    http1::response_head& head = next->x->head();
    if (settings_of(s).policy.statuses.contains(head.status)) {
        why = std::to_string(head.status);
        told = head.fields;
        co_await drain(s, *next->x);
        co_return false;
    }
    const auto how = judge_continuation(plan.part, plan.at, head, next->x->content_length());
    if (how.what == continuation::kind::refused)
        s.fail<payload_error>("the body from " + s.peer() + " cannot be resumed at byte " +
                              std::to_string(plan.at) + ": the server sent " + how.why);
    if (how.what == continuation::kind::complete)
        plan.complete = true;
    else
        take_over(r, *next, how);
    co_return true;
}

/// How long to wait before the rest is asked for. Nothing: it is not.
std::optional<clock::duration> pause_before_resuming(sending& s, resumption& plan, const headers& told) {
    const retry_policy& policy = settings_of(s).policy;
    if (++plan.failures >= policy.attempts) return std::nullopt;
    const auto wait = pause_before(s, policy, plan.failures, &told);
    // Who makes progress does not use up the budget: a long body may be cut many times.
    if (wait && plan.failures > 1 && !s.core().tokens().take()) return std::nullopt;
    return wait;
}

[[noreturn]] void give_up(const response_state& r, const std::exception_ptr& failure) {
    if (failure && !r.x->was_cut()) std::rethrow_exception(failure);
    if (failure) r.sent->fail_exchange(*r.x);  // the same, and how often it was tried
    r.sent->fail<payload_error>("the body from " + r.sent->peer() + " came in parts, up to byte " +
                                std::to_string(r.resume->at));
}

/// The exchange has failed with `failure`, for a reason that may pass; null: it was only a part of the rest.
task<> go_on(response_state& r, std::exception_ptr failure, std::string why) {
    sending& s = *r.sent;
    headers told;
    r.held.release();
    s.restart_default_total();  // it does not bound the body, but each attempt at the rest of it
    for (bool continued = false; !continued;) {
        s.note_reason(why);
        const auto wait = pause_before_resuming(s, *r.resume, told);
        if (!wait) give_up(r, failure);
        s.note_repetition();
        told.clear();
        co_await pause(s, *wait);
        ask_for_the_rest(s, *r.resume);
        continued = co_await try_to_continue(r, why, told);
    }
}

/// Whether the body ended where it should, if this exchange has come to its end.
void check_end(const response_state& r) {
    const resumption& plan = *r.resume;
    if (plan.skip == 0 && (!plan.until || plan.at == *plan.until)) return;
    r.sent->fail<payload_error>("the body from " + r.sent->peer() + " ends at byte " +
                                std::to_string(plan.at) + ", before its Content-Range does");
}

/// Notes a piece, without what was read before: nothing may be left of it.
byte_view note_piece(response_state& r, byte_view piece) {
    resumption& plan = *r.resume;
    const auto known = static_cast<std::size_t>(std::min<std::uint64_t>(plan.skip, piece.size()));
    plan.skip -= known;
    piece = piece.subspan(known);
    if (piece.empty()) return piece;
    if (plan.until && piece.size() > *plan.until - plan.at) {
        r.close();
        r.sent->fail<payload_error>("the body from " + r.sent->peer() + " goes on behind byte " +
                                    std::to_string(*plan.until) + ", where its Content-Range ends");
    }
    plan.at += piece.size();
    plan.failures = 0;
    r.sent->forget_repetitions();
    return piece;
}

/// Whether the exchange failed of what may pass: a stall or a cut. Throws if only that is in the way which
/// the first response says.
bool may_pass(const response_state& r, const error& e) {
    const auto* timeout = dynamic_cast<const timeout_error*>(&e);
    const std::string& obstacle = r.resume->part.obstacle;
    if (timeout != nullptr) return !timeout->total() && obstacle.empty();
    if (r.x->was_cut() && !obstacle.empty())
        r.sent->fail_exchange(*r.x, "; it cannot be resumed: " + obstacle);
    return r.x->was_cut();
}

}  // namespace

void make_resumable(response_state& first) {
    auto plan = std::make_unique<resumption>();
    plan->content_length = first.x->content_length();
    plan->part = part_of(first.x->head(), plan->content_length, first.sent->core().wall_time());
    plan->at = plan->part.first;
    plan->until = plan->part.end;
    first.resume = std::move(plan);
}

task<std::optional<byte_view>> next_piece_or_resume(response_state& r) {
    resumption& plan = *r.resume;
    const auto how = r.how;
    while (!plan.complete) {
        std::exception_ptr failure;
        std::string why = "a shorter part than was asked for";
        std::optional<byte_view> piece;
        try {
            piece = co_await r.next_piece_of_exchange();
        } catch (const error& e) {
            if (!may_pass(r, e)) throw;
            failure = std::current_exception();
            why = short_text(e);
        }
        if (piece) {
            const byte_view fresh = note_piece(r, *piece);
            if (!fresh.empty()) co_return fresh;
            continue;
        }
        if (!failure) {
            check_end(r);
            plan.complete = !plan.part.end || plan.at == *plan.part.end;
            if (plan.complete) break;
        }
        try {
            r.how = how;  // what ran out of time was closed
            co_await go_on(r, std::move(failure), std::move(why));
        } catch (...) {
            r.close();
            throw;
        }
    }
    co_return std::nullopt;
}

}  // namespace skein::client
