// Handshakes that are cut, reset or stalled at any byte, and every fault at every wait of a handshake and a
// close.
#include "sweep.hpp"
#include "tls_wire.hpp"

#include <chrono>
#include <string>

using namespace simulation;
using namespace std::chrono_literals;
using skein::tls_context;
using skein::test::identity;
using skein::test::server_options;

namespace {

/// A server that wants a client certificate, a client that has one.
struct mutual {
    explicit mutual(int version) {
        skein::test::recipe server;
        server.names = {"DNS:example.test"};
        options.chain = {skein::test::issue(server, &root)};
        options.client_ca = root.certificate;
        options.min_version = options.max_version = version;
        context = skein::test::make_server_context(options);
        skein::test::recipe client;
        client.common_name = "client";
        const identity us = skein::test::issue(client, &root);
        trust = tls_context()
                    .ca_pem(skein::test::to_pem(root))
                    .client_certificate_pem(skein::test::to_pem(us), skein::test::key_to_pem(us));
    }
    identity root = skein::test::make_root();
    server_options options;
    std::shared_ptr<SSL_CTX> context;
    tls_context trust;
};

/// A request to a server that says no more. Gives the phase of the error, if it was a timeout.
task<skein::phase> ask_in_vain(const mutual& world, ending how) {
    session_options options;
    options.tls = world.trust;
    options.timeout.tls = 3s;
    options.timeout.first_byte = 4s;
    client_session session(options);
    const pool_check check(session);
    try {
        (void)co_await session.get("https://example.test/");
        FAIL_CHECK("an answer out of nothing");
    } catch (const skein::timeout_error& e) {
        CHECK(how == ending::stall);
        co_return e.phase();
    } catch (const skein::connection_error&) {
        CHECK(how != ending::stall);
    }
    CHECK(session.stats().open == 0);
    co_return skein::phase::none;
}

}  // namespace

TEST_CASE("https: a handshake that ends or stops at any byte is an error, and leaves nothing") {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const mutual world(version);
        for (const ending how : {ending::stall, ending::close, ending::reset}) {
            std::size_t cut = 0;
            std::size_t limited = 0;
            for (bool was_all = false; !was_all; ++cut) {
                skein::testing::run([&]() -> task<> {
                    const auto serve = [&, cut](server_stream& wire) -> task<> {
                        skein::test::tls_server engine(world.context, world.options);
                        co_await say_no_more(wire, engine, cut, how, was_all);
                    };
                    this_network().listen("example.test", 443, serve);
                    const skein::phase ran_out = co_await ask_in_vain(world, how);
                    if (ran_out == skein::phase::tls) ++limited;
                });
                REQUIRE(cut < 10'000);
            }
            CHECK(cut > 500);
            if (how == ending::stall) CHECK(limited > 500);
        }
    }
}

TEST_CASE("https: any fault at any wait of handshakes, resumptions and closes leaves nothing behind") {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const mutual world(version);
        sweep(version == TLS1_2_VERSION ? "https 1.2" : "https 1.3", [&]() -> task<> {
            this_network().set_link(slow_link());
            const auto serve = [&](server_stream& wire) -> task<> {
                tls_wire client(wire, world.context, world.options);
                const bool well = co_await client.shake_hands();
                if (!well) co_return;
                for (;;) {
                    const std::string head = co_await client.request();
                    if (head.empty()) co_return;
                    co_await client.write(response(target_of(head)));
                }
            };
            this_network().listen("example.test", 443, serve);
            session_options options;
            options.tls = world.trust;
            options.connector.force_close = true;
            client_session session(options);
            const pool_check check(session);
            for (int i = 0; i < 2; ++i) {
                auto got = co_await session.get("https://example.test/one");
                const auto text = co_await got.text();
                CHECK(text == "/one");
                if (untouched) CHECK(got.report().tls_resumed == (i == 1));
            }
            co_await session.close();
        });
    }
}
