// What a client_request has gathered.
#pragma once

#include "client/request/upload.hpp"
#include "client/session/retry_rules.hpp"

#include <skein/detail/recycler.hpp>
#include <skein/headers.hpp>
#include <skein/middleware.hpp>
#include <skein/proxy.hpp>
#include <skein/timeouts.hpp>
#include <skein/tls_context.hpp>
#include <skein/trace.hpp>
#include <skein/url.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace skein::client {

class session_core;

/// A cookie of one request alone.
struct request_cookie {
    std::string name;
    std::string value;
};

/// Who answers challenges of Digest.
struct identity {
    std::string user;
    std::string password;
    friend bool operator==(const identity&, const identity&) noexcept = default;
};

/// What a request has to say of itself that no header of the caller's says: by digest_auth(), or from netrc.
struct authorization {
    std::optional<identity> digest = {};  // as long as the request is with the origin it was meant for
    bool is_ours = false;                 // the Authorization among the fields was made by us, for this hop
    std::string nonce = {};               // that it used
    unsigned met = 0;                     // challenges of this hop
};

/// What few requests have: functions of the caller's around them and inside.
struct request_hooks {
    std::vector<middleware> middlewares;
    bool session_middleware = true;
    trace_function trace;
    std::function<void(int status, const headers& fields)> on_interim;
    std::function<void(std::uint64_t received, std::optional<std::uint64_t> total)> on_download;
};

/// What becomes of a connection, as far as its way depends on it.
enum class connection_use : std::uint8_t {
    http,     ///< requests
    upgrade,  ///< one that may become another protocol's: no proxy may stand in between
    raw,      ///< none: it is for whoever wants a stream of bytes
};

/// What few requests have: connections of their own kind.
struct connection_choices {
    connection_use use = connection_use::http;
    bool names_host = true;          // false: all that the program has named is the session's Unix socket
    std::optional<tls_context> tls;  // nothing: the session's
    skein::proxy proxy;              // as the request says
    skein::proxy via;  // what the attempt goes through, if anything: by route.hpp, anew for each
    /// What of this tells connections apart, as text for pool_key; made with the route, for each attempt.
    std::string key;
};

/// Time limits of a request that has some of its own.
struct own_limits : detail::recycled {
    timeouts all;
};

/// Names of headers that a request treats in its own way.
struct header_rules {
    std::vector<std::string> redirect_safe;
    std::vector<std::string> skip_auto;
};

struct request_state : detail::recycled {
    request_state(std::shared_ptr<session_core> session, std::string_view verb, skein::url target)
        : core(std::move(session)), method(verb), url(std::move(target)) {}

    std::shared_ptr<session_core> core;
    std::string method;
    skein::url url;
    skein::headers fields;                    // the caller's own
    std::vector<request_cookie> cookies;      // for the first origin
    std::shared_ptr<const std::string> body;  // in memory; null: none, or the upload has it
    std::unique_ptr<client::upload> upload;   // null: the body is bytes in memory, and nothing goes with it
    std::unique_ptr<own_limits> limits;       // null: the session's
    std::unique_ptr<header_rules> rules;      // null: the session's
    std::unique_ptr<authorization> auth;      // null: the fields are all there is
    std::unique_ptr<request_hooks> hooks;     // null: none
    std::unique_ptr<retry_settings> retry;    // null: the session's
    std::unique_ptr<connection_choices> choices;  // null: the session's connections
    std::optional<int> max_redirects;
    std::optional<bool> follow_redirects;
    std::optional<bool> raise_for_status;
    std::optional<bool> decompress;
    bool allow_downgrade = false;
    bool resumable = false;

    /// Whether the body, if there is one, can be sent (again) from its beginning.
    bool can_replay() const noexcept { return !upload || !upload->origin || upload->origin->can_replay(); }
    bool has_body() const noexcept { return body != nullptr || (upload && upload->origin); }
    void drop_body() noexcept {
        body.reset();
        upload.reset();
    }
};

}  // namespace skein::client
