// A server of the simulated network that speaks TLS, for any name: what it reads and writes is plain text.
#pragma once

#include "pki.hpp"
#include "sweep.hpp"
#include "tls_server.hpp"

#include <map>
#include <string>
#include <utility>

namespace simulation {

inline const skein::test::identity& test_root() {
    static const skein::test::identity made = skein::test::make_root();
    return made;
}

/// A client's settings with which it trusts the servers here.
inline const skein::tls_context& trusting_tests() {
    static const auto made = skein::tls_context().ca_pem(skein::test::to_pem(test_root()));
    return made;
}

/// What a server of that name shows, made once.
inline skein::test::server_options certified_as(const std::string& name) {
    static std::map<std::string, skein::test::identity> made;
    auto found = made.find(name);
    if (found == made.end()) {
        skein::test::recipe what;
        what.names = {"DNS:" + name};
        found = made.emplace(name, skein::test::issue(what, &test_root())).first;
    }
    skein::test::server_options options;
    options.chain = {found->second};
    return options;
}

/// A connection that gives heads of requests and takes responses, over TLS or not.
class web_stream {
public:
    web_stream(server_stream& wire, const std::string& tls_name) : wire_(wire) {
        if (!tls_name.empty()) engine_.emplace(certified_as(tls_name));
    }

    /// The next request; its body too, if it has a Content-Length. Throws client_gone at the end.
    task<std::string> request() {
        std::size_t end = 0;
        while ((end = text_.find("\r\n\r\n")) == text_.npos) co_await more();
        std::size_t size = end + 4;
        const auto field = text_.find("Content-Length: ");
        if (field < end) size += std::stoul(text_.substr(field + 16));
        while (text_.size() < size) co_await more();
        std::string whole = text_.substr(0, size);
        text_.erase(0, size);
        co_return whole;
    }

    task<> respond(std::string text) {
        if (engine_) {
            engine_->write(text);
            text = engine_->take();
        }
        co_await wire_.write(std::move(text));
    }

private:
    task<> more() {
        std::string piece = co_await wire_.read();
        if (piece.empty()) throw skein::testing::client_gone();
        if (!engine_) {
            text_ += piece;
            co_return;
        }
        engine_->feed(piece);
        engine_->step();
        text_ += std::exchange(engine_->received(), {});
        co_await wire_.write(engine_->take());
    }

    server_stream& wire_;
    std::optional<skein::test::tls_server> engine_;
    std::string text_;
};

/// The value of a field of a request; empty if there is none.
inline std::string field_of(const std::string& request, const std::string& name) {
    const auto at = request.find("\r\n" + name + ": ");
    if (at == request.npos) return {};
    const auto from = at + name.size() + 4;
    return request.substr(from, request.find("\r\n", from) - from);
}

}  // namespace simulation
