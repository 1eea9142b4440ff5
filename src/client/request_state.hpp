// What a client_request has gathered.
#pragma once

#include <skein/detail/recycler.hpp>
#include <skein/headers.hpp>
#include <skein/middleware.hpp>
#include <skein/timeouts.hpp>
#include <skein/trace.hpp>
#include <skein/url.hpp>

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

/// What few requests have.
struct request_extras {
    std::vector<middleware> middlewares;
    bool session_middleware = true;
    trace_function trace;
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
    std::unique_ptr<request_extras> extras;  // null: none

    request_extras& extra() {
        if (!extras) extras = std::make_unique<request_extras>();
        return *extras;
    }
};

}  // namespace skein::client
