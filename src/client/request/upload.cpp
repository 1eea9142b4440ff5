// Owns how a body and the response to it run side by side: who is waited for, and who gives way.
#include "client/request/upload.hpp"

#include "client/report/tell.hpp"
#include "client/request/counted_writer.hpp"
#include "client/request/encoding_writer.hpp"
#include "client/session/sending.hpp"
#include "http1/connection.hpp"
#include "http1/request_writer.hpp"
#include "task/wait_limit.hpp"

#include <skein/detail/child.hpp>

#include <algorithm>
#include <chrono>
#include <string>

namespace skein::client {

namespace {

/// How long the server may take to ask for the body; then it gets it unasked (RFC 9110, section 10.1.1).
constexpr auto patience_for_continue = std::chrono::seconds(1);

/// The last of the writers: puts pieces on the wire.
class wire_writer final : public body_writer {
public:
    wire_writer(sending& s, http1::request_writer& wire) noexcept : s_(s), wire_(wire) {}

    task<> finish() {
        const upload& u = *s_.request().upload;
        headers trailers = u.trailers;
        if (u.last_trailers)
            for (auto [name, value] : u.last_trailers()) trailers.append(name, value);
        const std::error_code failed = co_await wire_.finish(trailers);
        if (failed) fail(failed);
    }

private:
    task<> write_bytes(byte_view piece) override {
        const std::error_code failed = co_await wire_.write(piece);
        if (failed) fail(failed);
        if (s_.is_traced()) [[unlikely]]
            tell_piece_sent(s_, piece);
        sent_ += piece.size();
        const upload& u = *s_.request().upload;
        if (u.progress) u.progress(sent_, u.sent_size());
    }
    /// Seen by the callable that makes the body; a response that says why the connection was closed goes
    /// before it.
    [[noreturn]] void fail(std::error_code why) const {
        s_.fail<disconnected_error>(
            "sending the body of the request to " + s_.peer() + " failed: " + why.message(), s_.host(),
            s_.request().url.port(), why);
    }

    sending& s_;
    http1::request_writer& wire_;
    std::uint64_t sent_ = 0;
};

/// Awaits the making of a body. If its first piece takes time, the head does not wait for it.
class head_first {
public:
    head_first(task<> body, http1::request_writer& wire) noexcept
        : body_(std::move(body)), inner_(body_.operator co_await()), wire_(wire) {}
    bool await_ready() const { return inner_.await_ready(); }
    bool await_suspend(detail::task_handle at) const noexcept {
        const bool takes_time = inner_.await_suspend(at);
        if (takes_time) wire_.send_head();
        return takes_time;
    }
    void await_resume() const { inner_.await_resume(); }

private:
    task<> body_;
    detail::task_awaiter<void> inner_;
    http1::request_writer& wire_;
};

task<> write_body(sending& s, http1::request_writer& wire) {
    const upload& u = *s.request().upload;
    wire_writer last(s, wire);
    std::optional<encoding_writer> encoding;
    if (u.coding) encoding.emplace(last, *u.coding);
    body_writer& next = encoding ? static_cast<body_writer&>(*encoding) : last;
    counted_writer counted(next, u.size, "the body");
    head_first made(u.stream->write_to(counted), wire);
    co_await made;
    counted.finish();
    if (encoding) co_await encoding->finish();
    co_await last.finish();
}

/// The task that writes the body; its end is news for who waits for the response.
class writing final : public detail::join_scope {
public:
    explicit writing(http1::exchange& x) noexcept : x_(x) {}

private:
    void child_done(bool cancelled, const std::exception_ptr* error) noexcept override {
        join_scope::child_done(cancelled, error);
        x_.tell();
    }
    http1::exchange& x_;
};

[[noreturn]] void fail_write_timeout(sending& s, const due_time& due) {
    s.fail_timeout(phase::write, due, "sending the body of the request to " + s.peer());
}

task<> wait_for_continue(sending& s, http1::exchange& x) {
    const due_time due = s.due(phase::write);
    const auto latest = detail::this_kernel.scheduler->now() + patience_for_continue;
    detail::wait_limit limit(std::min(due.when, latest));
    try {
        while (!x.is_continued() && !x.has_head() && !x.is_over()) co_await x.news();
    } catch (const cancelled_error&) {
        if (!limit.expired()) throw;
        if (due.when < latest) fail_write_timeout(s, due);
    }
}

/// A response has come, and nobody reads the body any more. One that is no error may be made from the body
/// while that arrives; but for as much of it only as waits here unread.
bool wants_no_more(http1::exchange& x) {
    return x.is_over() || (x.has_head() && (x.head().status >= 300 || x.body().full()));
}

/// What the making of the body threw.
[[noreturn]] void fail_body(sending& s, detail::result<void>& out) {
    try {
        out.take();
    } catch (const body_fault& e) {
        s.fail<payload_error>(e.what());
    }
    throw std::logic_error("a body that has not failed");
}

/// A body in memory is compressed before its head is made, if that takes no time to speak of: so its length
/// is known.
void settle_coding(request_state& r) {
    constexpr std::size_t small_bytes = std::size_t{64} * 1024;
    upload& u = *r.upload;
    if (r.fields.contains("Content-Encoding"))
        throw std::invalid_argument("compress(), and a Content-Encoding header besides");
    r.fields.append("Content-Encoding", to_string(*u.coding));
    const auto memory = u.origin->memory();
    if (!memory || memory->size() > small_bytes || (u.announced && *u.announced != memory->size())) return;
    u.set_source(
        make_memory_origin(std::make_shared<const std::string>(encode_all(*u.coding, as_bytes(*memory)))),
        {});
    u.coding.reset();
}

}  // namespace

void settle_upload(request_state& r) {
    upload& u = *r.upload;
    if (!u.origin && (r.body || u.has_trailers()))
        u.origin = make_memory_origin(r.body ? r.body : std::make_shared<const std::string>());
    if (!u.origin) return r.drop_body();
    if (u.coding) settle_coding(r);
    if (u.expects) r.fields.set("Expect", "100-continue");
    if (u.trailers.empty() || r.fields.contains("Trailer")) return;
    std::string names;
    for (auto [name, value] : u.trailers) names.append(names.empty() ? "" : ", ").append(name);
    r.fields.set("Trailer", names);
}

task<> open_body(sending& s) {
    upload& u = *s.request().upload;
    try {
        u.stream = co_await u.origin->open();
    } catch (const body_fault& e) {
        s.fail<payload_error>(e.what());
    }
    const auto known = u.stream->size();
    if (u.announced && known && *u.announced != *known)
        s.fail<payload_error>("the body was announced with " + std::to_string(*u.announced) +
                              " bytes and has " + std::to_string(*known));
    u.size = u.announced ? u.announced : known;
}

task<> send_body(sending& s, http1::connection& wire, http1::exchange& x) {
    const upload& u = *s.request().upload;
    http1::request_writer writer(wire, u.framing());
    if (s.request().fields.contains("Expect")) {
        writer.send_head();
        co_await wait_for_continue(s, x);
        if (x.has_head() || x.is_over()) co_return;
    }
    const due_time due = s.due(phase::write);
    detail::wait_limit limit(due.when);
    writing body(x);
    detail::result<void> out;
    bool stopped = false;
    body.start_child(write_body(s, writer), out);
    try {
        while (body.has_children() && !wants_no_more(x)) co_await x.news();
    } catch (const cancelled_error&) {
        stopped = true;
    }
    if (body.has_children()) {
        body.end_children();
        co_await body.join();
    }
    if (stopped && !limit.expired()) throw cancelled_error();
    if (stopped) fail_write_timeout(s, due);
    // An answer, or the end of the connection, counts for more than what the body made of it.
    if (out.has_value() || body.ending() || wire.send_error() || wants_no_more(x)) co_return;
    fail_body(s, out);
}

bool gives_up_expecting(request_state& r, int status) {
    if (status != 417 || !r.upload || !r.fields.contains("Expect") || !r.can_replay()) return false;
    r.fields.remove("Expect");
    return true;
}

}  // namespace skein::client
