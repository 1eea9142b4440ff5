// TLS over the simulated network: the real engine on both sides.
#include "sweep.hpp"

#include "pki.hpp"
#include "tls_server.hpp"

using namespace simulation;
using skein::test::identity;
using skein::test::server_options;
using skein::test::tls_server;

namespace {

const identity& root() {
    static const identity made = skein::test::make_root();
    return made;
}

const identity& leaf() {
    static const identity made = [] {
        skein::test::recipe what;
        what.names = {"DNS:example.test"};
        return skein::test::issue(what, &root());
    }();
    return made;
}

const skein::tls_context& trusting() {
    static const auto made = skein::tls_context().ca_pem(skein::test::to_pem(root()));
    return made;
}

/// Shakes hands, then echoes targets.
task<> echo_secretly(server_stream& client) {
    server_options options;
    options.chain = {leaf()};
    tls_server engine(options);
    std::string head;
    for (;;) {
        const std::string piece = co_await client.read();
        if (piece.empty()) co_return;
        engine.feed(piece);
        engine.step();
        head += std::exchange(engine.received(), {});
        if (head.ends_with("\r\n\r\n")) engine.write(response(target_of(std::exchange(head, {}))));
        co_await client.write(engine.take());
        if (engine.failed() || engine.saw_close_notify()) co_return;
    }
}

task<> fetch_secretly(client_session& session, std::string target) {
    auto got = co_await session.get("https://example.test" + target);
    const auto text = co_await got.text();
    CHECK(text == target);
    CHECK(got.report().tls_version == "TLSv1.3");
}

}  // namespace

TEST_CASE("https: a handshake, two requests on one connection") {
    sweep("https", [&]() -> task<> {
        this_network().set_link(slow_link());
        this_network().listen("example.test", 443, echo_secretly);
        session_options options;
        options.tls = trusting();
        client_session session(options);
        const pool_check check(session);
        for (const char* target : {"/one", "/two"}) co_await fetch_secretly(session, target);
        if (untouched) CHECK(this_network().made_connections() == 1);
    });
}

TEST_CASE("https: requests share a connection only if they trust the same") {
    skein::testing::run([]() -> task<> {
        this_network().listen("example.test", 443, echo_secretly);
        client_session session;  // trusts the system's CAs: not this one
        const skein::tls_context same = trusting();
        const auto other = skein::tls_context().ca_pem(skein::test::to_pem(root()));
        const char* const there = "https://example.test/";
        for (const auto* trust : {&trusting(), &same}) {
            auto got = co_await session.get(there).tls(*trust);
            const auto text = co_await got.text();
            CHECK(text == "/");
        }
        CHECK(this_network().made_connections() == 1);
        {
            auto got = co_await session.get(there).tls(other);
            const auto text = co_await got.text();
            CHECK(text == "/");
        }
        CHECK(this_network().made_connections() == 2);
        bool refused = false;
        try {
            (void)co_await session.get(there);
        } catch (const skein::tls_error&) {
            refused = true;
        }
        CHECK(refused);
        CHECK(session.stats().idle == 2);
    });
}
