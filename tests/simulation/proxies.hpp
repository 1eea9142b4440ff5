// Proxies of the simulated network, each with the origins behind it: what they are asked is written down.
#pragma once

#include "https_server.hpp"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace simulation {

/// A server's end of something that carries bytes: a connection, or TLS within one.
class far_end {
public:
    far_end() = default;
    far_end(const far_end&) = delete;
    far_end& operator=(const far_end&) = delete;
    virtual ~far_end() = default;

    virtual task<> write(std::string text) = 0;
    /// Throws client_gone at the end.
    task<std::string> until(std::string end) {
        std::size_t at = 0;
        while ((at = text_.find(end)) == text_.npos) text_ += co_await more();
        co_return take(at + end.size());
    }
    task<std::string> exactly(std::size_t count) {
        while (text_.size() < count) text_ += co_await more();
        co_return take(count);
    }
    /// All that comes, to the end.
    task<std::string> next() {
        if (text_.empty()) text_ = co_await more();
        co_return std::exchange(text_, {});
    }

private:
    virtual task<std::string> more() = 0;
    std::string take(std::size_t count) {
        std::string taken = text_.substr(0, count);
        text_.erase(0, count);
        return taken;
    }

    std::string text_;
};

class wire_end final : public far_end {
public:
    explicit wire_end(server_stream& wire) : wire_(wire) {}
    task<> write(std::string text) override { return wire_.write(std::move(text)); }

private:
    task<std::string> more() override {
        std::string piece = co_await wire_.read();
        if (piece.empty()) throw skein::testing::client_gone();
        co_return piece;
    }
    server_stream& wire_;
};

/// TLS with a certificate for that name, over another end.
class tls_end final : public far_end {
public:
    tls_end(far_end& inner, const std::string& name) : inner_(inner), engine_(certified_as(name)) {}
    task<> write(std::string text) override {
        engine_.write(text);
        return inner_.write(engine_.take());
    }

private:
    task<std::string> more() override {
        while (engine_.received().empty()) {
            engine_.feed(co_await inner_.next());
            engine_.step();
            const std::string out = engine_.take();
            co_await inner_.write(out);
            if (engine_.failed() || engine_.saw_close_notify()) throw skein::testing::client_gone();
        }
        co_return std::exchange(engine_.received(), {});
    }

    far_end& inner_;
    skein::test::tls_server engine_;
};

/// What proxies and origins have been told.
struct proxy_log {
    std::vector<std::string> asked = {};      // heads of requests to proxies; "host:port" of SOCKS
    std::vector<std::string> forwarded = {};  // those of them that were not for a tunnel
    std::vector<std::string> tunnelled = {};  // heads of requests that came out of tunnels
    std::vector<std::string> logins = {};     // "user:password" of SOCKS
};

/// What an origin answers, by its own name and the head of the request; default: the path of its target.
using origin_answer = std::function<std::string(const std::string& origin, const std::string& head)>;

inline std::string answer_with_path(const std::string&, const std::string& head) {
    std::string target = target_of(head);
    if (target.starts_with("http")) target.erase(0, target.find('/', 8));
    return response(target);
}

struct proxy_plan {
    std::string tls_name = {};     // of an https proxy
    std::string credentials = {};  // the Proxy-Authorization that it wants; or "user:password" for SOCKS
    origin_answer answer = answer_with_path;
    std::string granted = "HTTP/1.1 200 Connection established\r\n\r\n";
};

inline task<> serve_origin(far_end& client, const std::string& name, proxy_log& log, const proxy_plan& plan) {
    for (;;) {
        const std::string head = co_await client.until("\r\n\r\n");
        log.tunnelled.push_back(head);
        co_await client.write(plan.answer(name, head));
    }
}

/// Behind a proxy: the origin of that name, over TLS if its port is 443.
inline task<> serve_behind(far_end& client, const std::string& authority, proxy_log& log,
                           const proxy_plan& plan) {
    const auto colon = authority.rfind(':');
    const std::string name = authority.substr(0, colon);
    if (authority.substr(colon) != ":443") {
        co_await serve_origin(client, name, log, plan);
        co_return;
    }
    tls_end inside(client, name);
    co_await serve_origin(inside, name, log, plan);
}

inline task<> speak_http(far_end& client, proxy_log& log, const proxy_plan& plan) {
    for (;;) {
        const std::string head = co_await client.until("\r\n\r\n");
        log.asked.push_back(head);
        if (!plan.credentials.empty() && field_of(head, "Proxy-Authorization") != plan.credentials) {
            co_await client.write(
                "HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic realm=\"p\"\r\n"
                "Set-Cookie: proxy=cookie\r\nContent-Length: 0\r\n\r\n");
            continue;
        }
        const std::string target = target_of(head);
        if (head.starts_with("CONNECT ")) {
            co_await client.write(plan.granted);
            co_await serve_behind(client, target, log, plan);
            co_return;
        }
        log.forwarded.push_back(head);
        const auto from = target.find("://") + 3;
        const std::string origin = target.substr(from, target.find('/', from) - from);
        co_await client.write(plan.answer(origin, head));
    }
}

inline task<> serve_http_proxy(server_stream& wire, proxy_log& log, const proxy_plan& plan) {
    wire_end plain(wire);
    if (plan.tls_name.empty()) {
        co_await speak_http(plain, log, plan);
        co_return;
    }
    tls_end secret(plain, plan.tls_name);
    co_await speak_http(secret, log, plan);
}

inline task<> serve_socks_proxy(server_stream& wire, proxy_log& log, const proxy_plan& plan) {
    using std::string_literals::operator""s;
    wire_end client(wire);
    const std::string hello = co_await client.exactly(2);
    const std::string methods = co_await client.exactly(static_cast<unsigned char>(hello[1]));
    if (plan.credentials.empty()) {
        co_await client.write("\x05\x00"s);
    } else {
        if (methods.find('\x02') == methods.npos) {
            co_await client.write("\x05\xff"s);
            co_return;
        }
        co_await client.write("\x05\x02"s);
        const std::string user_size = co_await client.exactly(2);
        std::string login = co_await client.exactly(static_cast<unsigned char>(user_size[1]));
        const std::string password_size = co_await client.exactly(1);
        const std::string password = co_await client.exactly(static_cast<unsigned char>(password_size[0]));
        login += ":" + password;
        log.logins.push_back(login);
        const char verdict = login == plan.credentials ? '\0' : '\1';
        co_await client.write("\x01"s + verdict);
        if (verdict != 0) co_return;
    }
    const std::string request = co_await client.exactly(4);
    std::string host;
    if (request[3] == 3) {
        const std::string size = co_await client.exactly(1);
        host = co_await client.exactly(static_cast<unsigned char>(size[0]));
    } else {
        const std::string bytes = co_await client.exactly(request[3] == 1 ? 4 : 16);
        for (const char c : bytes)
            host += (host.empty() ? "" : ".") + std::to_string(static_cast<unsigned char>(c));
    }
    const std::string port = co_await client.exactly(2);
    host +=
        ":" + std::to_string(static_cast<unsigned char>(port[0]) * 256 + static_cast<unsigned char>(port[1]));
    log.asked.push_back(host);
    co_await client.write("\x05\x00\x00\x01\x7f\x00\x00\x01\x04\x38"s);
    // Behind it, the origin is known by its name, whichever way it was asked for.
    const std::string name = request[3] == 3 ? host.substr(0, host.rfind(':')) : std::string("example.test");
    co_await serve_behind(client, name + host.substr(host.rfind(':')), log, plan);
}

/// Listens as a proxy. Servers end after the program: under faults, log and plan have to be outside of it.
inline void listen_as_proxy(std::string_view host, std::uint16_t port, proxy_log& log,
                            const proxy_plan& plan) {
    this_network().listen(
        host, port, [&log, &plan](server_stream& client) { return serve_http_proxy(client, log, plan); });
}
inline void listen_as_socks(std::string_view host, std::uint16_t port, proxy_log& log,
                            const proxy_plan& plan) {
    this_network().listen(
        host, port, [&log, &plan](server_stream& client) { return serve_socks_proxy(client, log, plan); });
}

inline session_options through(const skein::proxy& p) {
    session_options options;
    options.tls = trusting_tests();
    options.proxy = p;
    return options;
}

/// The body of a GET.
inline task<std::string> body_of(client_session& session, std::string url) {
    auto got = co_await session.get(url);
    co_return co_await got.text();
}

}  // namespace simulation
