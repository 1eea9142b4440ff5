// Owns the life of a request: connection, head, body, response head; another attempt after a stale
// connection; the next hop of a redirect.
#include "client/send.hpp"

#include "client/connect.hpp"
#include "client/cookies.hpp"
#include "client/decoding.hpp"
#include "client/redirect.hpp"
#include "client/response_state.hpp"
#include "client/sending.hpp"
#include "client/session_core.hpp"
#include "client/upload.hpp"
#include "http/field_grammar.hpp"
#include "http1/encoder.hpp"
#include "task/wait_limit.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace skein::client {

namespace {

/// Methods whose repetition does no harm (RFC 9110, section 9.2.2).
bool is_idempotent(std::string_view method) noexcept {
    return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE" ||
           method == "PUT" || method == "DELETE" || method == "QUERY";
}

http1::request_kind kind_of(std::string_view method) noexcept {
    if (method == "HEAD") return http1::request_kind::head;
    if (method == "CONNECT") return http1::request_kind::connect;
    return http1::request_kind::ordinary;
}

/// Adds what the session and the library say, and the request does not.
void add_base_fields(request_state& r, const session_core& core) {
    const auto is_skipped = [&](std::string_view name) {
        return std::any_of(r.skip_auto_headers.begin(), r.skip_auto_headers.end(),
                           [&](const auto& one) { return http::equals_ignoring_case(one, name); });
    };
    const bool chooses = !r.fields.contains("Accept-Encoding") && !is_skipped("Accept-Encoding");
    headers added;
    for (auto [name, value] : core.base_fields())
        if (!r.fields.contains(name) && !is_skipped(name)) added.append(name, value);
    for (auto [name, value] : added) r.fields.append(name, value);
    if (chooses) choose_codings(r.fields, r, core.options());
}

task<lease> wait_for_connection(sending& s) {
    const auto started = detail::this_kernel.scheduler->now();
    const due_time due = s.due(phase::pool);
    detail::wait_limit limit(due.when);
    try {
        co_return co_await s.core().acquire(s.request().url);
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

/// Tells of the interim responses that have come, if the caller wants to hear of them.
void tell_interims(const sending& s, http1::exchange& x) {
    if (!s.request().hooks) [[likely]]
        return;
    for (const auto& head : x.take_interims()) s.request().hooks->on_interim(head.status, head.fields);
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

task<> wait_for_head(sending& s, const http1::connection& wire, http1::exchange& x) {
    due_time due = s.due(phase::first_byte);
    // A server that closes early may have said why; if it has, that is already on its way.
    constexpr auto patience = std::chrono::seconds(1);
    const bool broken = bool(wire.send_error());
    const auto latest = detail::this_kernel.scheduler->now() + patience;
    if (broken) due.when = std::min(due.when, latest);
    detail::wait_limit limit(due.when);
    try {
        while (!x.has_head() && !x.is_over()) {
            co_await x.news();
            tell_interims(s, x);
        }
    } catch (const cancelled_error&) {
        if (!limit.expired()) throw;
        if (broken)
            s.fail<disconnected_error>(
                "sending the request to " + s.peer() + " failed: " + wire.send_error().message(), s.host(),
                s.request().url.port(), wire.send_error());
        s.fail_timeout(phase::first_byte, due, "waiting for the response of " + s.peer());
    }
}

/// A redirect's own body: taken in if it is short and comes soon, so that the connection can go on.
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

/// Errors of the redirect rules, with the report.
void follow(sending& s, const http1::response_head& head) {
    try {
        follow_redirect(s.request(), head, s.core().options());
    } catch (const invalid_url& e) {
        s.fail<invalid_url>(e.what());
    } catch (const payload_error& e) {
        s.fail<payload_error>(e.what());
    }
}

/// The fields of this hop: with cookies, if there are any for it, a copy in `merged`.
const headers* with_cookies(const sending& s, const headers& fields, headers& merged) {
    const std::string value = cookie_header(fields, s.request(), s.core().cookies(), s.core().wall_time());
    if (value.empty()) return &fields;
    merged = fields;
    merged.set("Cookie", value);
    return &merged;
}

/// What the response sets, whatever its status.
void keep_cookies(const sending& s, const http1::response_head& head) {
    if (head.fields.contains("Set-Cookie"))
        s.core().cookies().take_all(head.fields, s.request().url, s.core().wall_time());
}

}  // namespace

task<client_response> send(std::unique_ptr<request_state> request) {
    request->core->enter();
    sending s(std::move(request));
    request_state& r = s.request();
    take_url_credentials(r);
    if (r.upload) settle_upload(r);
    const headers& base = s.core().base_fields();
    const headers* fields = &base;
    if (!r.fields.empty() || r.decompress || !r.skip_auto_headers.empty()) {
        add_base_fields(r, s.core());
        fields = &r.fields;
    }
    const bool follows = r.follow_redirects.value_or(r.method != "HEAD");
    std::vector<hop> history;
    bool retried = false;

    for (;;) {
        if (r.upload) co_await open_body(s);
        s.enter(phase::pool);
        lease held = s.core().try_acquire(r.url);
        if (!held) held = co_await wait_for_connection(s);
        if (retried) held.drop_connection();  // a fresh one cannot be stale
        const bool reused = held.has_connection();
        if (!reused) co_await open_connection(s, held);
        pooled& connection = held.connection();
        s.progress().connection = connection.facts;
        s.progress().reused = reused;
        ++s.progress().attempts;
        s.core().count_request();

        s.enter(phase::write);
        http1::request_head head;
        head.method = r.method;
        head.target = r.url.target();
        head.host = r.url.host_header();
        head.fields = fields;
        headers merged;
        if (!s.core().cookies().empty() || !r.cookies.empty()) head.fields = with_cookies(s, *fields, merged);
        if (r.upload)
            head.body = r.upload->framing();
        else if (r.body)
            head.body = http1::request_body::sized(r.body->size());
        head.close = s.core().options().connector.force_close;
        http1::connection& wire = connection.wire;
        wire.head_buffer().clear();
        const bool closes = http1::encode_head(wire.head_buffer(), head).close;

        auto x = std::make_unique<http1::exchange>();
        if (r.hooks && r.hooks->on_interim) x->keep_interims();
        if (r.upload) {
            wire.begin_streamed(*x, kind_of(r.method), closes);
            co_await send_body(s, wire, *x);
        } else {
            wire.begin(*x, kind_of(r.method), r.body, closes);
            if (wire.is_sending()) co_await wait_until_sent(s, wire, *x);
        }
        s.progress().request_bytes += wire.sent_bytes();
        if (!x->has_head() && !x->is_over()) {
            s.enter(phase::first_byte);
            co_await wait_for_head(s, wire, *x);
        }

        if (!x->has_head()) {
            // The server closed an idle connection just as we wrote to it. Nothing of an answer came, so a
            // request that may be repeated goes out again, once, on a connection of its own.
            const bool stale =
                reused && x->head_bytes() == 0 && x->why().kind == http1::failure_kind::disconnected;
            const bool harmless = wire.sent_bytes() == 0 || is_idempotent(r.method);
            if (!stale || !harmless || !r.can_replay()) s.fail_exchange(*x);
            retried = true;
            s.core().count_retry();
            continue;
        }
        s.enter(phase::read);
        keep_cookies(s, x->head());

        if (r.upload && gives_up_expecting(r, x->head().status)) {
            retried = false;
            continue;
        }
        if (follows && is_redirect(x->head())) {
            if (s.progress().redirects >= static_cast<unsigned>(std::max(
                                              0, r.max_redirects.value_or(s.core().options().max_redirects))))
                s.fail<too_many_redirects>("more than " + std::to_string(s.progress().redirects) +
                                           " redirects");
            if (fields == &base) r.fields = base;
            fields = &r.fields;
            url from = r.url;
            follow(s, x->head());
            co_await drain(s, *x);
            hop passed{std::move(from), x->head().status, std::move(x->head().fields)};
            history.push_back(std::move(passed));
            ++s.progress().redirects;
            retried = false;
            continue;
        }
        if (x->head().status >= 400 && r.raise_for_status.value_or(s.core().options().raise_for_status))
            s.fail_status(x->head());
        co_return client_response(std::make_unique<response_state>(std::move(s), std::move(held),
                                                                   std::move(x), std::move(history)));
    }
}

}  // namespace skein::client
