// Owns the order in which a way through a proxy is made: TCP, TLS with the proxy, the negotiation; and how a
// negotiation, which knows no streams, is carried over one.
#include "client/connection/proxy_connect.hpp"

#include "client/connection/negotiation.hpp"
#include "client/connection/proxy_rules.hpp"
#include "client/connection/proxy_tunnel.hpp"
#include "client/connection/route.hpp"
#include "client/connection/secure.hpp"
#include "client/connection/socks5.hpp"
#include "client/report/tell.hpp"
#include "client/session/session_core.hpp"
#include "net/write.hpp"
#include "task/wait_limit.hpp"

#include <skein/error.hpp>
#include <skein/tls_errc.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace skein::client {

namespace {

std::string named(const proxy& p) {
    return "the proxy " + p.to_string() + " ";
}

[[noreturn]] void fail_with(const sending& s, const proxy& p, const proxy_refusal& why) {
    std::string what = named(p) + why.what;
    if (why.code && why.status == 0) what += " (" + why.code.message() + ")";
    s.fail<proxy_error>(what, p.host(), p.port(), why.code, why.status,
                        std::make_shared<const headers>(why.fields));
}

/// Hands what arrives on a stream to a negotiation, as long as it lives.
class listening final : net::stream_sink {
public:
    listening(net::stream& to, negotiation& with) noexcept : stream_(to), with_(with) { to.attach(this); }
    ~listening() { stream_.attach(nullptr); }
    listening(const listening&) = delete;
    listening& operator=(const listening&) = delete;

    /// co_await news_wait(listening): until there is something to say, or the negotiation is over.
    class news_wait final : detail::wait {
    public:
        explicit news_wait(listening& at) noexcept : at_(at) {}
        bool await_ready() const {
            check();
            return at_.has_news();
        }
        void await_suspend(detail::task_handle at) noexcept {
            suspend(at);
            at_.waiter_ = this;
        }
        void await_resume() const {
            if (cancelled_) throw cancelled_error();
        }

    private:
        friend listening;
        void describe(std::string& out) const override { out += "agreeing with a proxy on a tunnel"; }
        void on_cancel() noexcept override {
            cancelled_ = true;
            at_.waiter_ = nullptr;
            wake();
        }
        listening& at_;
        bool cancelled_ = false;
    };

private:
    bool has_news() const noexcept { return with_.is_over() || with_.has_output(); }

    void on_data(byte_view data, net::block_ptr&) noexcept override {
        tell_after([&] { with_.feed(data); });
    }
    void on_end(std::error_code reason) noexcept override {
        tell_after([&] { with_.feed_end(reason); });
    }
    template <class Fn>
    void tell_after(Fn&& feed) noexcept {
        try {
            feed();
        } catch (...) {
            with_.give_up(std::make_error_code(std::errc::not_enough_memory));
        }
        if (waiter_ != nullptr && has_news()) std::exchange(waiter_, nullptr)->wake();
    }

    net::stream& stream_;
    negotiation& with_;
    news_wait* waiter_ = nullptr;
};

/// Carries it out. What it has come to, it says itself.
task<> carry_out(negotiation& n, net::stream& over) {
    listening ear(over, n);
    for (;;) {
        const std::string out = n.take_output();
        const byte_view all = as_bytes(out);
        if (!out.empty()) {
            const std::size_t taken = over.try_write({&all, 1});
            net::write_wait writing(over, all.subspan(taken));
            const std::error_code failed = co_await writing;
            if (failed && !n.is_over()) n.feed_end(failed);
        }
        if (n.is_over()) co_return;
        listening::news_wait news(ear);
        co_await news;
    }
}

/// Within the time limit of the phase proxy.
task<> negotiate(sending& s, const proxy& p, negotiation& n, net::stream& over, const endpoint& origin) {
    s.enter(phase::proxy);
    const due_time due = s.due(phase::proxy);
    detail::wait_limit limit(due.when);
    const std::string name = s.is_traced() ? p.to_string() : std::string();
    tell_if_traced(s, trace_kind::proxy_tunnel_start, name);
    try {
        co_await carry_out(n, over);
    } catch (const cancelled_error&) {
        if (!limit.expired()) throw;
        s.fail_timeout(phase::proxy, due, "agreeing with " + named(p) + "on a tunnel to " + text_of(origin));
    }
    // Had the bytes come a moment later, it would be TLS that chokes on them.
    if (n.has_failed() && n.why().early && s.request().url.is_secure())
        s.fail<tls_error>("the TLS handshake with " + text_of(origin) + " failed: " + named(p) + n.why().what,
                          origin.host, origin.port, tls_errc::not_tls);
    if (n.has_failed()) fail_with(s, p, n.why());
    tell_if_traced(s, trace_kind::proxy_tunnel_end, name);
}

/// A stream to the proxy itself.
task<std::unique_ptr<net::stream>> reach(sending& s, const proxy& p, connection_facts& facts) {
    const endpoint there{p.host(), p.port(), p.is_trusted()};
    auto stream = co_await dial(s, there);
    facts.peer = stream->peer();
    if (p.scheme() == "https") {
        connection_facts of_proxy;
        of_proxy.peer = facts.peer;
        stream = co_await secure(s, std::move(stream), trust_of(s.core(), p), there, of_proxy);
    }
    co_return stream;
}

task<std::unique_ptr<net::stream>> open_tunnel(sending& s, const proxy& p, const endpoint& origin,
                                               connection_facts& facts) {
    auto stream = co_await reach(s, p, facts);
    const std::string authority = text_of(origin);
    const auto word = proxy_authorization(s, p);
    tunnel_request what;
    what.authority = authority;
    what.authorization = word;
    what.user_agent = s.fields().get("User-Agent");
    proxy_tunnel tunnel(what, s.core().parser_limits());
    co_await negotiate(s, p, tunnel, *stream, origin);
    co_return stream;
}

/// Each address is another connection to the proxy.
constexpr std::size_t most_tries = 6;

/// Whether another address of the origin may do better.
bool is_about_the_address(const proxy_error& e) noexcept {
    return e.code() == std::errc::network_unreachable || e.code() == std::errc::host_unreachable ||
           e.code() == std::errc::connection_refused || e.code() == std::errc::address_family_not_supported;
}

task<std::unique_ptr<net::stream>> open_socks(sending& s, const proxy& p, const endpoint& origin,
                                              connection_facts& facts) {
    std::vector<ip_address> addresses;
    if (p.scheme() == "socks5" || ip_address::try_parse(origin.host)) addresses = co_await resolve(s, origin);
    if (addresses.size() > most_tries) addresses.resize(most_tries);
    for (std::size_t i = 0;; ++i) {
        auto stream = co_await reach(s, p, facts);
        socks5_request what;
        if (i < addresses.size())
            what.address = bytes_of(addresses[i]);
        else
            what.name = origin.host;
        what.port = origin.port;
        what.username = p.username();
        what.password = p.password();
        socks5 socks(what);
        try {
            co_await negotiate(s, p, socks, *stream, origin);
            co_return stream;
        } catch (const proxy_error& e) {
            if (i + 1 >= addresses.size() || !is_about_the_address(e)) throw;
        }
    }
}

}  // namespace

void fail_refused(const sending& s, const proxy& p, const http1::response_head& head) {
    proxy_refusal why;
    why.what = words_of_refusal(head);
    why.status = head.status;
    why.fields = head.fields;
    fail_with(s, p, why);
}

task<std::unique_ptr<net::stream>> connect_through(sending& s, const proxy& p, const endpoint& origin,
                                                   connection_facts& facts) {
    if (!p.is_trusted()) require_no_policy(s, origin, "a proxy that is not trusted, " + p.to_string() + ",");
    if (!speaks_http(p)) return open_socks(s, p, origin, facts);
    require_allowed(s, origin);
    if (is_forwarded(s.request())) return reach(s, p, facts);
    return open_tunnel(s, p, origin, facts);
}

}  // namespace skein::client
