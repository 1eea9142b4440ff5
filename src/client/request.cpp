// Owns the setters of a request.
#include "client/request_state.hpp"
#include "client/send.hpp"
#include "http/base64.hpp"
#include "http/cookie_rules.hpp"
#include "http/field_grammar.hpp"

#include <skein/client_request.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>

namespace skein {

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
    return *this;
}

client_request& client_request::json(const nlohmann::json& value) & {
    body(value.dump());
    if (!state().fields.contains("Content-Type")) header("Content-Type", "application/json");
    return *this;
}

client_request& client_request::basic_auth(std::string_view user, std::string_view password) & {
    if (user.find(':') != std::string_view::npos)
        throw std::invalid_argument(
            "a user name for basic authentication must not contain a colon (RFC 7617)");
    state().fields.set("Authorization",
                       "Basic " + http::base64(std::string(user) + ":" + std::string(password)));
    return *this;
}

client_request& client_request::bearer(std::string_view token) & {
    state().fields.set("Authorization", "Bearer " + std::string(token));
    return *this;
}

client_request& client_request::timeout(const timeouts& limits) & {
    timeouts& own = state().limits;
    own.total = limits.total.or_else(own.total);
    own.pool = limits.pool.or_else(own.pool);
    own.dns = limits.dns.or_else(own.dns);
    own.connect = limits.connect.or_else(own.connect);
    own.tls = limits.tls.or_else(own.tls);
    own.write = limits.write.or_else(own.write);
    own.first_byte = limits.first_byte.or_else(own.first_byte);
    own.read = limits.read.or_else(own.read);
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
    state().redirect_safe.emplace_back(header_name);
    return *this;
}

client_request& client_request::allow_downgrade(bool allow) & {
    state().allow_downgrade = allow;
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
