// Owns the life of a request: one attempt after the other, the hops of its redirects, and what becomes of the
// last response.
#include "client/session/send.hpp"

#include "client/credentials/authorization.hpp"
#include "client/report/tell.hpp"
#include "client/request/upload.hpp"
#include "client/response/response_state.hpp"
#include "client/response/resume.hpp"
#include "client/session/middleware.hpp"
#include "client/session/redirect.hpp"
#include "client/session/retry.hpp"
#include "client/session/sending.hpp"
#include "client/session/session_core.hpp"
#include "task/wait_limit.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace skein::client {

namespace {

/// Turns the request into that of the next hop; gives the hop that it leaves.
hop follow(sending& s, http1::response_head& head) {
    request_state& r = s.request();
    const int most = std::max(0, r.max_redirects.value_or(s.core().options().max_redirects));
    if (s.progress().redirects >= static_cast<unsigned>(most))
        s.fail<too_many_redirects>("more than " + std::to_string(s.progress().redirects) + " redirects");
    url from = r.url;
    s.take_back_changes();
    s.own_fields();
    try {
        follow_redirect(r, from, head, s.core().options());
    } catch (const invalid_url& e) {
        s.fail<invalid_url>(e.what());
    } catch (const payload_error& e) {
        s.fail<payload_error>(e.what());
    }
    ++s.progress().redirects;
    if (r.auth) authorize(s);
    if (s.is_traced()) tell_redirect(s, from, head);
    return {std::move(from), head.status, std::move(head.fields)};
}

}  // namespace

task<client_response> send(std::unique_ptr<request_state> request) {
    request->core->enter();
    take_url_credentials(*request);
    if (request->upload) settle_upload(*request);
    const auto sent =
        std::allocate_shared<sending>(detail::recycling_allocator<sending>(), std::move(request));
    const request_state& r = sent->request();
    const bool follows = r.follow_redirects.value_or(true);
    const bool raises = r.raise_for_status.value_or(sent->core().options().raise_for_status);
    if (r.auth) authorize(*sent);
    std::vector<hop> history;
    tell_if_traced(*sent, trace_kind::request_start);

    for (;;) try {
            auto trying = sent->retries() != nullptr ? attempt_and_retry(sent) : next_attempt(sent);
            auto response = co_await trying;
            http1::exchange& x = *response->x;
            const bool redirected = follows && is_redirect(x.head()) && r.method != "CONNECT";
            if (redirected) history.push_back(follow(*sent, x.head()));
            if (redirected || (r.auth && answer_challenge(*sent, x.head()))) {
                co_await drain(*sent, x);
                continue;
            }
            if (sent->is_traced()) tell_response(*sent, trace_kind::request_end, x.head());
            if (raises && x.head().status >= 400) sent->fail_status(x.head());
            response->hops = std::move(history);
            if (r.resumable) make_resumable(*response);
            response->end_is_due = sent->is_traced();
            response->release_if_over();
            co_return client_response(std::move(response));
        } catch (...) {
            if (sent->is_traced()) tell_exception(*sent);
            throw;
        }
}

}  // namespace skein::client
