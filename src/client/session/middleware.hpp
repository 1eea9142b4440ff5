// The middlewares around one attempt.
#pragma once

#include "client/session/attempt.hpp"
#include "client/session/sending.hpp"
#include "task/wait_limit.hpp"

#include <skein/middleware.hpp>

#include <cstddef>
#include <memory>
#include <string>

namespace skein::client {

/// attempt(), with the middlewares of the session and of the request around it. What they change is taken
/// back before the next attempt, or the next hop (sending::take_back_changes()).
task<std::unique_ptr<response_state>> attempt_in_middlewares(std::shared_ptr<sending> sent);

/// The attempt that a request is due for: where retries and hops go around.
inline task<std::unique_ptr<response_state>> next_attempt(const std::shared_ptr<sending>& sent) {
    return sent->has_middleware() ? attempt_in_middlewares(sent) : attempt(sent);
}

class middleware_chain {
public:
    explicit middleware_chain(std::shared_ptr<sending> sent);
    middleware_chain(const middleware_chain&) = delete;
    middleware_chain& operator=(const middleware_chain&) = delete;

    task<std::unique_ptr<response_state>> run();
    /// What is inside of the first `index` middlewares.
    task<client_response> call(attempt_request& request, std::size_t index);

    sending& sent() const noexcept { return *sent_; }
    client_response answer(int status, std::string content, headers fields);

private:
    const middleware* at(std::size_t index) const noexcept;
    task<client_response> innermost();
    void end_attempt();

    std::shared_ptr<sending> sent_;
    attempt_request request_;
    due_time due_;              // of the whole request
    detail::wait_limit limit_;  // on the middlewares' own waits; an attempt has its own limits
    bool in_attempt_ = false;
};

}  // namespace skein::client
