// Owns the scripts of scripted servers: whose turn it is, and how an answer is sent or broken.
#include "base/host_and_port.hpp"

#include <skein/event.hpp>
#include <skein/sleep.hpp>
#include <skein/testing.hpp>
#include <skein/testing_http.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace skein::testing {

script_error::~script_error() = default;

struct scripted_server::state {
    std::string name;
    std::vector<std::unique_ptr<step>> script;
    std::size_t at = 0;  // the step that is next
    std::vector<received_request> requests;
    std::vector<std::string> faults;
    std::size_t connections = 0;

    /// The step for a request; null, and the fault noted, if it is none.
    const step* take(const received_request& request);
    std::string fault_of(const received_request& request) const;
    static task<> serve(std::shared_ptr<state> self, server_stream& client);
    static task<bool> answer(const step& how, server_stream& client);
};

std::string scripted_server::state::fault_of(const received_request& request) const {
    if (at == script.size()) return "nothing";
    const step& next = *script[at];
    const bool same_method = next.method_ == "*" || next.method_ == request.method;
    const bool same_target = next.target_ == "*" || next.target_ == request.target;
    if (!same_method || !same_target) return next.method_ + " " + next.target_;
    if (next.body_ && *next.body_ != request.body)
        return "the body \"" + *next.body_ + "\", not \"" + request.body + "\"";
    for (const auto [field, value] : next.fields_) {
        const auto all = request.headers.get_all(field);
        if (std::find(all.begin(), all.end(), value) == all.end())
            return "the header " + std::string(field) + ": " + std::string(value);
    }
    return {};
}

const scripted_server::step* scripted_server::state::take(const received_request& request) {
    requests.push_back(request);
    const std::string expected = fault_of(request);
    if (expected.empty()) return script[at++].get();
    faults.push_back("request " + std::to_string(requests.size()) + " was " + request.method + " " +
                     request.target + "; expected was " + expected);
    return nullptr;
}

/// Whether the connection is kept.
task<bool> scripted_server::state::answer(const step& how, server_stream& client) {
    if (how.delay_ > clock::duration::zero()) co_await sleep(how.delay_);
    std::string bytes = how.answer_.value_or(std::string());
    if (!how.answer_ && how.ending_ != step::ending::reset && !how.cut_) bytes = response_text(200);
    if (how.cut_) bytes.resize(std::min(bytes.size(), *how.cut_));
    const std::size_t piece =
        how.piece_bytes_ == 0 ? std::max<std::size_t>(bytes.size(), 1) : how.piece_bytes_;
    for (std::size_t from = 0; from < bytes.size(); from += piece) {
        if (from != 0 && how.pause_ > clock::duration::zero()) co_await sleep(how.pause_);
        co_await client.write(bytes.substr(from, piece));
    }
    if (how.ending_ == step::ending::reset) client.reset();
    co_return how.ending_ == step::ending::keep && !how.cut_;
}

task<> scripted_server::state::serve(std::shared_ptr<state> self, server_stream& client) {
    ++self->connections;
    while (const auto request = co_await read_request(client)) {
        const step* const how = self->take(*request);
        if (how == nullptr) {
            client.reset();
            break;
        }
        if (how->hangs_) {
            for (std::string piece = "x"; !piece.empty();) piece = co_await client.read();
            break;
        }
        const bool keeps = co_await answer(*how, client);
        if (!keeps) break;
    }
}

scripted_server::scripted_server(std::string_view host, std::uint16_t port)
    : state_(std::make_shared<state>()) {
    state_->name = detail::host_and_port(host, port);
    this_network().listen(host, port,
                          [self = state_](server_stream& client) { return state::serve(self, client); });
}

scripted_server::step& scripted_server::expect(std::string_view method, std::string_view target) {
    auto& added = *state_->script.emplace_back(std::make_unique<step>());
    added.method_ = method;
    added.target_ = target;
    return added;
}

const std::vector<received_request>& scripted_server::requests() const noexcept {
    return state_->requests;
}
std::size_t scripted_server::connections() const noexcept {
    return state_->connections;
}

void scripted_server::check() const {
    std::string what;
    for (const auto& fault : state_->faults) what += "\n" + fault;
    for (std::size_t i = state_->at; i < state_->script.size(); ++i)
        what += "\n" + state_->script[i]->method_ + " " + state_->script[i]->target_ + " has not come";
    if (!what.empty()) throw script_error("the script of " + state_->name + " was not kept:" + what);
}

// ---- step

using step = scripted_server::step;

step& step::with_body(std::string body) {
    body_ = std::move(body);
    return *this;
}
step& step::with_header(std::string name, std::string value) {
    fields_.append(name, value);
    return *this;
}
step& step::delay(clock::duration time) {
    delay_ = time;
    return *this;
}
step& step::answer(int status, std::string body, headers fields) {
    answer_ = response_text(status, body, fields);
    return *this;
}
step& step::answer_bytes(std::string bytes) {
    answer_ = std::move(bytes);
    return *this;
}
step& step::pieces(std::size_t bytes, clock::duration pause) {
    piece_bytes_ = bytes;
    pause_ = pause;
    return *this;
}
step& step::cut(std::size_t bytes) {
    cut_ = bytes;
    return *this;
}
step& step::close() {
    ending_ = ending::close;
    return *this;
}
step& step::reset() {
    ending_ = ending::reset;
    return *this;
}
step& step::hang() {
    hangs_ = true;
    return *this;
}

}  // namespace skein::testing
