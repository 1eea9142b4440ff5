// Owns the order of middlewares, and what they may do to a request.
#include "client/session/middleware.hpp"

#include "client/credentials/cookies.hpp"
#include "client/response/response_state.hpp"
#include "client/session/redirect.hpp"
#include "client/session/session_core.hpp"
#include "http/field_grammar.hpp"

#include <skein/error.hpp>

#include <stdexcept>
#include <utility>

namespace skein {

// ---- attempt_request

namespace {

client::request_state& request_of(client::middleware_chain& chain) noexcept {
    return chain.sent().request();
}

}  // namespace

const std::string& attempt_request::method() const noexcept {
    return request_of(chain_).method;
}
const skein::url& attempt_request::url() const noexcept {
    return request_of(chain_).url;
}
const skein::headers& attempt_request::headers() const noexcept {
    return chain_.sent().fields();
}
std::optional<std::string_view> attempt_request::body() const noexcept {
    const auto& body = request_of(chain_).body;
    if (!body) return std::nullopt;
    return *body;
}
std::string attempt_request::cookie_header() const {
    const auto& s = chain_.sent();
    std::string value =
        client::cookie_header(s.fields(), s.request(), s.core().cookies(), s.core().wall_time());
    if (value.empty()) value = s.fields().get("Cookie").value_or("");
    return value;
}
unsigned attempt_request::redirects() const noexcept {
    return chain_.sent().progress().redirects;
}
unsigned attempt_request::attempts() const noexcept {
    return chain_.sent().progress().attempts;
}

void attempt_request::set_method(std::string_view name) {
    if (!http::is_token(name)) throw std::invalid_argument("request method: not a token (RFC 9110, 9.1)");
    chain_.sent().set_attempt_aside();
    request_of(chain_).method = name;
}

void attempt_request::set_url(const skein::url& to) {
    if (to.scheme() != "http" && to.scheme() != "https")
        throw invalid_url("the scheme of " + to.redacted() + " is not http or https");
    chain_.sent().set_attempt_aside();
    auto& request = request_of(chain_);
    if (!to.same_origin(request.url)) {
        request.cookies.clear();
        chain_.sent().own_fields().remove("Host");
    }
    request.url = to;
    if (!to.has_credentials()) return;
    (void)chain_.sent().own_fields();
    client::take_url_credentials(request);
}

void attempt_request::set_header(std::string_view name, std::string_view value) {
    chain_.sent().own_fields().set(name, value);
}
void attempt_request::add_header(std::string_view name, std::string_view value) {
    chain_.sent().own_fields().append(name, value);
}
void attempt_request::remove_header(std::string_view name) {
    chain_.sent().own_fields().remove(name);
}
void attempt_request::set_body(std::string content) {
    chain_.sent().replace_body(std::make_shared<const std::string>(std::move(content)));
}
void attempt_request::remove_body() {
    chain_.sent().replace_body(nullptr);
}

client_response attempt_request::respond(int status, std::string content, skein::headers fields) {
    return chain_.answer(status, std::move(content), std::move(fields));
}

// ---- next_handler

task<client_response> next_handler::operator()(attempt_request& request) const {
    return chain_->call(request, index_);
}

}  // namespace skein

namespace skein::client {

// ---- middleware_chain

middleware_chain::middleware_chain(std::shared_ptr<sending> sent)
    : sent_(std::move(sent)), request_(*this), due_(sent_->due(phase::none)), limit_(due_.when) {
    sent_->take_back_changes();
    sent_->begin_changes();
    sent_->enter(phase::none);
}

const middleware* middleware_chain::at(std::size_t index) const noexcept {
    const request_hooks* own = sent_->request().hooks.get();
    const auto& of_session = sent_->core().options().middleware;
    if (own == nullptr || own->session_middleware) {
        if (index < of_session.size()) return &of_session[index];
        index -= of_session.size();
    }
    return own != nullptr && index < own->middlewares.size() ? &own->middlewares[index] : nullptr;
}

task<std::unique_ptr<response_state>> middleware_chain::run() {
    try {
        auto response = co_await call(request_, 0);
        if (!response.state_) throw std::logic_error("a middleware returned a response that was moved from");
        sent_->enter(phase::read);
        co_return std::move(response.state_);
    } catch (const cancelled_error&) {
        if (!limit_.expired()) throw;
        sent_->fail_timeout(phase::none, due_, "in a middleware");
    }
}

task<client_response> middleware_chain::call(attempt_request& request, std::size_t index) {
    if (&request != &request_) throw std::logic_error("next() was given another request than the middleware");
    if (const middleware* around = at(index)) return (*around)(request_, next_handler(*this, index + 1));
    return innermost();
}

task<client_response> middleware_chain::innermost() {
    if (in_attempt_) throw std::logic_error("a middleware called next() while another call goes on");
    in_attempt_ = true;
    sent_->progress().go_on();
    limit_.reset(clock::time_point::max());
    try {
        auto state = co_await attempt(sent_);
        end_attempt();
        co_return client_response(std::move(state));
    } catch (...) {
        end_attempt();
        throw;
    }
}

void middleware_chain::end_attempt() {
    in_attempt_ = false;
    limit_.reset(due_.when);
    sent_->enter(phase::none);
}

client_response middleware_chain::answer(int status, std::string content, headers fields) {
    if (status < 200 || status > 599)
        throw std::invalid_argument("status " + std::to_string(status) + " is none of a response");
    http1::response_head head;
    head.status = status;
    head.fields = std::move(fields);
    keep_cookies(*sent_, head);
    auto x = http1::exchange::made(std::move(head), as_bytes(content));
    return client_response(std::make_unique<response_state>(sent_, lease(), std::move(x)));
}

task<std::unique_ptr<response_state>> attempt_in_middlewares(std::shared_ptr<sending> sent) {
    middleware_chain chain(std::move(sent));
    co_return co_await chain.run();
}

}  // namespace skein::client
