// Owns the opening of connections, a phase and its time limit at a time.
#include "client/connect.hpp"

#include "client/tell.hpp"
#include "net/network.hpp"
#include "task/wait_limit.hpp"
#include "tls/handshake.hpp"

#include <skein/error.hpp>

#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace skein::client {

namespace {

std::string target_of(const url& to) {
    return std::string(to.host()) + ":" + std::to_string(to.port());
}

task<std::vector<net::address>> resolve_host(sending& s) {
    s.enter(phase::dns);
    const url& to = s.request().url;
    const due_time due = s.due(phase::dns);
    detail::wait_limit limit(due.when);
    try {
        tell_if_traced(s, trace_kind::dns_resolvehost_start, to.host_without_brackets());
        auto found = co_await net::network::current().resolver().resolve(
            std::string(to.host_without_brackets()), to.port());
        if (s.is_traced()) {
            trace_event e = event_of(trace_kind::dns_resolvehost_end);
            e.count = found.size();
            tell(s, e);
        }
        co_return found;
    } catch (const cancelled_error&) {
        if (!limit.expired()) throw;
        s.fail_timeout(phase::dns, due, "resolving host '" + s.host() + "'");
    } catch (const resolve_error& e) {
        s.fail<resolve_error>(e.what(), e.host(), e.port(), e.code());
    } catch (const std::system_error& e) {  // no thread, no handle
        s.fail<resolve_error>("cannot resolve host '" + s.host() + "': " + e.what(), s.host(), to.port(),
                              e.code());
    }
}

/// Tries the addresses one after the other.
task<std::unique_ptr<net::stream>> connect_to(sending& s, const std::vector<net::address>& addresses) {
    s.enter(phase::connect);
    const url& to = s.request().url;
    const due_time due = s.due(phase::connect);
    detail::wait_limit limit(due.when);
    std::string tried;
    std::error_code last;
    for (const auto& address : addresses) {
        try {
            co_return co_await net::network::current().connect(address);
        } catch (const cancelled_error&) {
            if (!limit.expired()) throw;
            if (!tried.empty()) tried = " (before: " + tried + ")";
            s.fail_timeout(phase::connect, due,
                           "connecting to " + target_of(to) + " [" + address.to_string() + "]" + tried);
        } catch (const std::system_error& e) {
            last = e.code();
            if (!tried.empty()) tried += "; ";
            tried += address.to_string() + ": " + last.message();
        }
    }
    s.fail<connect_error>("cannot connect to " + target_of(to) + ": " + tried, s.host(), to.port(), last);
}

task<std::unique_ptr<net::stream>> secure(sending& s, std::unique_ptr<net::stream> plain,
                                          connection_facts& facts) {
    s.enter(phase::tls);
    const url& to = s.request().url;
    const due_time due = s.due(phase::tls);
    detail::wait_limit limit(due.when);
    std::unique_ptr<tls::stream> secured;
    std::error_code failed;
    tell_if_traced(s, trace_kind::tls_handshake_start, facts.peer);
    try {
        secured = std::make_unique<tls::stream>(std::move(plain), s.core().options().tls,
                                                to.host_without_brackets());
        failed = co_await tls::handshake_wait(*secured);
    } catch (const cancelled_error&) {
        if (!limit.expired()) throw;
        s.fail_timeout(phase::tls, due,
                       "in the TLS handshake with " + target_of(to) + " [" + facts.peer + "]");
    } catch (const tls_error& e) {
        s.fail<tls_error>("cannot use TLS with " + target_of(to) + ": " + e.what(), s.host(), to.port(),
                          e.code());
    }
    if (failed) {
        const std::string& words = secured->failure_text();
        s.fail<tls_error>("the TLS handshake with " + target_of(to) + " [" + facts.peer +
                              "] failed: " + (words.empty() ? failed.message() : words),
                          s.host(), to.port(), failed);
    }
    facts.tls_version = secured->version();
    facts.tls_cipher = secured->cipher();
    if (s.is_traced())
        tell(s, event_of(trace_kind::tls_handshake_end, facts.tls_version + " " + facts.tls_cipher));
    co_return secured;
}

}  // namespace

task<> open_connection(sending& s, lease& into) {
    tell_if_traced(s, trace_kind::connection_create_start);
    const auto addresses = co_await resolve_host(s);
    auto stream = co_await connect_to(s, addresses);
    auto facts = std::make_shared<connection_facts>();
    facts->peer = stream->peer();
    if (s.request().url.is_secure()) stream = co_await secure(s, std::move(stream), *facts);
    tell_if_traced(s, trace_kind::connection_create_end, facts->peer);
    into.fill(std::move(stream), std::move(facts));
}

}  // namespace skein::client
