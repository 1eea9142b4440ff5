// Owns the making of trace events.
#include "client/report/tell.hpp"

#include "client/connection/route.hpp"
#include "client/response/response_state.hpp"
#include "client/session/session_core.hpp"
#include "http/field_grammar.hpp"
#include "task/describe.hpp"

#include <skein/cancelled_error.hpp>
#include <skein/detail/report.hpp>

#include <string>

namespace skein::client {

namespace {

void call(const trace_function& told, const trace_event& event) noexcept {
    if (!told) return;
    try {
        told(event);
    } catch (...) {
        detail::report_lost("exception of a trace function", std::current_exception());
    }
}

/// The fields of a head that was encoded: what is on the wire, in its order.
headers fields_of(std::string_view head) {
    headers fields;
    for (auto from = head.find("\r\n"); from != head.npos;) {
        head.remove_prefix(from + 2);
        from = head.find("\r\n");
        const std::string_view line = head.substr(0, from);
        const auto colon = line.find(':');
        if (colon != line.npos)
            fields.append(line.substr(0, colon), http::trim_blanks(line.substr(colon + 1)));
    }
    return fields;
}

}  // namespace

void tell(const sending& s, trace_event event) noexcept {
    const request_state& r = s.request();
    std::string redacted;
    std::string through;
    if (const proxy* p = via(r)) event.via = through = p->to_string();
    event.request = s.trace_number();
    if (event.method.empty()) event.method = r.method;
    if (event.url.empty() && !r.url.has_credentials()) event.url = r.url.str();
    if (const auto* scheduler = detail::this_kernel.scheduler) {  // a body may be read without a loop
        event.when = scheduler->now();
        if (s.core().has_wall_time()) event.wall_time = s.core().wall_time();
    }
    if (event.url.empty()) {
        redacted = r.url.redacted();
        event.url = redacted;
    }
    call(s.core().options().trace, event);
    if (r.hooks) call(r.hooks->trace, event);
}

void tell_sent(const sending& s, std::string_view head, std::string_view body) noexcept {
    const headers fields = fields_of(head);
    trace_event sent = event_of(trace_kind::request_headers_sent);
    sent.fields = &fields;
    tell(s, sent);
    if (!body.empty()) tell_piece_sent(s, as_bytes(body));
}

void tell_piece_sent(const sending& s, byte_view piece) noexcept {
    trace_event e = event_of(trace_kind::request_chunk_sent);
    e.data = piece;
    tell(s, e);
}

void tell_response(const sending& s, trace_kind kind, const http1::response_head& head) noexcept {
    trace_event e = event_of(kind, head.reason);
    e.status = head.status;
    e.version = head.version;
    e.fields = &head.fields;
    tell(s, e);
}

void tell_redirect(const sending& s, const url& from, const http1::response_head& head) noexcept {
    const std::string left = from.redacted();
    const std::string next = s.request().url.redacted();
    trace_event e = event_of(trace_kind::request_redirect, next);
    e.url = left;
    e.status = head.status;
    e.fields = &head.fields;
    tell(s, e);
}

void tell_exception(const sending& s) noexcept {
    trace_event e = event_of(trace_kind::request_exception);
    e.error = std::current_exception();
    const std::string text = detail::words_of(e.error);
    e.text = text;
    tell(s, e);
}

// ---- the body of a response

task<std::optional<byte_view>> response_state::told_piece() {
    const bool due = std::exchange(end_is_due, false);
    try {
        auto piece = co_await untold_piece();
        end_is_due = due;
        if (piece) {
            trace_event e = event_of(trace_kind::response_chunk_received);
            e.data = *piece;
            tell(*sent, e);
        } else {
            tell_end();
        }
        co_return piece;
    } catch (...) {
        tell_exception(*sent);
        throw;
    }
}

void response_state::tell_end() noexcept {
    if (!std::exchange(end_is_due, false)) return;
    trace_event e = event_of(trace_kind::response_end);
    e.count = x->body_bytes();
    tell(*sent, e);
}

}  // namespace skein::client
