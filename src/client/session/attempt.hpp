// One attempt at a request, from the pool to the head of the response.
#pragma once

#include "client/connection/route.hpp"
#include "client/response/response_state.hpp"
#include "client/session/sending.hpp"
#include "client/session/session_core.hpp"

#include <skein/task.hpp>

#include <memory>

namespace skein::client {

/// Sends the request as it stands, and gives the response once its head is in, whatever its status. A
/// connection that turns out to be stale is replaced, once, without being counted as a failure.
/// *Cancellation:* at once, in any phase; the connection is closed. *Throws:* errors of error.hpp, with the
/// report.
task<std::unique_ptr<response_state>> attempt(std::shared_ptr<sending> sent);

/// How each begins: with its way, and with a connection that is idle, or a place for one, if it need not
/// wait.
inline lease begin_attempt(sending& s) {
    s.enter(phase::pool);
    s.begin_attempt();
    choose_route_if_any(s, s.request());
    return s.core().try_acquire(s.request());
}

/// Waits for a connection that is idle, or a place for one, within the time limit of the phase pool.
task<lease> wait_for_connection(sending& s);

/// A response that nobody will read: its body is taken in if it is short and comes soon, so that the
/// connection can go on.
task<> drain(sending& s, http1::exchange& x);
/// Keeps the cookies that a response sets, whatever its status.
void keep_cookies(const sending& s, const http1::response_head& head);

}  // namespace skein::client
