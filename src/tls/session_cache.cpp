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

/// In seconds; 0 if there is no such time. Of null: now, by the clock that certificates are verified by.
std::time_t time_of(const ASN1_TIME* when) noexcept {
    std::tm parts{};
    return ASN1_TIME_to_tm(when, &parts) == 1 ? timegm(&parts) : 0;
}

/// Until when a peer may still take it.
std::time_t end_of(const SSL_SESSION* session) noexcept {
    const X509* leaf = SSL_SESSION_get0_peer(const_cast<SSL_SESSION*>(session));
    const ASN1_TIME* expiry = leaf == nullptr ? nullptr : X509_get0_notAfter(leaf);
    if (expiry == nullptr) return 0;
    const unsigned long hint = SSL_SESSION_get_ticket_lifetime_hint(session);
    const auto seconds =
        static_cast<std::time_t>(std::min(hint == 0 ? usual_seconds : hint, longest_seconds));
    return std::min(static_cast<std::time_t>(SSL_SESSION_get_time(session)) + seconds, time_of(expiry));
}

}  // namespace

owned<SSL_SESSION> session_box::take() noexcept {
    const std::time_t now = time_of(nullptr);
    while (!kept_.empty()) {
        entry latest = std::move(kept_.back());
        kept_.pop_back();
        --*total_;
        if (now < latest.end && SSL_SESSION_is_resumable(latest.session.get()) == 1)
            return std::move(latest.session);
    }
    return nullptr;
}

void session_box::put(owned<SSL_SESSION> session) noexcept {
    if (!session || SSL_SESSION_is_resumable(session.get()) != 1) return;
    const unsigned char* ticket = nullptr;
    std::size_t bytes = 0;
    SSL_SESSION_get0_ticket(session.get(), &ticket, &bytes);
    if (bytes > most_ticket_bytes) return;
    if (kept_.size() >= most_sessions) {
        kept_.erase(kept_.begin());
        --*total_;
    }
    const std::time_t end = end_of(session.get());
    try {
        kept_.push_back({std::move(session), end});
        ++*total_;
    } catch (...) {  // no memory: the next connection begins anew
    }
}

void session_box::clear() noexcept {
    *total_ -= kept_.size();
    kept_.clear();
}

std::shared_ptr<session_box> session_cache::at(std::string_view key) {
    if (const auto found = by_key_.find(key); found != by_key_.end()) {
        peers_.splice(peers_.begin(), peers_, found->second);
    } else {
        peers_.push_front({std::string(key), std::make_shared<session_box>(total_)});
        by_key_.emplace(peers_.front().key, peers_.begin());
    }
    while (peers_.size() > most_peers || (*total_ > most_sessions && peers_.size() > 1)) {
        peers_.back().box->clear();  // a connection may still hold it
        by_key_.erase(peers_.back().key);
        peers_.pop_back();
    }
    return peers_.front().box;
}

}  // namespace skein::tls
