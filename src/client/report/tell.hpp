// Tells the trace functions of a request what happens to it. To be called where sending::is_traced() only:
// who is not asked pays a branch.
#pragma once

#include "client/session/sending.hpp"

#include <skein/trace.hpp>

#include <exception>
#include <string_view>
#include <utility>

namespace skein::client {

/// An event; what is left out of it is filled in: which request, when, method and URL.
void tell(const sending& s, trace_event event) noexcept;

inline trace_event event_of(trace_kind kind, std::string_view text = {}) noexcept {
    trace_event e{};
    e.kind = kind;
    e.text = text;
    return e;
}

/// If anybody listens.
inline void tell_if_traced(const sending& s, trace_kind kind, std::string_view text = {}) noexcept {
    if (s.is_traced()) [[unlikely]]
        tell(s, event_of(kind, text));
}

/// What was encoded goes out: the head, and of the body what lies in memory.
void tell_sent(const sending& s, std::string_view head, std::string_view body) noexcept;
/// A piece of a body that is made while it is sent, as it is on the wire but for its framing.
void tell_piece_sent(const sending& s, byte_view piece) noexcept;
/// A response, in one of the kinds that tell of one.
void tell_response(const sending& s, trace_kind kind, const http1::response_head& head) noexcept;
/// A redirect from there to where the request goes now.
void tell_redirect(const sending& s, const url& from, const http1::response_head& head) noexcept;
/// What the running handler has caught.
void tell_exception(const sending& s) noexcept;

}  // namespace skein::client
