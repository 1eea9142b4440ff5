// Owns which peers are remembered, and which of their sessions are worth trying.
#include "tls/session_cache.hpp"

#include "tls/session_box.hpp"

#include <algorithm>

#include <openssl/x509.h>

namespace skein::tls {

namespace {

// Tickets may be good for seven days (RFC 8446 section 4.6.1). The certificate is not looked at again when a
// session goes on, so that is a long time.
constexpr unsigned long longest_seconds = 24 * 60 * 60;
constexpr unsigned long usual_seconds = 2 * 60 * 60;  // where the peer does not say

bool has_passed(const ASN1_TIME* when) noexcept {
    return when == nullptr || X509_cmp_current_time(when) <= 0;
}

// By the clock that certificates are verified by.
bool is_fresh(const SSL_SESSION* session) noexcept {
    if (SSL_SESSION_is_resumable(session) != 1) return false;
    const X509* leaf = SSL_SESSION_get0_peer(const_cast<SSL_SESSION*>(session));
    if (leaf == nullptr || has_passed(X509_get0_notAfter(leaf))) return false;
    const unsigned long hint = SSL_SESSION_get_ticket_lifetime_hint(session);
    const long seconds = static_cast<long>(std::min(hint == 0 ? usual_seconds : hint, longest_seconds));
    struct free_time {
        void operator()(ASN1_TIME* p) const noexcept { ASN1_TIME_free(p); }
    };
    const std::unique_ptr<ASN1_TIME, free_time> end(
        ASN1_TIME_adj(nullptr, static_cast<time_t>(SSL_SESSION_get_time(session)), 0, seconds));
    return !has_passed(end.get());
}

}  // namespace

owned<SSL_SESSION> session_box::take() noexcept {
    while (!kept_.empty()) {
        owned<SSL_SESSION> latest = std::move(kept_.back());
        kept_.pop_back();
        if (is_fresh(latest.get())) return latest;
    }
    return nullptr;
}

void session_box::put(owned<SSL_SESSION> session) noexcept {
    if (!session || SSL_SESSION_is_resumable(session.get()) != 1) return;
    const unsigned char* ticket = nullptr;
    std::size_t bytes = 0;
    SSL_SESSION_get0_ticket(session.get(), &ticket, &bytes);
    if (bytes > most_ticket_bytes) return;
    if (kept_.size() >= most_sessions) kept_.erase(kept_.begin());
    try {
        kept_.push_back(std::move(session));
    } catch (...) {  // no memory: the next connection begins anew
    }
}

std::shared_ptr<session_box> session_cache::at(std::string_view key) {
    if (const auto found = by_key_.find(key); found != by_key_.end()) {
        peers_.splice(peers_.begin(), peers_, found->second);
        return peers_.front().box;
    }
    peers_.push_front({std::string(key), std::make_shared<session_box>()});
    by_key_.emplace(peers_.front().key, peers_.begin());
    if (peers_.size() > most_peers) {
        by_key_.erase(peers_.back().key);
        peers_.pop_back();
    }
    return peers_.front().box;
}

}  // namespace skein::tls
