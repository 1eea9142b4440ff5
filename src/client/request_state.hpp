// What a client_request has gathered.
#pragma once

#include <skein/detail/recycler.hpp>
#include <skein/headers.hpp>
#include <skein/middleware.hpp>
#include <skein/timeouts.hpp>
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

/// What few requests have: functions of the caller's around them and inside.
struct request_hooks {
    std::vector<middleware> middlewares;
    bool session_middleware = true;
    trace_function trace;
    std::function<void(int status, const headers& fields)> on_interim;
    std::function<void(std::uint64_t received, std::optional<std::uint64_t> total)> on_download;
};

struct request_state : detail::recycled {
    request_state(std::shared_ptr<session_core> session, std::string_view verb, skein::url target)
        : core(std::move(session)), method(verb), url(std::move(target)) {}

    std::shared_ptr<session_core> core;
    std::string method;
    skein::url url;
    skein::headers fields;                    // the caller's own
    std::vector<request_cookie> cookies;      // for the first origin
    std::shared_ptr<const std::string> body;  // null: none
    timeouts limits;
    std::optional<bool> follow_redirects;
    std::optional<int> max_redirects;
    std::vector<std::string> redirect_safe;
    bool allow_downgrade = false;
    std::optional<bool> raise_for_status;
    std::optional<bool> decompress;
    std::unique_ptr<request_hooks> hooks;  // null: none
};

}  // namespace skein::client
