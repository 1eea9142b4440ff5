// Owns the reading of bodies: in pieces or whole, within limits of size and time, once.
#include "client/response_state.hpp"
#include "task/wait_limit.hpp"

#include <skein/client_response.hpp>

#include <nlohmann/json.hpp>

#include <cstring>
#include <stdexcept>
#include <string>

namespace skein::client {

void response_state::close() noexcept {
    if (how != reading::closed) tell_end();
    how = reading::closed;
    piece_is_out = false;
    if (!x->is_over() && held)
        held.connection().wire.close(std::make_error_code(std::errc::operation_canceled));
    x->body().clear();
    held.release();
}

void response_state::begin_reading(const char* whom) {
    if (how == reading::untouched) {
        how = reading::whole;
        return;
    }
    throw std::logic_error(std::string(whom) + (how == reading::closed ? ": the response is closed"
                                                                       : ": the body was read before"));
}

task<std::optional<byte_view>> response_state::untold_piece() {
    http1::body_buffer& body = x->body();
    if (piece_is_out) {
        body.pop_front();
        piece_is_out = false;
        x->read_on();
    }
    if (body.empty() && !x->is_over()) {
        const due_time due = sent->due_for_body();
        detail::wait_limit limit(due.when);
        try {
            while (body.empty() && !x->is_over()) co_await x->news();
        } catch (const cancelled_error&) {
            const bool expired = limit.expired();
            const auto received = x->body_bytes();
            close();
            if (!expired) throw;
            std::string what = "reading the body after " + std::to_string(received);
            if (const auto length = x->content_length()) what += " of " + std::to_string(*length);
            sent->fail_timeout(phase::read, due, what + " bytes");
        }
    }
    release_if_over();
    if (!body.empty()) {
        piece_is_out = true;
        co_return body.front();
    }
    if (x->now() == http1::exchange::state::failed) sent->fail_exchange(*x);
    co_return std::nullopt;
}

namespace {
void append(std::string& to, byte_view piece) {
    to.append(as_text(piece));
}
void append(std::vector<std::byte>& to, byte_view piece) {
    to.insert(to.end(), piece.begin(), piece.end());
}
}  // namespace

template <class Container>
task<Container> response_state::read_all(std::size_t limit) {
    Container whole;
    const auto length = x->content_length().value_or(0);
    const auto check = [&](std::uint64_t size) {
        if (size <= limit) return;
        close();
        sent->fail<payload_error>("the body is longer than the limit of " + std::to_string(limit) + " bytes");
    };
    // Not for HEAD, where the length is that of a body that does not come.
    if (x->body().size() == length) whole.reserve(length);
    while (auto piece = co_await next_piece()) {
        check(whole.size() + piece->size());
        append(whole, *piece);
    }
    co_return whole;
}

template task<std::string> response_state::read_all<std::string>(std::size_t);
template task<std::vector<std::byte>> response_state::read_all<std::vector<std::byte>>(std::size_t);

}  // namespace skein::client

namespace skein {

client_response::client_response(std::unique_ptr<client::response_state> state) noexcept
    : state_(std::move(state)) {}
client_response::client_response(client_response&&) noexcept = default;
client_response& client_response::operator=(client_response&&) noexcept = default;
client_response::~client_response() = default;

int client_response::status() const noexcept {
    return state_->x->head().status;
}
std::string_view client_response::reason() const noexcept {
    return state_->x->head().reason;
}
http_version client_response::version() const noexcept {
    return state_->x->head().version;
}
const skein::headers& client_response::headers() const noexcept {
    return state_->x->head().fields;
}
const skein::headers& client_response::trailers() const noexcept {
    return state_->x->trailers();
}
const skein::url& client_response::url() const noexcept {
    return state_->sent->request().url;
}
const std::vector<hop>& client_response::history() const noexcept {
    return state_->hops;
}
std::optional<std::uint64_t> client_response::content_length() const noexcept {
    return state_->x->content_length();
}

const request_report& client_response::report() const {
    request_report now = *state_->sent->report();
    now.response_head_bytes = state_->x->head_bytes();
    now.response_body_bytes = state_->x->body_bytes();
    return state_->told.emplace(std::move(now));
}

const client_response& client_response::raise_for_status() const {
    if (!ok()) state_->sent->fail_status(state_->x->head());
    return *this;
}

task<std::optional<byte_view>> client_response::chunk() {
    using reading = client::response_state::reading;
    if (state_->how == reading::untouched) state_->how = reading::in_pieces;
    if (state_->how != reading::in_pieces) state_->begin_reading("chunk()");
    return state_->next_piece();
}

task<std::vector<std::byte>> client_response::read(std::size_t limit) {
    state_->begin_reading("read()");
    return state_->read_all<std::vector<std::byte>>(limit);
}

task<std::string> client_response::text(std::size_t limit) {
    state_->begin_reading("text()");
    return state_->read_all<std::string>(limit);
}

namespace {
task<nlohmann::json> parse_json(task<std::string> reading, client::sending& sent) {
    const std::string text = co_await reading;
    try {
        co_return nlohmann::json::parse(text);
    } catch (const nlohmann::json::parse_error& e) {
        sent.fail<payload_error>("the body is not JSON: " + std::string(e.what()));
    }
}
}  // namespace

task<nlohmann::json> client_response::json_value() {
    state_->begin_reading("json()");
    return parse_json(state_->read_all<std::string>(default_limit), *state_->sent);
}

void client_response::close() noexcept {
    state_->close();
}

}  // namespace skein
