// Owns the nonces of Digest and their counts. A pair of nonce and count is never used twice: servers take
// that for a replay.
#include "client/credentials/digest_spaces.hpp"

#include "loop/random.hpp"
#include "tls/hash.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace skein::client {

namespace {

std::string hash_hex(http::digest_hash which, std::string_view text) {
    switch (which) {
        case http::digest_hash::md5:
            return tls::hash_hex(tls::hash::md5, text);
        case http::digest_hash::sha256:
            return tls::hash_hex(tls::hash::sha256, text);
        case http::digest_hash::sha512_256:
            return tls::hash_hex(tls::hash::sha512_256, text);
    }
    return {};
}

std::string make_cnonce() {
    std::array<std::byte, 16> random{};
    loop::fill_random(random);
    std::string text;
    for (const std::byte one : random) {
        text += "0123456789abcdef"[std::to_integer<unsigned>(one >> 4)];
        text += "0123456789abcdef"[std::to_integer<unsigned>(one & std::byte{15})];
    }
    return text;
}

}  // namespace

std::optional<http::digest_challenge> digest_challenge_of(const headers& fields) {
    return http::strongest_digest(auth_challenge::parse(fields), hash_hex);
}

std::optional<digest_spaces::answer> digest_spaces::say(space& from, const what& request) {
    http::digest_subject subject;
    subject.user = from.who.user;
    subject.password = from.who.password;
    subject.method = request.method;
    subject.target = request.target.target();
    subject.body = request.body;
    subject.cnonce = from.cnonce;
    subject.count = ++from.count;
    auto text = http::answer_digest(from.challenge, subject, hash_hex);
    if (!text) return std::nullopt;
    return answer{std::move(*text), from.challenge.nonce};
}

std::optional<digest_spaces::answer> digest_spaces::meet(const identity& who, const what& request,
                                                         http::digest_challenge challenge) {
    http::protection_space where(challenge.domain, request.target);
    const auto same = std::find_if(all_.begin(), all_.end(), [&](const space& one) {
        return one.who == who && one.challenged.same_origin(request.target) &&
               one.challenge.realm == challenge.realm;
    });
    // Requests that were under way together may be sent the same nonce: its count goes on.
    const bool goes_on = same != all_.end() && same->challenge.nonce == challenge.nonce;
    space learned{who,
                  request.target,
                  std::move(where),
                  std::move(challenge),
                  goes_on ? same->cnonce : make_cnonce(),
                  goes_on ? same->count : 0};
    if (same != all_.end())
        all_.erase(same);
    else if (all_.size() == most)
        all_.erase(all_.begin());
    all_.push_back(std::move(learned));
    return say(all_.back(), request);
}

std::optional<digest_spaces::answer> digest_spaces::guess(const identity& who, const what& request) {
    const auto found = std::find_if(all_.rbegin(), all_.rend(), [&](const space& one) {
        return one.where.contains(request.target) && one.who == who;
    });
    if (found == all_.rend()) return std::nullopt;
    return say(*found, request);
}

digest_spaces::space* digest_spaces::find(const identity& who, const url& origin,
                                          std::string_view nonce) noexcept {
    const auto found = std::find_if(all_.begin(), all_.end(), [&](const space& one) {
        return one.challenge.nonce == nonce && one.challenged.same_origin(origin) && one.who == who;
    });
    return found == all_.end() ? nullptr : &*found;
}

void digest_spaces::renew(const identity& who, const url& from, std::string_view nonce, std::string next) {
    space* known = find(who, from, nonce);
    if (known == nullptr || next == known->challenge.nonce) return;
    known->challenge.nonce = std::move(next);
    known->cnonce = make_cnonce();
    known->count = 0;
}

void digest_spaces::forget(const identity& who, const url& from, std::string_view nonce) noexcept {
    if (const space* known = find(who, from, nonce)) all_.erase(all_.begin() + (known - all_.data()));
}

}  // namespace skein::client
