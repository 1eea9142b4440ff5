// https end to end: a server on OpenSSL in blocking code, with certificates made on the spot.
#include "client_test.hpp"
#include "over_tls.hpp"
#include "pki.hpp"

#include <skein/tls_errc.hpp>

using namespace client_test;
using namespace skein;
using namespace std::chrono_literals;
using namespace std::string_literals;
using skein::test::identity;

namespace {

const identity& root() {
    static const identity made = skein::test::make_root("The Root");
    return made;
}

session_options trusting_root() {
    session_options options;
    options.tls = tls_context().ca_pem(skein::test::to_pem(root()));
    return options;
}

identity leaf(std::vector<std::string> names) {
    skein::test::recipe what;
    what.names = std::move(names);
    return skein::test::issue(what, &root());
}

}  // namespace

TEST_CASE("https: the name or address is checked, and connections are kept") {
    evil_server server(over_tls(leaf({"DNS:localhost", "IP:127.0.0.1"}), response("secret")));
    const auto body = [&]() -> task<> {
        client_session session(trusting_root());
        for (int i = 0; i < 3; ++i) {
            auto got = co_await session.get(secure_url(server));
            CHECK(co_await got.text() == "secret");
            CHECK(got.report().tls_version == "TLSv1.3");
            CHECK_FALSE(got.report().tls_cipher.empty());
            CHECK(got.report().reused == (i > 0));
            CHECK((got.report().spent(phase::tls) > 0s) == (i == 0));
        }
        CHECK(co_await fetch(session, secure_url(server, "127.0.0.1")) == "secret");
    };
    run(body);
    CHECK(server.connections() == 2);  // two names: two hosts
}

TEST_CASE("https: a large body arrives whole") {
    std::string content(5'000'000, '\0');
    for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 7 + i / 251);
    evil_server server(over_tls(leaf({"DNS:localhost"}), response(content)));
    const auto body = [&]() -> task<> {
        client_session session(trusting_root());
        for (int i = 0; i < 2; ++i) CHECK(co_await fetch(session, secure_url(server)) == content);
    };
    run(body);
    CHECK(server.connections() == 1);
}

TEST_CASE("https: a certificate for another host is refused, and the error says so") {
    evil_server server(over_tls(leaf({"DNS:other.test"}), response("secret")));
    const auto body = [&]() -> task<> {
        client_session session(trusting_root());
        const auto e = co_await error_of<tls_error>(session.get(secure_url(server)));
        REQUIRE(e);
        CHECK(e->code() == tls_errc::hostname_mismatch);
        CHECK(mentions(*e, "localhost"));
        CHECK(mentions(*e, "other.test"));
        CHECK(mentions(*e, "127.0.0.1:" + std::to_string(server.port())));
        REQUIRE(e->report() != nullptr);
        CHECK(e->report()->attempts == 0);
        CHECK(session.stats().open == 0);
    };
    run(body);
}

TEST_CASE("https: an unknown CA is refused, and the error says so") {
    evil_server server(over_tls(leaf({"DNS:localhost"}), response("secret")));
    const auto body = [&]() -> task<> {
        session_options options;
        options.tls = tls_context().ca_pem(skein::test::to_pem(skein::test::make_root("Another Root")));
        client_session session(options);
        const auto e = co_await error_of<tls_error>(session.get(secure_url(server)));
        REQUIRE(e);
        CHECK(e->code() == tls_errc::unknown_ca);
        CHECK(session.stats().open == 0);
    };
    run(body);
}

TEST_CASE("https: insecure() believes anybody") {
    evil_server server(over_tls(leaf({"DNS:other.test"}), response("secret")));
    const auto body = [&]() -> task<> {
        session_options options;
        options.tls = tls_context::insecure();
        client_session session(options);
        CHECK(co_await fetch(session, secure_url(server)) == "secret");
    };
    run(body);
}

TEST_CASE("https: a body that the connection's end ends must end with close_notify") {
    evil_server server(over_tls(leaf({"DNS:localhost"}), "HTTP/1.1 200 OK\r\n\r\nhalf", true));
    const auto body = [&]() -> task<> {
        client_session session(trusting_root());
        auto got = co_await session.get(secure_url(server));
        const auto e = co_await body_error_of<payload_error>(got);
        REQUIRE(e);
        CHECK(mentions(*e, "after 4 bytes of body"));
        CHECK(mentions(*e, "close_notify"));
    };
    run(body);
}

TEST_CASE("https to a server that speaks plain HTTP: tls_error") {
    evil_server server([](evil_peer& peer) {
        peer.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        peer.drain();
    });
    const auto body = [&]() -> task<> {
        client_session session(trusting_root());
        const auto e = co_await error_of<tls_error>(session.get(secure_url(server)));
        REQUIRE(e);
        CHECK(e->code() == tls_errc::not_tls);
        CHECK(session.stats().open == 0);
    };
    run(body);
}

TEST_CASE("https: the peer ends or resets the connection in the handshake: tls_error") {
    bool reset = false;
    SUBCASE("end") {}
    SUBCASE("reset") {
        reset = true;
    }
    evil_server server([&](evil_peer& peer) {
        peer.pause(10ms);
        if (reset) peer.reset();
    });
    const auto body = [&]() -> task<> {
        client_session session(trusting_root());
        const auto e = co_await error_of<tls_error>(session.get(secure_url(server)));
        REQUIRE(e);
        CHECK(mentions(*e, "the TLS handshake with localhost:"));
        CHECK(session.stats().open == 0);
    };
    run(body);
}

TEST_CASE("a redirect from https to http is refused, unless it is allowed, and then credentials go") {
    evil_server plain(always(response("plain")));
    evil_server server(
        over_tls(leaf({"DNS:localhost"}), response("", "302 Found", "Location: " + plain.url() + "\r\n")));
    const auto body = [&]() -> task<> {
        client_session session(trusting_root());
        const auto e = co_await error_of<invalid_url>(session.get(secure_url(server)));
        REQUIRE(e);
        CHECK(mentions(*e, "gives up TLS"));
        CHECK(plain.requests() == 0);
        auto got = co_await session.get(secure_url(server)).bearer("secret").allow_downgrade(true);
        CHECK(co_await got.text() == "plain");
    };
    run(body);
    CHECK(field_of(plain.seen().at(0), "Authorization").empty());
}
