// Owns the handshake of a connection and what is said when it fails.
#include "client/connection/secure.hpp"

#include "base/host_and_port.hpp"
#include "client/report/tell.hpp"
#include "client/session/session_core.hpp"
#include "task/wait_limit.hpp"
#include "tls/handshake.hpp"

#include <skein/detail/report.hpp>
#include <skein/error.hpp>

#include <exception>
#include <string>
#include <system_error>
#include <utility>

namespace skein::client {

namespace {

/// What connections of the same kind have left: of the same context, to the same peer, chosen in the same
/// way.
std::shared_ptr<tls::session_box> sessions_for(const sending& s, const tls_context& trust,
                                               const endpoint& peer) {
    if (!trust.shared()->settings().resumption) return nullptr;
    std::string key = std::to_string(trust.id()) + " " + text_of(peer);
    if (const auto& choices = s.request().choices) key += " " + choices->key;
    return s.core().tls_sessions().at(key);
}

void warn_of_insecure(const endpoint& peer) {
    detail::report_lost("TLS with " + text_of(peer) + " believes anybody",
                        std::make_exception_ptr(tls_error(
                            "tls_context::insecure() is in use: whoever is on the way can read and change "
                            "what is sent",
                            peer.host, peer.port)));
}

}  // namespace

task<std::unique_ptr<net::stream>> secure(sending& s, std::unique_ptr<net::stream> plain,
                                          const tls_context& trust, const endpoint& peer,
                                          connection_facts& facts, bool is_http) {
    s.enter(phase::tls);
    const due_time due = s.due(phase::tls);
    detail::wait_limit limit(due.when);
    std::unique_ptr<tls::stream> secured;
    std::error_code failed;
    tell_if_traced(s, trace_kind::tls_handshake_start, facts.peer);
    try {
        if (trust.shared()->must_warn()) [[unlikely]]
            warn_of_insecure(peer);
        secured =
            std::make_unique<tls::stream>(std::move(plain), trust, peer.host, sessions_for(s, trust, peer));
        if (!is_http) secured->offer_own_protocols();
        failed = co_await tls::handshake_wait(*secured);
    } catch (const cancelled_error&) {
        if (!limit.expired()) throw;
        s.fail_timeout(phase::tls, due,
                       "in the TLS handshake with " + detail::with_address(text_of(peer), facts.peer));
    } catch (const tls_error& e) {
        s.fail<tls_error>("cannot use TLS with " + text_of(peer) + ": " + e.what(), peer.host, peer.port,
                          e.code());
    }
    if (failed) {
        const std::string& words = secured->failure_text();
        s.fail<tls_error>("the TLS handshake with " + detail::with_address(text_of(peer), facts.peer) +
                              " failed: " + (words.empty() ? failed.message() : words),
                          peer.host, peer.port, failed);
    }
    facts.tls_version = secured->version();
    facts.tls_cipher = secured->cipher();
    facts.tls_resumed = secured->resumed();
    if (!is_http) facts.alpn = secured->alpn();
    if (s.is_traced())
        tell(s, event_of(trace_kind::tls_handshake_end,
                         std::string(facts.tls_version) + " " + std::string(facts.tls_cipher)));
    co_return secured;
}

}  // namespace skein::client
