// What a client_request has gathered.
#pragma once

#include "client/retry_rules.hpp"

#include <skein/detail/recycler.hpp>
#include <skein/headers.hpp>
#include <skein/timeouts.hpp>
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
    std::unique_ptr<retry_settings> retry;  // null: the session's
    bool resumable = false;

    /// Whether the body can be sent once more.
    bool can_replay() const noexcept { return true; }
};

}  // namespace skein::client
