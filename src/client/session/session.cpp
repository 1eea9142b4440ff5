// Owns what a session says to its user; what it does is session_core.
#include "client/request/request_state.hpp"
#include "client/session/session_core.hpp"
#include "http/field_grammar.hpp"

#include <skein/client_session.hpp>
#include <skein/sleep.hpp>

#include <stdexcept>

namespace skein {

client_session::client_session() : client_session(session_options()) {}
client_session::client_session(session_options options)
    : core_(std::make_shared<client::session_core>(std::move(options))) {}
client_session::client_session(client_session&&) noexcept = default;
client_session& client_session::operator=(client_session&& other) noexcept {
    std::swap(core_, other.core_);
    return *this;
}
client_session::~client_session() {
    if (core_) core_->close();
}

client_request client_session::request(std::string_view method, std::string_view text) {
    if (!core_ || core_->is_closed()) throw std::logic_error("a request on a session that is closed");
    if (!http::is_token(method)) throw std::invalid_argument("request method: not a token (RFC 9110, 9.1)");
    url target = core_->base() ? core_->base()->join(text) : url(text);
    if (target.scheme() != "http" && target.scheme() != "https")
        throw invalid_url("the scheme of " + target.redacted() + " is not http or https");
    auto made = std::make_unique<client::request_state>(core_, method, std::move(target));
    if (core_->netrc() != nullptr && method != "CONNECT")
        made->auth = std::make_unique<client::authorization>();
    return client_request(std::move(made));
}

cookie_jar& client_session::cookies() {
    if (!core_) throw std::logic_error("the cookies of a session that was moved from");
    return core_->cookies();
}

session_stats client_session::stats() const noexcept {
    return core_ ? core_->stats() : session_stats();
}

namespace {
task<> closed() {
    co_await yield();
}
}  // namespace

task<> client_session::close() {
    if (core_) core_->close();
    return closed();
}

}  // namespace skein
