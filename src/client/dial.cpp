// Owns the finding of addresses and the trying of them, each under its time limit.
#include "client/dial.hpp"

#include "client/tell.hpp"
#include "net/network.hpp"
#include "task/wait_limit.hpp"

#include <skein/error.hpp>

#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace skein::client {

namespace {

task<std::vector<net::address>> resolve_host(sending& s, const endpoint& to) {
    s.enter(phase::dns);
    const due_time due = s.due(phase::dns);
    detail::wait_limit limit(due.when);
    try {
        tell_if_traced(s, trace_kind::dns_resolvehost_start, to.host);
        auto found = co_await net::network::current().resolver().resolve(to.host, to.port);
        if (s.is_traced()) {
            trace_event e = event_of(trace_kind::dns_resolvehost_end);
            e.count = found.size();
            tell(s, e);
        }
        co_return found;
    } catch (const cancelled_error&) {
        if (!limit.expired()) throw;
        s.fail_timeout(phase::dns, due, "resolving host '" + to.host + "'");
    } catch (const resolve_error& e) {
        s.fail<resolve_error>(e.what(), e.host(), e.port(), e.code());
    } catch (const std::system_error& e) {  // no thread, no handle
        s.fail<resolve_error>("cannot resolve host '" + to.host + "': " + e.what(), to.host, to.port,
                              e.code());
    }
}

/// Tries the addresses one after the other.
task<std::unique_ptr<net::stream>> connect_to(sending& s, const endpoint& to,
                                              const std::vector<net::address>& addresses) {
    s.enter(phase::connect);
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
                           "connecting to " + text_of(to) + " [" + address.to_string() + "]" + tried);
        } catch (const std::system_error& e) {
            last = e.code();
            if (!tried.empty()) tried += "; ";
            tried += address.to_string() + ": " + last.message();
        }
    }
    s.fail<connect_error>("cannot connect to " + text_of(to) + ": " + tried, to.host, to.port, last);
}

}  // namespace

std::string text_of(const endpoint& to) {
    const bool is_ipv6 = to.host.find(':') != std::string::npos;
    return (is_ipv6 ? "[" + to.host + "]" : to.host) + ":" + std::to_string(to.port);
}

task<std::vector<net::address>> resolve(sending& s, const endpoint& to) {
    return resolve_host(s, to);
}

task<std::unique_ptr<net::stream>> dial(sending& s, const endpoint& to) {
    const auto addresses = co_await resolve_host(s, to);
    co_return co_await connect_to(s, to, addresses);
}

}  // namespace skein::client
