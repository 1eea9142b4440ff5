// Owns the setters of a request.
#include "client/request/limits.hpp"
#include "client/request/request_state.hpp"
#include "client/session/send.hpp"
#include "client/session/session_core.hpp"
#include "client/stream/upgrade.hpp"
#include "http/content_coding.hpp"
#include "http/cookie_rules.hpp"
#include "http/credentials.hpp"
#include "http/field_grammar.hpp"
#include "http1/encoder.hpp"

#include <skein/client_request.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>

namespace skein {

namespace {
client::upload& upload_of(client::request_state& state) {
    if (!state.upload) state.upload = std::make_unique<client::upload>();
    return *state.upload;
}

client::connection_choices& choices_of(client::request_state& state) {
    if (!state.choices) state.choices = std::make_unique<client::connection_choices>();
    return *state.choices;
}

client::header_rules& rules_of(client::request_state& state) {
    if (!state.rules) state.rules = std::make_unique<client::header_rules>();
    return *state.rules;
}

void require_sound(std::string_view fault) {
    if (!fault.empty()) throw std::invalid_argument("credentials that cannot be sent: " + std::string(fault));
}
}  // namespace

client_request::client_request(std::unique_ptr<client::request_state> state) noexcept
    : state_(std::move(state)) {}
client_request::client_request(client_request&&) noexcept = default;
client_request& client_request::operator=(client_request&&) noexcept = default;
client_request::~client_request() = default;

client::request_state& client_request::state() {
    if (state_) [[likely]]
        return *state_;
    throw std::logic_error("a client_request was used after it was sent or moved from");
}

client_request& client_request::header(std::string_view name, std::string_view value) & {
    state().fields.append(name, value);
    return *this;
}

client_request& client_request::headers(const skein::headers& fields) & {
    for (auto [name, value] : fields) state().fields.append(name, value);
    return *this;
}

client_request& client_request::param(std::string_view name, std::string_view value) & {
    state().url = state().url.with_param(name, value);
    return *this;
}

client_request& client_request::cookie(std::string_view name, std::string_view value) & {
    if (const auto fault = http::fault_of_pair(name, value); !fault.empty())
        throw std::invalid_argument("cookie \"" + http::escaped(name, 64) + "\" cannot be sent: it " +
                                    std::string(fault));
    auto& all = state().cookies;
    const auto same = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.name == name; });
    if (same != all.end())
        same->value = value;
    else
        all.push_back({std::string(name), std::string(value)});
    return *this;
}

client_request& client_request::body(std::string content) & {
    state().body = std::make_shared<const std::string>(std::move(content));
    if (state().upload) state().upload->set_source(nullptr, {});
    return *this;
}

client_request& client_request::body(body_source source, std::optional<std::uint64_t> size) & {
    upload_of(state()).set_source(source.origin(), size);
    state().body.reset();
    return *this;
}

client_request& client_request::body(byte_view content) & {
    return body(std::string(as_text(content)));
}

client_request& client_request::body_file(const std::filesystem::path& path) & {
    return body(body_source::file(path));
}

client_request& client_request::form(const skein::form& fields) & {
    body(fields.encoded());
    if (!state().fields.contains("Content-Type")) header("Content-Type", "application/x-www-form-urlencoded");
    return *this;
}

client_request& client_request::multipart(const skein::multipart& parts) & {
    auto [source, type] = parts.to_body();
    body(std::move(source));
    state().fields.set("Content-Type", type);
    return *this;
}

client_request& client_request::json(const nlohmann::json& value) & {
    body(value.dump());
    if (!state().fields.contains("Content-Type")) header("Content-Type", "application/json");
    return *this;
}

client_request& client_request::compress(content_coding coding) & {
    const std::string why = http::why_unavailable(coding, http::coding_use::encoding);
    if (!why.empty()) throw std::invalid_argument(why);
    upload_of(state()).coding = coding;
    return *this;
}

client_request& client_request::trailer(std::string_view name, std::string_view value) & {
    skein::headers one;
    one.append(name, value);
    std::string checked;
    http1::encode_last_chunk(checked, one);
    upload_of(state()).trailers.append(name, value);
    return *this;
}

client_request& client_request::trailers(std::function<skein::headers()> at_end) & {
    upload_of(state()).last_trailers = std::move(at_end);
    return *this;
}

client_request& client_request::expect_continue(bool expect) & {
    upload_of(state()).expects = expect;
    return *this;
}

client_request& client_request::on_upload(
    std::function<void(std::uint64_t, std::optional<std::uint64_t>)> progress) & {
    upload_of(state()).progress = std::move(progress);
    return *this;
}

client_request& client_request::basic_auth(std::string_view user, std::string_view password) & {
    require_sound(http::fault_of_basic(user, password));
    return authorization(http::basic_credentials(user, password));
}

client_request& client_request::bearer(std::string_view token) & {
    return authorization("Bearer " + std::string(token));
}

client_request& client_request::authorization(const std::string& value) & {
    state().fields.set("Authorization", value);
    if (state().auth) state().auth->digest.reset();
    return *this;
}

client_request& client_request::digest_auth(std::string_view user, std::string_view password) & {
    require_sound(http::fault_of_credentials(user, password));
    if (!state().auth) state().auth = std::make_unique<client::authorization>();
    state().auth->digest = client::identity{std::string(user), std::string(password)};
    return *this;
}

void client_request::skip_auto_header(std::string_view name) {
    rules_of(state()).skip_auto.emplace_back(name);
}

client_request& client_request::timeout(const timeouts& limits) & {
    auto& own = state().limits;
    if (!own) own = std::make_unique<client::own_limits>();
    own->all = client::or_else(limits, own->all);
    return *this;
}

client_request& client_request::follow_redirects(bool follow) & {
    state().follow_redirects = follow;
    return *this;
}

client_request& client_request::max_redirects(int count) & {
    if (count < 0) throw std::invalid_argument("max_redirects is negative");
    state().max_redirects = count;
    return *this;
}

client_request& client_request::redirect_safe(std::string_view header_name) & {
    rules_of(state()).redirect_safe.emplace_back(header_name);
    return *this;
}

client_request& client_request::allow_downgrade(bool allow) & {
    state().allow_downgrade = allow;
    return *this;
}

client_request& client_request::tls(const tls_context& trust) & {
    choices_of(state()).tls = trust;
    return *this;
}

client_request& client_request::upgrade(std::string_view protocol) & {
    if (!client::is_protocol(protocol))
        throw std::invalid_argument("upgrade to \"" + http::escaped(protocol, 64) +
                                    "\": not a protocol (RFC 9110, section 7.8)");
    auto& fields = state().fields;
    fields.append("Upgrade", protocol);
    if (!fields.contains("Connection")) fields.append("Connection", "upgrade");
    choices_of(state()).use = client::connection_use::upgrade;
    return *this;
}

client_request& client_request::proxy(const skein::proxy& through) & {
    choices_of(state()).proxy = through;
    return *this;
}

client_request& client_request::raise_for_status(bool raise) & {
    state().raise_for_status = raise;
    return *this;
}

client_request& client_request::decompress(bool on) & {
    state().decompress = on;
    return *this;
}

namespace {
client::request_hooks& hooks_of(client::request_state& state) {
    if (!state.hooks) state.hooks = std::make_unique<client::request_hooks>();
    return *state.hooks;
}
}  // namespace

client_request& client_request::on_interim(std::function<void(int, const skein::headers&)> hook) & {
    hooks_of(state()).on_interim = std::move(hook);
    return *this;
}

client_request& client_request::on_download(
    std::function<void(std::uint64_t, std::optional<std::uint64_t>)> hook) & {
    hooks_of(state()).on_download = std::move(hook);
    return *this;
}

namespace {
client::retry_settings& own_retries(client::request_state& request) {
    if (!request.retry) {
        const auto* of_session = request.core->retries();
        request.retry = std::make_unique<client::retry_settings>(
            of_session != nullptr ? *of_session : client::retry_settings());
    }
    return *request.retry;
}
}  // namespace

client_request& client_request::retry(const retry_policy& policy) & {
    own_retries(state()).policy = policy;
    return *this;
}

client_request& client_request::retry_if(retry_predicate decide) & {
    own_retries(state()).when = std::move(decide);
    return *this;
}

client_request& client_request::resumable(bool resume) & {
    if (state().method != "GET") throw std::logic_error("only a GET is resumable");
    state().resumable = resume;
    if (resume && !state().fields.contains("Accept-Encoding")) header("Accept-Encoding", "identity");
    return *this;
}

client_request& client_request::middleware(skein::middleware around) & {
    if (!around) throw std::invalid_argument("an empty middleware");
    hooks_of(state()).middlewares.push_back(std::move(around));
    return *this;
}

client_request& client_request::session_middleware(bool use) & {
    hooks_of(state()).session_middleware = use;
    return *this;
}

client_request& client_request::trace(trace_function told) & {
    hooks_of(state()).trace = std::move(told);
    return *this;
}

task<client_response> client_request::send() && {
    state();
    return client::send(std::move(state_));
}

}  // namespace skein
