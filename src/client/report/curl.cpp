// Owns requests as curl command lines.
#include "base/host_and_port.hpp"
#include "client/connection/name_book.hpp"
#include "client/connection/route.hpp"
#include "client/credentials/cookies.hpp"
#include "client/request/request_state.hpp"
#include "client/response/decoding.hpp"
#include "client/session/redirect.hpp"
#include "client/session/session_core.hpp"

#include <skein/client_request.hpp>
#include <skein/trace.hpp>

#include <cstdio>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace skein {

namespace {

/// As one word of a POSIX shell.
std::string shell_word(std::string_view text) {
    std::string word = "'";
    for (const char c : text) {
        if (c == '\'')
            word += "'\\''";
        else
            word += c;
    }
    return word + "'";
}

/// printf of these bytes: an argument cannot have a NUL in it.
std::string printed(std::string_view bytes) {
    std::string format;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        char text[5];
        std::snprintf(text, sizeof text,
                      byte < 0x20 || byte >= 0x7f || c == '%' || c == '\\' ? "\\%03o" : "%c", byte);
        format += text;
    }
    return "printf " + shell_word(format) + " | ";
}

/// Headers as they will be sent, the Cookie header among them.
headers sent_fields(const client::request_state& r) {
    headers all = r.fields;
    for (auto [name, value] : r.core->base_fields())
        if (!r.fields.contains(name)) all.append(name, value);
    if (!r.fields.contains("Accept-Encoding")) client::choose_codings(all, r, r.core->options());
    cookie_jar jar = r.core->cookies();  // looking counts as use
    const auto now = r.core->has_wall_time() ? r.core->wall_time() : cookie_jar::time_point();
    const std::string cookies = client::cookie_header(all, r, jar, now);
    if (!cookies.empty()) all.set("Cookie", cookies);
    return all;
}

std::string header_options(const headers& fields, bool with_secrets) {
    std::string options;
    for (auto [name, value] : fields) {
        const std::string shown = with_secrets ? std::string(value) : masked_value(name, value);
        options += " --header " + shell_word(std::string(name) + (shown.empty() ? ";" : ": " + shown));
    }
    return options;
}

std::string method_options(const client::request_state& r) {
    if (r.method == "HEAD") return " --head";
    const bool implied = r.method == (r.body ? "POST" : "GET");
    if (implied || (r.method == "POST" && !r.body)) return "";
    return " --request " + shell_word(r.method);
}

/// What there is of a body; curl's own additions to it are switched off.
std::string body_options(const client::request_state& r, const headers& fields) {
    const bool empty_post = r.method == "POST" && !r.body;
    if (!r.body && !empty_post) return "";
    const std::string_view content = r.body ? std::string_view(*r.body) : std::string_view();
    std::string options;
    if (!fields.contains("Content-Type")) options += " --header 'Content-Type:'";
    if (content.size() > 1024 && !fields.contains("Expect")) options += " --header 'Expect:'";
    if (content.find('\0') != content.npos) return options + " --data-binary @-";
    return options + " --data-raw " + shell_word(content);
}

/// Where connections go instead, and where they come from.
std::string connection_options(const url& to, client::session_core& core) {
    const connector_options& session = core.options().connector;
    const std::string& path = session.unix_socket;
    if (!path.empty() && (path.front() == '@' || path.front() == '\0'))
        return " --abstract-unix-socket " + shell_word(path.substr(1));
    if (!path.empty()) return " --unix-socket " + shell_word(path);
    std::string options;
    if (session.family != address_family::any)
        options += session.family == address_family::ipv4 ? " --ipv4" : " --ipv6";
    if (session.local_address) options += " --interface " + session.local_address->to_string();
    const std::string_view host = to.host_without_brackets();
    const auto* const fixed = core.names().fixed(host, to.port());
    if (fixed == nullptr || fixed->empty()) return options;
    std::string addresses;
    for (const auto& one : *fixed) addresses += (addresses.empty() ? "" : ",") + one.to_string();
    return options + " --resolve " + shell_word(detail::host_and_port(host, to.port()) + ":" + addresses);
}

std::string transfer_options(const client::request_state& r) {
    const session_options& session = r.core->options();
    std::string options;
    if (r.follow_redirects.value_or(r.method != "HEAD"))
        options +=
            " --location --max-redirs " + std::to_string(r.max_redirects.value_or(session.max_redirects));
    options += connection_options(r.url, *r.core);
    if (r.url.is_secure()) options += " --http1.1";
    if (r.url.is_secure() && !client::trust_of(r).verifies()) options += " --insecure";
    if (r.limits && r.limits->all.total.is_limited()) {
        char seconds[32];
        std::snprintf(seconds, sizeof seconds, " --max-time %.6g",
                      std::chrono::duration<double>(r.limits->all.total.limit()).count());
        options += seconds;
    }
    return options;
}

/// The proxy, its credentials hidden unless asked for; `own`: the caller's header for it.
std::string proxy_options(const client::request_state& r, std::optional<std::string_view> own,
                          bool with_secrets) {
    const proxy* const p = client::proxy_for(r);
    const bool is_refused = r.choices && r.choices->proxy.is_none();
    if (p == nullptr)
        return is_refused || r.core->proxies() != nullptr || r.core->options().proxy.is_none()
                   ? " --noproxy '*'"
                   : "";
    std::string options = " --proxy " + shell_word(p->to_string());
    if (p->has_credentials())
        options += " --proxy-user " +
                   shell_word(with_secrets ? p->username() + ":" + p->password() : std::string("***:***"));
    if (own && client::speaks_http(*p))
        options += " --proxy-header " +
                   shell_word("Proxy-Authorization: " +
                              (with_secrets ? std::string(*own) : masked_value("Proxy-Authorization", *own)));
    if (p->scheme() == "https" && !client::trust_of(*r.core, *p).verifies()) options += " --proxy-insecure";
    return options;
}

}  // namespace

std::string client_request::to_curl(bool with_secrets) const {
    if (!state_) throw std::logic_error("a client_request was used after it was sent or moved from");
    client::request_state r(state_->core, state_->method, state_->url);
    r.fields = state_->fields;
    r.cookies = state_->cookies;
    r.body = state_->body;
    if (state_->limits) r.limits = std::make_unique<client::own_limits>(*state_->limits);
    r.follow_redirects = state_->follow_redirects;
    r.max_redirects = state_->max_redirects;
    r.decompress = state_->decompress;
    if (state_->choices) r.choices = std::make_unique<client::connection_choices>(*state_->choices);
    client::take_url_credentials(r);

    skein::headers fields = sent_fields(r);
    auto for_proxy = r.fields.get("Proxy-Authorization");
    if (!for_proxy) for_proxy = r.core->options().default_headers.get("Proxy-Authorization");
    fields.remove("Proxy-Authorization");
    const std::string target = r.url.without_fragment().str();
    std::string line;
    if (r.body && r.body->find('\0') != std::string::npos) line += printed(*r.body);
    line += "curl" + method_options(r) + transfer_options(r) + proxy_options(r, for_proxy, with_secrets);
    if (r.decompress.value_or(r.core->options().decompress) && fields.contains("Accept-Encoding"))
        line += " --compressed";
    if (target.find_first_of("[]{}") != target.npos) line += " --globoff";
    return line + header_options(fields, with_secrets) + body_options(r, fields) + " " + shell_word(target);
}

}  // namespace skein
