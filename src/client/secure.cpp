// Owns the handshake of a connection and what is said when it fails.
#include "client/secure.hpp"

#include "client/tell.hpp"
#include "task/wait_limit.hpp"
#include "tls/handshake.hpp"

#include <skein/error.hpp>

#include <string>
#include <system_error>
#include <utility>

namespace skein::client {

task<std::unique_ptr<net::stream>> secure(sending& s, std::unique_ptr<net::stream> plain,
                                          const tls_context& trust, const endpoint& peer,
                                          connection_facts& facts) {
    s.enter(phase::tls);
    const due_time due = s.due(phase::tls);
    detail::wait_limit limit(due.when);
    std::unique_ptr<tls::stream> secured;
    std::error_code failed;
    tell_if_traced(s, trace_kind::tls_handshake_start, facts.peer);
    try {
        secured = std::make_unique<tls::stream>(std::move(plain), trust, peer.host);
        failed = co_await tls::handshake_wait(*secured);
    } catch (const cancelled_error&) {
        if (!limit.expired()) throw;
        s.fail_timeout(phase::tls, due,
                       "in the TLS handshake with " + text_of(peer) + " [" + facts.peer + "]");
    } catch (const tls_error& e) {
        s.fail<tls_error>("cannot use TLS with " + text_of(peer) + ": " + e.what(), peer.host, peer.port,
                          e.code());
    }
    if (failed) {
        const std::string& words = secured->failure_text();
        s.fail<tls_error>("the TLS handshake with " + text_of(peer) + " [" + facts.peer +
                              "] failed: " + (words.empty() ? failed.message() : words),
                          peer.host, peer.port, failed);
    }
    facts.tls_version = secured->version();
    facts.tls_cipher = secured->cipher();
    if (s.is_traced())
        tell(s, event_of(trace_kind::tls_handshake_end, facts.tls_version + " " + facts.tls_cipher));
    co_return secured;
}

}  // namespace skein::client
