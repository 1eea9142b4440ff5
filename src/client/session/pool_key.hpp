// Whom a connection talks to: what two requests must have in common to share one. A connection that is used
// by whom it was not made for is how credentials reach strangers, so everything that decides it is in here.
#pragma once

#include <skein/url.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace skein::client {

/// The key of a connection in a session's pool. What a whole session has only one of (trust, limits, the
/// resolver) is not part of it: each session has a pool of its own. tests/unit/client/test_pool_key.cpp lists
/// every option, and whether it is.
class pool_key {
public:
    /// `choices`: of the request, as text (connection_choices::key).
    explicit pool_key(const url& to, std::string_view choices = {}) noexcept
        : scheme_(to.href().substr(0, to.scheme().size() + 3)), host_(to.host_header()), choices_(choices) {
        if (to.has_credentials()) return;
        scheme_ = to.href().substr(0, scheme_.size() + host_.size());  // they lie together: one comparison
        host_ = {};
    }

    /// The key as text, "https://example.org:8443": equal only if the keys are.
    void write_to(std::string& text) const {
        text.assign(scheme_).append(host_);
        if (!choices_.empty()) text.append(" ").append(choices_);  // no host has a space in it
    }
    /// Whether that is its text.
    bool is(std::string_view text) const noexcept {
        if (!text.starts_with(scheme_)) return false;
        text.remove_prefix(scheme_.size());
        if (host_.empty() && choices_.empty()) return text.empty();
        if (!text.starts_with(host_)) return false;
        text.remove_prefix(host_.size());
        return choices_.empty() ? text.empty() : text.starts_with(' ') && text.substr(1) == choices_;
    }

private:
    std::string_view scheme_;  // "https://", and the host as well where nothing lies between
    std::string_view host_;    // with the port, unless it is the scheme's own
    std::string_view choices_;
};

}  // namespace skein::client
