// Owns which compressed bodies are asked for and undone, and the reading of them.
#include "client/response/decoding.hpp"

#include "client/response/response_state.hpp"
#include "task/wait_limit.hpp"

#include <skein/sleep.hpp>

#include <vector>

namespace skein::client {

namespace {

constexpr int partial_content = 206;
// How much is decoded before others have their turn: a few bytes from the wire may be many megabytes.
constexpr std::size_t most_bytes_in_a_go = std::size_t{1024} * 1024;

bool is_wanted(const request_state& request, const session_options& session) noexcept {
    return request.decompress.value_or(session.decompress);
}

}  // namespace

void choose_codings(headers& fields, const request_state& request, const session_options& session) {
    if (session.default_headers.contains("Accept-Encoding")) return;
    if (is_wanted(request, session) && !fields.contains("Range"))
        fields.set("Accept-Encoding", http::accept_encoding());
    else
        fields.remove("Accept-Encoding");
}

std::unique_ptr<body_decoding> make_decoding(const sending& sent, const http1::response_head& head) {
    const session_options& session = sent.core().options();
    if (!is_wanted(sent.request(), session) || head.status == partial_content) return nullptr;
    const auto codings = http::codings_of(head.fields);
    if (codings.empty()) return nullptr;
    return std::make_unique<body_decoding>(codings, session.decoding, sent.progress().connection);
}

void response_state::tell_download() const {
    if (const auto& hook = sent->request().hooks->on_download) hook(x->body_bytes(), x->content_length());
}

task<std::optional<byte_view>> response_state::decoded_piece() {
    using event = http::content_decoder::event;
    body_decoding& d = *decoding;
    for (;;) {
        const event now = d.decoder.next(d.input);
        if (now == event::failed) fail_decoding();
        if (now == event::piece) {
            d.bytes_in_a_go += d.decoder.piece().size();
            if (d.bytes_in_a_go >= most_bytes_in_a_go) co_await give_way();
            co_return d.decoder.piece();
        }
        if (now == event::busy) {
            co_await give_way();
            continue;
        }
        const auto more = co_await wire_piece();
        if (more) {
            d.input = *more;
            continue;
        }
        if (d.decoder.finish() == event::failed) fail_decoding();
        co_return std::nullopt;
    }
}

// Others have their turn, and limits and cancellation their chance.
task<> response_state::give_way() {
    decoding->bytes_in_a_go = 0;
    const due_time due = sent->due_for_body();
    detail::wait_limit limit(due.when);
    try {
        co_await yield();
    } catch (const cancelled_error&) {
        close();
        throw;
    }
    if (limit.expired()) fail_body_timeout(&due);
}

// The connection is not used again, even if it has gone back: who sends such a body may have lost count of
// where it ends.
void response_state::fail_decoding() {
    const std::string why = decoding->decoder.why();
    if (x->is_over())
        sent->core().retire(*decoding->connection);
    else
        give_up();
    sent->fail<payload_error>(why);
}

}  // namespace skein::client
