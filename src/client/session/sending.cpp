// Owns the words of the errors of an exchange.
#include "client/session/sending.hpp"

#include "base/host_and_port.hpp"
#include "client/connection/route.hpp"
#include "client/report/tell.hpp"
#include "client/request/limits.hpp"
#include "client/response/decoding.hpp"
#include "client/session/session_core.hpp"
#include "http/field_grammar.hpp"

#include <atomic>
#include <optional>
#include <utility>
#include <vector>

namespace skein::client {

namespace {

/// What is asked for, as reports and errors say it: the URL without credentials, or a Unix socket.
std::string target_of(const request_state& r) {
    const auto socket = bare_socket(r);
    return socket.empty() ? r.url.redacted() : "unix:" + std::string(socket);
}

/// The request in the words of an error, cut where they get long: servers choose URLs, too, and the report
/// has all of it. A stream was asked for by host and port, and by no method.
std::string words_of(const request_state& r) {
    const auto socket = bare_socket(r);
    const auto place = [&] {
        if (!socket.empty()) return "unix:" + std::string(socket);
        if (is_raw(r)) return detail::host_and_port(r.url.host_without_brackets(), r.url.port());
        return http::escaped(r.url.redacted());
    };
    return (is_raw(r) ? "stream to" : r.method) + " " + place();
}

time_limit limit_of(const timeouts& limits, phase in) noexcept {
    switch (in) {
        case phase::pool:
            return limits.pool;
        case phase::dns:
            return limits.dns;
        case phase::connect:
            return limits.connect;
        case phase::proxy:
            return limits.connect;
        case phase::tls:
            return limits.tls;
        case phase::write:
            return limits.write;
        case phase::first_byte:
            return limits.first_byte;
        case phase::read:
            return limits.read;
        case phase::pause:
        case phase::none:
            break;
    }
    return std::nullopt;
}

/// The earlier of a phase's own limit and the total one.
due_time earlier(clock::time_point now, time_limit own, clock::time_point started,
                 time_limit total) noexcept {
    due_time due;
    if (own.is_limited()) due = {now + own.limit(), own.limit(), false};
    if (total.is_limited() && started + total.limit() < due.when)
        due = {started + total.limit(), total.limit(), true};
    return due;
}

/// Whether the request does not want that header from the library.
bool skips(const request_state& request, std::string_view name) noexcept {
    return request.rules && http::is_listed(request.rules->skip_auto, name);
}

/// Adds what the session says and the request does not.
void add_base_fields(request_state& request) {
    const auto is_unwanted = [&](std::string_view name) {
        return skips(request, name) && !request.core->options().default_headers.contains(name);
    };
    headers added;
    for (auto [name, value] : request.core->base_fields())
        if (!request.fields.contains(name) && !is_unwanted(name)) added.append(name, value);
    for (auto [name, value] : added) request.fields.append(name, value);
}

bool wants_trace(const request_state& r) noexcept {
    return (r.core->options().trace || (r.hooks && r.hooks->trace)) && !is_raw(r);
}
bool has_middlewares(const request_state& r) noexcept {
    const bool of_session = !r.core->options().middleware.empty();
    if (!r.hooks) return of_session;
    return !r.hooks->middlewares.empty() || (of_session && r.hooks->session_middleware);
}

std::uint64_t next_trace_number() noexcept {
    static std::atomic<std::uint64_t> last = 0;
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace

// The request as the program made it.
struct sending::original {
    decltype(request_state::method) method;
    decltype(request_state::url) url;
    decltype(request_state::body) body;
    decltype(request_state::upload) upload;  // null: it is where it was
    decltype(request_state::cookies) cookies;
    std::optional<headers> fields;  // unset: the session's
};

struct sending::rarities {
    std::uint64_t trace_number = 0;
    std::optional<sending::original> original;  // while middlewares may have changed the request
    std::vector<attempt_report> attempts;       // that are over
    std::string failure;                        // of the one that is not
    std::vector<connect_report> connects;       // that it tried, if not just one
};

sending::~sending() = default;

sending::rarities& sending::rare() const {
    if (!rare_) rare_ = std::make_unique<rarities>();
    return *rare_;
}

std::uint64_t sending::trace_number() const noexcept {
    return rare_ ? rare_->trace_number : 0;
}

sending::sending(std::unique_ptr<request_state> what)
    : request_(std::move(what)),
      fields_(&request_->core->base_fields()),
      limits_(&request_->core->limits()),
      total_was_set_(request_->core->options().timeout.total.is_set()),
      traced_(wants_trace(*request_)),
      wrapped_(has_middlewares(*request_)) {
    if (traced_) rare().trace_number = next_trace_number();
    if (request_->limits) {
        timeouts& own = request_->limits->all;
        total_was_set_ = total_was_set_ || own.total.is_set();
        own = or_else(own, *limits_);
        limits_ = &own;
    }
    total_from_ = detail::this_kernel.scheduler->read_clock();
    progress_.begin(total_from_);
    if (request_->fields.empty() && !request_->rules && !request_->decompress) return;
    const bool codings_are_ours = !request_->fields.contains("Accept-Encoding") &&
                                  !skips(*request_, "Accept-Encoding") &&
                                  !http::is_listed(core().options().skip_auto_headers, "Accept-Encoding");
    add_base_fields(*request_);
    if (codings_are_ours) choose_codings(request_->fields, *request_, core().options());
    fields_ = &request_->fields;
}

headers& sending::own_fields() {
    if (fields_ != &request_->fields) request_->fields = *fields_;
    fields_ = &request_->fields;
    return request_->fields;
}

void sending::begin_changes() {
    const request_state& r = *request_;
    auto& was = rare().original.emplace(original{r.method, r.url, r.body, nullptr, r.cookies, std::nullopt});
    if (fields_ == &r.fields) was.fields = r.fields;
}

void sending::take_back_changes() {
    set_attempt_aside();
    if (!rare_ || !rare_->original) return;
    auto was = std::exchange(rare_->original, std::nullopt);
    request_state& r = *request_;
    r.method = std::move(was->method);
    r.url = std::move(was->url);
    r.body = std::move(was->body);
    if (was->upload) r.upload = std::move(was->upload);
    r.cookies = std::move(was->cookies);
    fields_ = was->fields ? &r.fields : &r.core->base_fields();
    r.fields = was->fields ? std::move(*was->fields) : headers();
}

void sending::replace_body(std::shared_ptr<const std::string> content) {
    request_state& r = *request_;
    r.body = std::move(content);
    if (!r.upload) return;
    headers& fields = own_fields();
    if (r.upload->coding) fields.remove("Content-Encoding");
    if (r.upload->expects) fields.remove("Expect");
    if (r.upload->has_trailers()) fields.remove("Trailer");
    rare().original->upload = std::move(r.upload);
}

// ---- the attempts of the report

attempt_report sending::attempt_so_far() const {
    attempt_report a;
    a.method = request_->method;
    a.url = target_of(*request_);
    a.redirects = progress_.redirects;
    if (progress_.connection) a.peer = progress_.connection->peer;
    if (const proxy* p = client::via(*request_)) a.via = p->to_string();
    a.reused = progress_.reused;
    a.status = progress_.status;
    a.started = progress_.attempt_started - progress_.started;
    a.spent = progress_.spent_until(now_or_end());
    if (rare_) {
        a.error = rare_->failure;
        a.connects = rare_->connects;
        // What the attempts before it have spent is not its own.
        for (const auto& before : rare_->attempts)
            for (std::size_t i = 0; i < a.spent.size(); ++i) a.spent[i] -= before.spent[i];
    }
    if (a.connects.empty() && progress_.connection && !a.reused) {
        const auto in = [&](phase one) { return a.spent[static_cast<std::size_t>(one)]; };
        const auto started = a.started + in(phase::pool) + in(phase::dns);
        a.connects.push_back({progress_.connection->peer, true, {}, started, in(phase::connect)});
    }
    return a;
}

void sending::set_attempt_aside() {
    if (!progress_.attempt_is_open) return;
    auto& before = rare().attempts;
    before.push_back(attempt_so_far());
    progress_.attempt_is_open = false;
    rare_->failure.clear();
    rare_->connects.clear();
}

void sending::forget_attempt() {
    set_attempt_aside();
    if (rare_->attempts.empty()) return;
    progress_.connection.reset();
    progress_.reused = false;
    progress_.status = 0;
}

void sending::note_connects(std::vector<connect_report> tried) const {
    if (progress_.attempt_is_open) rare().connects = std::move(tried);
}

void sending::note_failure(std::string_view why) const {
    if (progress_.attempt_is_open) rare().failure = why;
}

// ---- times

clock::time_point sending::now_or_end() const noexcept {
    // A response may be read to its end without a loop; then its time ended with that loop.
    const auto* scheduler = detail::this_kernel.scheduler;
    return scheduler != nullptr ? scheduler->now() : progress_.entered;
}

void sending::end() noexcept {
    progress_.end(now_or_end());
}

void sending::restart_default_total() noexcept {
    if (!total_was_set_) total_from_ = detail::this_kernel.scheduler->now();
}

due_time sending::due(phase in) const noexcept {
    return earlier(detail::this_kernel.scheduler->now(), limit_of(*limits_, in), total_from_, limits_->total);
}

due_time sending::due_for_body() const noexcept {
    // The program may have been busy since the turn began; that is no fault of the peer.
    return earlier(detail::this_kernel.scheduler->read_clock(), limits_->read, total_from_,
                   total_was_set_ ? limits_->total : time_limit(std::nullopt));
}

std::shared_ptr<const request_report> sending::report() const {
    request_report all = progress_.report(request_->method, target_of(*request_), now_or_end());
    if (const proxy* p = client::via(*request_)) all.via = p->to_string();
    if (rare_) all.attempt_list = rare_->attempts;
    if (progress_.attempt_is_open) all.attempt_list.push_back(attempt_so_far());
    return std::make_shared<const request_report>(std::move(all));
}

const tls_context& sending::trust() const noexcept {
    return trust_of(*request_);
}

std::string sending::host() const {
    return std::string(request_->url.host());
}

std::string sending::with_context(const std::string& what) const {
    const auto elapsed = now_or_end() - progress_.started;
    std::string before;
    if (repeated_ && repeated_->attempts > 1)
        before = "after " + std::to_string(repeated_->attempts) + " attempts (" + repeated_->reasons + "): ";
    const proxy* p = client::via(*request_);
    const std::string way = p != nullptr ? " through " + p->to_string() : "";
    return before + what + " (" + words_of(*request_) + way + ", after " + duration_text(elapsed) + ")";
}

void sending::fail_timeout(phase in, const due_time& due, std::string_view detail) const {
    std::string what = "timed out ";
    what.append(detail).append(": limit ").append(due.total ? "total" : to_string(in)).append(" ");
    what.append(duration_text(due.limit));
    fail<timeout_error>(what, in, due.limit, due.total);
}

std::string sending::peer() const {
    std::string who = client::bare_socket(*request_).empty() ? std::string(request_->url.host_header())
                                                             : target_of(*request_);
    if (!progress_.connection || progress_.connection->peer.empty()) return who;
    return detail::with_address(std::move(who), progress_.connection->peer);
}

void sending::fail_status(const http1::response_head& head) const {
    std::string what = "status " + std::to_string(head.status);
    constexpr std::size_t worth_showing_bytes = 100;
    if (!head.reason.empty()) what += " " + http::escaped(head.reason, worth_showing_bytes);
    // The attempt was a good one.
    response_error error(with_context(what), head.status, std::make_shared<const headers>(head.fields));
    error.attach(report());
    throw error;
}

const retry_settings* sending::retries() const noexcept {
    return request_->retry ? request_->retry.get() : core().retries();
}

void sending::note_reason(std::string_view why) {
    constexpr std::size_t worth_telling_bytes = 200;
    if (!repeated_) repeated_ = std::make_unique<repetitions>();
    if (repeated_->last_reason == why || repeated_->reasons.size() > worth_telling_bytes) return;
    if (!repeated_->reasons.empty()) repeated_->reasons += ", ";
    repeated_->reasons += why;
    repeated_->last_reason = why;
}

void sending::note_repetition() {
    ++repeated_->attempts;
    tell_if_traced(*this, trace_kind::request_retry, repeated_->last_reason);
    core().count_retry();
}

void sending::fail_exchange(const http1::exchange& x, const std::string& more) const {
    const http1::failure& why = x.why();
    const std::string peer = this->peer();
    const std::string how = x.transport() ? x.transport().message() : std::string();
    switch (why.kind) {
        case http1::failure_kind::protocol:
            fail<protocol_error>(peer + " broke HTTP: " + why.message);
        case http1::failure_kind::payload:
            fail<payload_error>("the body from " + peer + " is incomplete or malformed: " + why.message +
                                (how.empty() ? "" : ": " + how) + more);
        case http1::failure_kind::disconnected:
            fail<disconnected_error>(
                "no response from " + peer + ": " + why.message + (how.empty() ? "" : ": " + how), host(),
                request_->url.port(), x.transport());
        case http1::failure_kind::none:
            break;
    }
    // We closed it: a response outlives the loop it came from, or memory ran out.
    const std::string what =
        "the connection to " + peer + " was closed on this side" + (how.empty() ? "" : ": " + how);
    if (x.has_head())
        fail<payload_error>(what + ", after " + std::to_string(x.body_bytes()) + " bytes of body");
    fail<disconnected_error>(what, host(), request_->url.port(), x.transport());
}

}  // namespace skein::client
