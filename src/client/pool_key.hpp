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
    explicit pool_key(const url& to) noexcept : scheme_(to.scheme()), host_(to.host_header()) {}

    /// The key as text, "https example.org:8443": equal only if the keys are.
    void write_to(std::string& text) const { text.assign(scheme_).append(" ").append(host_); }
    /// Whether that is its text.
    bool is(std::string_view text) const noexcept {
        const std::size_t bytes = scheme_.size();
        return text.size() == bytes + 1 + host_.size() && text.substr(bytes + 1) == host_ &&
               text.substr(0, bytes) == scheme_;
    }

private:
    std::string_view scheme_;
    std::string_view host_;  // with the port, unless it is the scheme's own
};

}  // namespace skein::client
