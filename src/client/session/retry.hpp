// The attempts at one hop of a request, as many as its retry policy allows.
#pragma once

#include "client/response/response_state.hpp"
#include "client/session/sending.hpp"

#include <skein/task.hpp>

#include <memory>
#include <optional>

namespace skein::client {

/// One attempt after the other, until one ends well or the policy (which the request or its session must
/// have) wants no more. Gives the last response, or throws the last error, which says how often and why.
/// *Cancellation:* at once. *Throws:* as attempt().
task<std::unique_ptr<response_state>> attempt_and_retry(std::shared_ptr<sending> sent);

/// For who repeats by itself: how long to wait before the n-th repetition (from 1). Nothing if the server
/// asks for more patience than the policy has, the time limit of the whole would run out meanwhile, or the
/// session is closed.
std::optional<clock::duration> pause_before(sending& s, const retry_policy& policy, unsigned repetition,
                                            const headers* response);
/// Waits so long, in a phase of its own. *Throws:* timeout_error; std::logic_error if the session is closed
/// meanwhile.
task<> pause(sending& s, clock::duration how_long);

}  // namespace skein::client
