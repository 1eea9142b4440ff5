// Owns one attempt: a connection, the head and body of the request, the head of the response; and the other
// connection that it takes when the first turned out to be stale.
#include "client/session/attempt.hpp"

#include "client/connection/connect.hpp"
#include "client/connection/route.hpp"
#include "client/credentials/cookies.hpp"
#include "client/report/tell.hpp"
#include "client/request/upload.hpp"
#include "client/stream/upgrade.hpp"
#include "http1/encoder.hpp"
#include "task/wait_limit.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace skein::client {

namespace {

http1::request_kind kind_of(std::string_view method) noexcept {
    if (method == "HEAD") return http1::request_kind::head;
    if (method == "CONNECT") return http1::request_kind::connect;
    return http1::request_kind::ordinary;
}

/// Tells of the interim responses that have come, if the caller wants to hear of them.
void tell_interims(const sending& s, http1::exchange& x) {
    if (!s.request().hooks) [[likely]]
        return;
    for (const auto& head : x.take_interims()) s.request().hooks->on_interim(head.status, head.fields);
}

/// Fills the lease, once there is one, with a connection: false if it is new; `fresh`: it must be.
task<bool> get_connection(sending& s, lease& held, bool fresh) {
    if (!held) held = co_await wait_for_connection(s);
    if (fresh) held.drop_connection();
    const bool reused = held.has_connection();
    if (!reused) {
        auto made = co_await open(s);
        held.fill(std::move(made.bytes), std::move(made.facts));
    }
    co_return reused;
}

/// Waits until the request is written, or its response begins before that.
task<> wait_until_sent(sending& s, const http1::connection& wire, http1::exchange& x) {
    const due_time due = s.due(phase::write);
    detail::wait_limit limit(due.when);
    try {
        while (wire.is_sending() && !x.has_head() && !x.is_over()) {
            co_await x.news();
            tell_interims(s, x);
        }
    } catch (const cancelled_error&) {
        if (!limit.expired()) throw;
        s.fail_timeout(phase::write, due, "sending the request to " + s.peer());
    }
}

/// What of the request is not written yet.
task<> send_rest(sending& s, http1::connection& wire, http1::exchange& x) {
    return s.request().upload ? send_body(s, wire, x) : wait_until_sent(s, wire, x);
}

/// Until when a head is waited for; `broken`: why the request could not be sent, if so.
due_time due_for_head(const sending& s, std::error_code broken) {
    due_time due = s.due(phase::first_byte);
    // A server that closes early may have said why; if it has, that is already on its way.
    constexpr auto patience = std::chrono::seconds(1);
    if (broken) [[unlikely]]
        due.when = std::min(due.when, detail::this_kernel.scheduler->now() + patience);
    return due;
}

[[noreturn]] void fail_without_head(const sending& s, std::error_code broken, const due_time& due) {
    if (broken)
        s.fail<disconnected_error>("sending the request to " + s.peer() + " failed: " + broken.message(),
                                   s.host(), s.request().url.port(), broken);
    s.fail_timeout(phase::first_byte, due, "waiting for the response of " + s.peer());
}

/// The fields with cookies, if there are any for this hop: a copy in `merged`.
const headers* fields_with_cookies(const sending& s, headers& merged) {
    if (s.core().cookies().empty() && s.request().cookies.empty()) return &s.fields();
    if (s.request().method == "CONNECT") return &s.fields();  // a proxy may be the one to read them
    const std::string value =
        cookie_header(s.fields(), s.request(), s.core().cookies(), s.core().wall_time());
    if (value.empty()) return &s.fields();
    merged = s.fields();
    merged.set("Cookie", value);
    return &merged;
}

void note_connection(sending& s, const lease& held, bool reused) {
    s.progress().connection = held.connection().facts;
    s.progress().reused = reused;
    ++s.progress().attempts;
    s.core().count_request(reused);
}

/// Begins the exchange: the head goes out, and a body that is in memory.
void begin(const sending& s, http1::connection& wire, http1::exchange& x) {
    const request_state& r = s.request();
    headers merged;
    std::string absolute;
    http1::request_head head;
    head.method = r.method;
    head.target = r.url.target();
    if (is_forwarded(r)) [[unlikely]]
        head.target = absolute = absolute_target(r.url);
    head.host = r.url.host_header();
    head.fields = fields_with_cookies(s, merged);
    if (head.fields != &s.core().base_fields() || r.choices)
        head.fields = fields_on_route(s, head.fields, merged);
    auto kind = kind_of(r.method);
    if (kind == http1::request_kind::connect) [[unlikely]]
        head.target = head.host = absolute = authority_of(s);
    const auto& lines = s.core().base_lines();
    if (head.fields == &s.core().base_fields() && lines) {  // most requests add nothing
        head.plain_lines = *lines;
        head.fields = nullptr;
    }
    if (r.upload)
        head.body = r.upload->framing();
    else if (r.body)
        head.body = http1::request_body::sized(r.body->size());
    head.close = s.core().options().connector.force_close;
    std::string& room = s.core().head_room();
    room.clear();
    const auto [closes, upgrades] = http1::encode_head(room, head);
    if (upgrades && kind == http1::request_kind::ordinary) [[unlikely]]
        kind = http1::request_kind::upgrade;
    if (r.hooks && r.hooks->on_interim) x.keep_interims();
    if (r.upload)
        wire.begin_streamed(x, kind, room, closes);
    else
        wire.begin(x, kind, room, r.body, closes);
    if (s.is_traced()) tell_sent(s, room, !r.upload && r.body ? *r.body : std::string_view());
}

/// The server closed an idle connection just as we wrote to it. Nothing of an answer came, so a request that
/// may be repeated goes out again.
bool was_stale(const sending& s, const http1::connection& wire, const http1::exchange& x) {
    return s.progress().reused && x.head_bytes() == 0 && x.why().kind == http1::failure_kind::disconnected &&
           (wire.sent_bytes() == 0 || is_idempotent(s.request().method)) && s.request().can_replay();
}

task<> wait_for_turn(sending& s, rate_limiter& limiter) {
    auto& origin = limiter.at(s.request().url);
    if (origin.try_take()) co_return;
    s.enter(phase::pause);
    const due_time due = s.due(phase::pause);
    detail::wait_limit limit(due.when);
    try {
        co_await origin.turn();
    } catch (const cancelled_error&) {
        if (!limit.expired()) throw;
        s.fail_timeout(phase::pause, due, "waiting for a turn to ask " + s.peer() + ", under the rate limit");
    }
}

}  // namespace

task<lease> wait_for_connection(sending& s) {
    const auto started = detail::this_kernel.scheduler->now();
    const due_time due = s.due(phase::pool);
    detail::wait_limit limit(due.when);
    tell_if_traced(s, trace_kind::connection_queued_start);
    try {
        auto got = co_await s.core().acquire(s.request());
        tell_if_traced(s, trace_kind::connection_queued_end);
        co_return got;
    } catch (const cancelled_error&) {
        if (!limit.expired()) throw;
        const auto& pool = s.core().connections();
        const auto limit_text = [](std::size_t n) { return n == 0 ? "none" : std::to_string(n); };
        const auto waited = detail::this_kernel.scheduler->now() - started;
        s.fail_timeout(phase::pool, due,
                       "waiting " + duration_text(waited) + " for a free connection to " + s.peer() + " (" +
                           std::to_string(pool.open()) + " open, " + std::to_string(pool.idle()) +
                           " of them idle; limit " + limit_text(pool.limits().total) + ", per host " +
                           limit_text(pool.limits().per_host) + "; " + std::to_string(pool.waiting()) +
                           " others wait)");
    }
}

void keep_cookies(const sending& s, const http1::response_head& head) {
    if (s.request().method == "CONNECT") return;  // of a proxy, maybe
    s.core().cookies().take_all(head.fields, s.request().url, s.core().wall_time());
}

task<std::unique_ptr<response_state>> attempt(std::shared_ptr<sending> sent) {
    sending& s = *sent;
    rate_limiter* const limiter = s.core().limiter();
    if (limiter != nullptr) co_await wait_for_turn(s, *limiter);
    bool fresh = false;  // such a connection cannot be stale
    for (;;) {
        if (s.request().upload) co_await open_body(s);
        lease held = begin_attempt(s);
        bool reused = held && held.has_connection() && !fresh;
        if (!reused) reused = co_await get_connection(s, held, fresh);
        if (reused) tell_if_traced(s, trace_kind::connection_reuseconn, held.connection().facts->peer);
        note_connection(s, held, reused);

        s.enter(phase::write);
        http1::connection& wire = held.connection().wire;
        auto x = std::make_unique<http1::exchange>();
        begin(s, wire, *x);
        if (s.request().upload || wire.is_sending()) {
            co_await send_rest(s, wire, *x);
            tell_interims(s, *x);
        }
        s.progress().request_bytes += wire.sent_bytes();
        if (!x->has_head() && !x->is_over()) {
            s.enter(phase::first_byte);
            const std::error_code broken = wire.send_error();  // the connection may be gone after the wait
            const due_time due = due_for_head(s, broken);
            detail::wait_limit limit(due.when);
            try {
                while (!x->has_head() && !x->is_over()) {
                    co_await x->news();
                    tell_interims(s, *x);
                }
            } catch (const cancelled_error&) {
                if (limit.expired()) fail_without_head(s, broken, due);
                throw;
            }
        }
        if (x->has_head()) {
            s.enter(phase::read);
            s.progress().status = x->head().status;
            if (s.is_traced()) tell_response(s, trace_kind::response_head, x->head());
            if (x->head().status == 407) [[unlikely]]
                refuse_proxy_challenge(s, x->head());
            if (x->opens_tunnel()) [[unlikely]]
                check_switch(s, wire, x->head());
            if (x->has_set_cookie()) keep_cookies(s, x->head());
            if (limiter != nullptr) limiter->learn(s.request().url, x->head(), s.core().wall_time());
            fresh = false;
            if (s.request().upload && gives_up_expecting(s.request(), x->head().status)) continue;
            co_return std::make_unique<response_state>(std::move(sent), std::move(held), std::move(x));
        }
        if (!was_stale(s, wire, *x)) s.fail_exchange(*x);
        constexpr std::string_view why = "the server closed the idle connection";
        s.note_failure(why);
        tell_if_traced(s, trace_kind::request_retry, why);
        s.core().count_retry();
        fresh = true;
    }
}

task<> drain(sending& s, http1::exchange& x) {
    constexpr std::size_t worth_reading_bytes = 64 * 1024;
    constexpr auto worth_waiting = std::chrono::seconds(1);
    if (x.content_length().value_or(0) > worth_reading_bytes) co_return;
    const auto latest = detail::this_kernel.scheduler->now() + worth_waiting;
    detail::wait_limit limit(std::min(s.due(phase::read).when, latest));
    try {
        while (!x.is_over() && x.body().size() < worth_reading_bytes) co_await x.news();
    } catch (const cancelled_error&) {
        if (!limit.expired()) throw;
    }
}

}  // namespace skein::client
