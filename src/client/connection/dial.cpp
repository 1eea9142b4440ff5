// Owns the finding of addresses and the trying of them, each under its time limit, and the policy in between.
#include "client/connection/dial.hpp"

#include "base/host_and_port.hpp"
#include "client/connection/address_race.hpp"
#include "client/report/tell.hpp"
#include "client/session/session_core.hpp"
#include "net/network.hpp"
#include "task/wait_limit.hpp"

#include <skein/error.hpp>

#include <algorithm>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace skein::client {

namespace {

using tries = std::vector<connect_try>;

const connector_options& options_of(const sending& s) noexcept {
    return s.core().options().connector;
}

[[noreturn]] void fail_resolving(const sending& s, const endpoint& to, const std::string& why,
                                 std::error_code code = {}) {
    s.fail<resolve_error>("cannot resolve host '" + to.host + "': " + why, to.host, to.port, code);
}

/// Asks whoever knows; or those who have asked before.
task<std::vector<ip_address>> look_up(sending& s, const endpoint& to) {
    auto& names = s.core().names();
    const bool remembers = options_of(s).dns_ttl.count() > 0;
    if (auto known = names.remembered(to.host)) {
        tell_if_traced(s, trace_kind::dns_cache_hit, to.host);
        co_return std::move(*known);
    }
    const bool shared = names.is_looked_up(to.host);
    if (remembers || shared)
        tell_if_traced(s, shared ? trace_kind::dns_cache_hit : trace_kind::dns_cache_miss, to.host);
    if (!shared) tell_if_traced(s, trace_kind::dns_resolvehost_start, to.host);
    auto found = co_await names.look_up(to.host);
    if (!shared && s.is_traced()) {
        trace_event e = event_of(trace_kind::dns_resolvehost_end);
        e.count = found.size();
        tell(s, e);
    }
    co_return found;
}

task<std::vector<ip_address>> look_up_in_time(sending& s, const endpoint& to) {
    const due_time due = s.due(phase::dns);
    detail::wait_limit limit(due.when);
    try {
        co_return co_await look_up(s, to);
    } catch (const cancelled_error&) {
        if (!limit.expired()) throw;
        s.fail_timeout(phase::dns, due, "resolving host '" + to.host + "'");
    } catch (const resolve_error& e) {
        s.fail<resolve_error>(e.what(), e.host(), to.port, e.code());
    } catch (const std::system_error& e) {  // no thread, no handle
        fail_resolving(s, to, e.what(), e.code());
    } catch (const std::runtime_error& e) {  // of the program's own resolver
        fail_resolving(s, to, e.what());
    }
}

/// Never empty.
task<std::vector<ip_address>> addresses_of(sending& s, const endpoint& to) {
    s.enter(phase::dns);
    std::vector<ip_address> found;
    if (const auto* fixed = s.core().names().fixed(to.host, to.port))
        found = *fixed;
    else if (const auto literal = ip_address::try_parse(to.host))
        found.assign(1, *literal);
    else
        found = co_await look_up_in_time(s, to);
    address_family wanted = options_of(s).family;
    if (const auto& local = options_of(s).local_address; local && wanted == address_family::any)
        wanted = local->is_v6() ? address_family::ipv6 : address_family::ipv4;
    std::erase_if(found, [&](const ip_address& one) { return !one.is_of(wanted); });
    if (found.empty())
        fail_resolving(s, to,
                       wanted == address_family::any    ? "it has no address"
                       : wanted == address_family::ipv4 ? "it has no IPv4 address"
                                                        : "it has no IPv6 address");
    co_return found;
}

// ---- words

/// Without the address where that is what `of` says already.
std::string words_of(const connect_try& one, std::string_view of) {
    std::string words = one.to.to_string();
    words = words == of ? one.error : words + ": " + one.error;
    if (one.started) words += " (" + duration_text(one.ended - *one.started) + ")";
    return words;
}

/// The addresses that were tried, or refused; and how many there were besides.
std::string words_of(const tries& all, const endpoint& to) {
    const std::string who = text_of(to);
    std::string words;
    std::size_t untried = 0;
    for (const auto& one : all) {
        if (one.error.empty())
            ++untried;
        else
            words.append(words.empty() ? "" : "; ").append(words_of(one, who));
    }
    if (untried != 0) words += "; " + std::to_string(untried) + " more not tried";
    return words;
}

void note(sending& s, const tries& all) {
    std::vector<connect_report> list;
    const auto begin = s.progress().started;
    for (const auto& one : all) {
        if (!one.started && one.error.empty()) continue;
        auto& told = list.emplace_back();
        told.address = one.to.to_string();
        told.connected = one.stream != nullptr;
        told.error = one.error;
        told.started = one.started.value_or(s.progress().entered) - begin;
        if (one.started) told.duration = one.ended - *one.started;
    }
    s.note_connects(std::move(list));
}

// ---- connecting

/// Those that the policy allows come first; of the others it says so. Gives the number of the former.
std::size_t put_allowed_first(const sending& s, const endpoint& to, std::vector<ip_address> addresses,
                              tries& all) {
    const address_policy& policy = options_of(s).address_policy;
    tries refused;
    for (const auto& ip : in_turns(std::move(addresses))) {
        connect_try one;
        one.to = net::address(ip, to.port);
        if (to.is_trusted || policy.allows(ip, to.port)) {
            all.push_back(std::move(one));
            continue;
        }
        one.error =
            "refused by the address policy " + policy.name() + ": " + std::string(to_string(ip.range()));
        one.code = std::make_error_code(std::errc::permission_denied);
        refused.push_back(std::move(one));
    }
    const std::size_t allowed = std::min(all.size(), most_addresses);
    all.insert(all.end(), std::move_iterator(refused.begin()), std::move_iterator(refused.end()));
    return allowed;
}

[[noreturn]] void fail_connecting(sending& s, const endpoint& to, const tries& all) {
    note(s, all);
    std::error_code last;
    for (const auto& one : all)
        if (one.code) last = one.code;
    s.fail<connect_error>("cannot connect to " + text_of(to) + ": " + words_of(all, to), to.host, to.port,
                          last);
}

/// For addresses of which the policy allows none.
[[noreturn]] void refuse(sending& s, const endpoint& to, std::vector<ip_address> addresses) {
    tries all;
    put_allowed_first(s, to, std::move(addresses), all);
    fail_connecting(s, to, all);
}

/// One that connects, if any does.
task<connect_try*> try_all(const sending& s, std::span<connect_try> all) {
    const auto& how = s.core().sockets();
    if (all.size() == 1) return try_address(all.front(), how);
    return race(all, detail::saturate(options_of(s).happy_eyeballs_delay), how);
}

task<std::unique_ptr<net::stream>> connect_to_host(sending& s, const endpoint& to) {
    auto addresses = co_await addresses_of(s, to);
    s.enter(phase::connect);
    const due_time due = s.due(phase::connect);
    tries all;
    const std::size_t allowed = put_allowed_first(s, to, std::move(addresses), all);
    detail::wait_limit limit(due.when);
    try {
        connect_try* const connected = co_await try_all(s, std::span(all).first(allowed));
        if (connected != nullptr) {
            if (all.size() > 1) note(s, all);
            co_return std::move(connected->stream);
        }
    } catch (const cancelled_error&) {
        if (!limit.expired()) throw;
        note(s, all);
        s.fail_timeout(phase::connect, due,
                       "connecting to " + (all.size() == 1
                                               ? detail::with_address(text_of(to), all.front().to.to_string())
                                               : text_of(to) + ": " + words_of(all, to)));
    }
    fail_connecting(s, to, all);
}

task<std::unique_ptr<net::stream>> connect_to_unix(sending& s, const endpoint& to) {
    const std::string& path = options_of(s).unix_socket;
    const std::string shown = "unix:" + path;
    require_no_policy(s, to, "the Unix socket " + path);
    s.enter(phase::connect);
    const due_time due = s.due(phase::connect);
    detail::wait_limit limit(due.when);
    const auto note_failure = [&](const std::string& why) {
        const auto spent = detail::this_kernel.scheduler->now() - s.progress().entered;
        const auto started = s.progress().entered - s.progress().started;
        s.note_connects(std::vector<connect_report>(1, connect_report{shown, false, why, started, spent}));
    };
    try {
        co_return co_await net::network::current().connect_unix(path, s.core().sockets());
    } catch (const cancelled_error&) {
        if (!limit.expired()) throw;
        note_failure("no answer");
        s.fail_timeout(phase::connect, due, "connecting to " + detail::with_address(text_of(to), shown));
    } catch (const std::system_error& e) {
        note_failure(e.what());
        const std::string place = to.socket.empty() ? text_of(to) + ": " + shown : shown;
        s.fail<connect_error>("cannot connect to " + place + ": " + e.what(), to.host, to.port, e.code());
    }
}

}  // namespace

std::string text_of(const endpoint& to) {
    return to.socket.empty() ? detail::host_and_port(to.host, to.port) : "unix:" + to.socket;
}

void require_no_policy(const sending& s, const endpoint& to, std::string_view what) {
    const address_policy& policy = options_of(s).address_policy;
    if (!policy) return;
    const std::string place = to.socket.empty() ? text_of(to) + ": " + std::string(what) : text_of(to);
    s.fail<connect_error>("cannot connect to " + place + " is refused by the address policy " + policy.name(),
                          to.host, to.port, std::make_error_code(std::errc::permission_denied));
}

void require_allowed(sending& s, const endpoint& to) {
    const auto literal = ip_address::try_parse(to.host);
    if (literal && !options_of(s).address_policy.allows(*literal, to.port))
        refuse(s, to, std::vector<ip_address>(1, *literal));
}

task<std::vector<ip_address>> resolve(sending& s, const endpoint& to) {
    const auto found = co_await addresses_of(s, to);
    const address_policy& policy = options_of(s).address_policy;
    std::vector<ip_address> allowed;
    std::copy_if(found.begin(), found.end(), std::back_inserter(allowed),
                 [&](const ip_address& one) { return policy.allows(one, to.port); });
    if (allowed.empty()) refuse(s, to, found);
    co_return allowed;
}

task<std::unique_ptr<net::stream>> dial(sending& s, const endpoint& to) {
    return options_of(s).unix_socket.empty() ? connect_to_host(s, to) : connect_to_unix(s, to);
}

}  // namespace skein::client
