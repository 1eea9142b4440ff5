// Owns the reading of bodies: in pieces or whole, within limits of size and time, once.
#include "client/response/response_state.hpp"
#include "task/wait_limit.hpp"

#include <skein/client_response.hpp>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

namespace skein::client {

void response_state::close() noexcept {
    if (how != reading::closed) tell_end();
    how = reading::closed;
    give_up();
}

void response_state::give_up() noexcept {
    piece_is_out = false;
    rest = {};
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

void response_state::fail_body_timeout(const due_time* due) {
    const auto received = x->body_bytes();
    close();
    std::string what = "reading the body after " + std::to_string(received);
    if (const auto length = x->content_length()) what += " of " + std::to_string(*length);
    what += " bytes";
    if (due != nullptr) sent->fail_timeout(phase::read, *due, what);
    const rate_floor& floor = sent->min_rate();
    sent->fail<timeout_error>("timed out " + what + ": slower than " +
                                  std::to_string(floor.bytes_per_second()) + " bytes a second over " +
                                  duration_text(floor.window()),
                              phase::read, floor.window());
}

task<std::optional<byte_view>> response_state::next_piece_of_exchange() {
    http1::body_buffer& body = x->body();
    if (piece_is_out) {
        body.pop_front();
        piece_is_out = false;
        x->read_on();
    }
    while (body.empty() && !x->is_over()) {
        const due_time due = sent->due_for_body();
        const auto began = detail::this_kernel.scheduler->now();
        const auto window_end = pace.window_end(sent->min_rate(), began);
        detail::wait_limit limit(std::min(due.when, window_end));
        try {
            while (body.empty() && !x->is_over()) co_await x->news();
        } catch (const cancelled_error&) {
            if (!limit.expired()) {
                close();
                throw;
            }
            if (due.when <= window_end) fail_body_timeout(&due);
        }
        const auto waited = detail::this_kernel.scheduler->now() - began;
        if (!pace.keeps_up(sent->min_rate(), waited, x->body_bytes())) fail_body_timeout(nullptr);
    }
    release_if_over();
    if (!body.empty()) {
        piece_is_out = true;
        if (sent->request().hooks) [[unlikely]]
            tell_download();
        co_return body.front();
    }
    if (x->now() == http1::exchange::state::failed) sent->fail_exchange(*x);
    co_return std::nullopt;
}

namespace {
constexpr std::string_view utf8_mark = "\xef\xbb\xbf";

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
    http1::body_buffer& body = x->body();
    if (body.size() == length) whole.reserve(length);
    if (is_all_here()) {
        check(body.size());
        for (; !body.empty(); body.pop_front()) append(whole, body.front());
        release_if_over();
    } else {
        while (auto piece = co_await next_piece()) {
            check(whole.size() + piece->size());
            append(whole, *piece);
        }
    }
    if constexpr (std::is_same_v<Container, std::string>)
        if (whole.starts_with(utf8_mark)) whole.erase(0, utf8_mark.size());
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
    return state_->head().status;
}
std::string_view client_response::reason() const noexcept {
    return state_->head().reason;
}
http_version client_response::version() const noexcept {
    return state_->head().version;
}
const skein::headers& client_response::headers() const noexcept {
    return state_->head().fields;
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
    return state_->resume ? state_->resume->content_length : state_->x->content_length();
}

const request_report& client_response::report() const {
    request_report now = *state_->sent->report();
    now.response_head_bytes = state_->x->head_bytes();
    now.response_body_bytes = state_->x->body_bytes();
    now.response_decoded_bytes =
        state_->decoding ? state_->decoding->decoder.decoded_bytes() : state_->x->body_bytes();
    if (state_->resume) now.response_body_bytes += state_->resume->earlier_bytes;
    return state_->told.emplace(std::move(now));
}

const client_response& client_response::raise_for_status() const {
    if (!ok()) state_->sent->fail_status(state_->head());
    return *this;
}

task<std::optional<byte_view>> client_response::chunk() {
    state_->read_in_pieces("chunk()");
    if (!state_->rest.empty()) [[unlikely]]
        return state_->rest_or_piece();
    return state_->next_piece();
}

task<std::vector<std::byte>> client_response::read(std::size_t limit) {
    state_->begin_reading("read()");
    return state_->read_all<std::vector<std::byte>>(limit);
}

void client_response::close() noexcept {
    state_->close();
}

}  // namespace skein
