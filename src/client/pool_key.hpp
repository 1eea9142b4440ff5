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
        : scheme_(to.scheme()), host_(to.host_header()), choices_(choices) {}

    /// The key as text, "https example.org:8443": equal only if the keys are.
    void write_to(std::string& text) const {
        text.assign(scheme_).append(" ").append(host_);
        if (!choices_.empty()) text.append(" ").append(choices_);  // no host has a space in it
    }
    /// Whether that is its text.
    bool is(std::string_view text) const noexcept {
        const std::size_t bytes = scheme_.size() + 1 + host_.size();
        if (!choices_.empty())
            return text.size() == bytes + 1 + choices_.size() && text.substr(bytes + 1) == choices_ &&
                   is_origin(text.substr(0, bytes + 1));
        return text.size() == bytes && is_origin(text);
    }

private:
    // Of a text that is long enough.
    bool is_origin(std::string_view text) const noexcept {
        const std::size_t bytes = scheme_.size();
        return text.substr(bytes + 1, host_.size()) == host_ && text.substr(0, bytes) == scheme_;
    }

    std::string_view scheme_;
    std::string_view host_;  // with the port, unless it is the scheme's own
    std::string_view choices_;
};

}  // namespace skein::client
