// Owns when a request says who sends it, other than by a header of the caller's: never to another origin, and
// to a server that refuses the answer, once.
#include "client/credentials/authorization.hpp"

#include "client/session/sending.hpp"
#include "client/session/session_core.hpp"
#include "http/credentials.hpp"
#include "http/netrc.hpp"

#include <string_view>
#include <utility>

namespace skein::client {

namespace {

// The first challenge, and what may come of a nonce that is used up in the meantime by others.
constexpr unsigned most_challenges = 3;

digest_spaces::what subject_of(const request_state& r) {
    const std::string* body = r.body.get();
    if (r.upload) body = r.upload->coding ? nullptr : r.upload->origin->memory().get();  // kept by the origin
    if (body == nullptr && r.has_body()) return {r.method, r.url, std::nullopt};
    return {r.method, r.url, body != nullptr ? std::string_view(*body) : std::string_view()};
}

void put(sending& s, std::string_view value) {
    s.own_fields().set("Authorization", value);
    s.request().auth->is_ours = true;
}

/// True if the fields have an answer now.
bool put_answer(sending& s, std::optional<digest_spaces::answer> answer) {
    if (!answer) return false;
    put(s, answer->text);
    s.request().auth->nonce = std::move(answer->nonce);
    return true;
}

}  // namespace

void authorize(sending& s) {
    request_state& r = s.request();
    authorization& a = *r.auth;
    a.met = 0;
    a.nonce.clear();
    if (a.digest || a.is_ours) {
        s.own_fields().remove("Authorization");
        a.is_ours = false;
    }
    if (a.digest) {
        put_answer(s, s.core().digests().guess(*a.digest, subject_of(r)));
        return;
    }
    const http::netrc* netrc = s.core().netrc();
    if (netrc == nullptr || s.fields().contains("Authorization")) return;
    if (const auto* entry = netrc->find(r.url.host_without_brackets()))
        put(s, http::basic_credentials(entry->login, entry->password));
}

bool answer_challenge(sending& s, const http1::response_head& head) {
    request_state& r = s.request();
    authorization& a = *r.auth;
    if (!a.digest) return false;
    digest_spaces& known = s.core().digests();
    if (head.status != 401) {
        if (a.nonce.empty()) return false;
        if (auto next = http::next_nonce(head.fields))
            known.renew(*a.digest, r.url, a.nonce, std::move(*next));
        return false;
    }
    auto challenge = digest_challenge_of(head.fields);
    // An answer to the server's own challenge is right or wrong. One that was given before being asked may
    // just be old, and so may a nonce that others used meanwhile, but then the server says so.
    const bool goes_on =
        challenge && (a.met == 0 || challenge->stale) && a.met < most_challenges && r.can_replay();
    if (goes_on) {
        ++a.met;
        s.take_back_changes();
        if (put_answer(s, known.meet(*a.digest, subject_of(r), std::move(*challenge)))) return true;
    }
    if (!a.nonce.empty()) known.forget(*a.digest, r.url, a.nonce);
    return false;
}

}  // namespace skein::client
