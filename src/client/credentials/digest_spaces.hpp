// What a session has learned from challenges of Digest: nonces and how often each was used, by origin and
// identity. Knows no request.
#pragma once

#include "client/request/request_state.hpp"
#include "http/digest.hpp"

#include <skein/url.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::client {

/// The challenge of a response that is to be answered; nothing if there is none that can be.
std::optional<http::digest_challenge> digest_challenge_of(const headers& fields);

class digest_spaces {
public:
    /// The least recently learned go when there are more.
    static constexpr std::size_t most = 256;

    /// What is being asked for.
    struct what {
        std::string_view method;
        const url& target;
        std::optional<std::string_view> body;  ///< nothing if it cannot be had whole
    };

    /// A value of Authorization, and the nonce that it used.
    struct answer {
        std::string text;
        std::string nonce;
    };

    /// Takes in a challenge, and answers it; nothing if that cannot be done.
    std::optional<answer> meet(const identity& who, const what& request, http::digest_challenge challenge);
    /// Answers before being asked, where a challenge that was met before says that this is right.
    std::optional<answer> guess(const identity& who, const what& request);

    /// The server wants another nonce from now on (RFC 7616, section 3.5).
    void renew(const identity& who, const url& from, std::string_view nonce, std::string next);
    /// An answer with that nonce was refused: it is not given again unasked.
    void forget(const identity& who, const url& from, std::string_view nonce) noexcept;

    std::size_t size() const noexcept { return all_.size(); }

private:
    struct space {
        identity who;
        url challenged;
        http::protection_space where;
        http::digest_challenge challenge;
        std::string cnonce;
        std::uint32_t count = 0;
    };

    static std::optional<answer> say(space& from, const what& request);
    space* find(const identity& who, const url& origin, std::string_view nonce) noexcept;

    std::vector<space> all_;  // the last learned last
};

}  // namespace skein::client
