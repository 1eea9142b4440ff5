// The engine's handshake: what it says, and what happens when it is cut, split, refused or answered by
// nonsense.
#include "engine_client.hpp"

#include <skein/error.hpp>

#include <doctest/doctest.h>

#include <openssl/crypto.h>

using namespace skein::test;
using skein::tls_context;
using skein::tls_errc;
using skein::tls::status;

namespace {

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != text.npos;
}

}  // namespace

TEST_CASE("a handshake with TLS 1.3 and 1.2 ends well and tells its facts") {
    for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
        auto options = common_world().serves();
        options.min_version = options.max_version = version;
        options.chosen_alpn = "http/1.1";
        tls_server server(options);
        engine_client client(common_world().trust, "a.test");
        converse(client, server);
        INFO(client.engine.failure_text());
        CHECK(client.engine.established());
        CHECK(server.established());
        CHECK(client.engine.version() == (version == TLS1_3_VERSION ? "TLSv1.3" : "TLSv1.2"));
        CHECK(!client.engine.cipher().empty());
        CHECK(client.engine.alpn() == "http/1.1");
        CHECK(server.sni() == "a.test");
        CHECK(server.offered_alpn() == "\x08http/1.1");
        CHECK(!server.early_data_offered());
    }
}

TEST_CASE("a flood of messages that OpenSSL skips ends the handshake") {
    engine_client client(common_world().trust, "a.test");
    (void)client.take();
    const std::string hello_request("\x16\x03\x03\x00\x04\x00\x00\x00\x00", 9);
    std::size_t fed = 0;
    for (; fed < 1'000'000 && client.last == status::want_input; fed += hello_request.size())
        client.feed(hello_request);
    CHECK(client.engine.error() == tls_errc::flood);
    CHECK(fed < 270'000);
}

TEST_CASE("a server without ALPN is accepted, one that chooses what was not offered is not") {
    tls_server without(common_world().serves());
    engine_client client(common_world().trust, "a.test");
    converse(client, without);
    CHECK(client.engine.established());
    CHECK(client.engine.alpn().empty());

    auto options = common_world().serves();
    options.chosen_alpn = "h2";
    tls_server wrong(options);
    engine_client other(common_world().trust, "a.test");
    converse(other, wrong);
    CHECK(other.last == status::failed);
    CHECK(other.engine.error() == tls_errc::handshake_failed);
}

TEST_CASE(
    "what is not HTTP offers the protocols of the context, and of them the server chooses or wants none") {
    const auto offers = tls_context(common_world().trust).alpn({"one", "two/2"});
    for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
        auto options = common_world().serves();
        options.min_version = options.max_version = version;
        const auto meet = [&](const tls_context& with, bool http, std::string_view chosen, bool refuses) {
            options.chosen_alpn = chosen;
            options.refuses_alpn = refuses;
            tls_server server(options);
            engine_client client(with, "a.test", http);
            converse(client, server);
            const std::string seen = server.offered_alpn() + " > ";
            if (!client.engine.established()) return seen + "failed: " + client.engine.failure_text();
            return seen + std::string(client.engine.alpn());
        };
        constexpr bool http = true;
        CHECK(meet(offers, !http, "two/2", false) == "\x03one\x05two/2 > two/2");
        CHECK(meet(offers, !http, "one", false) == "\x03one\x05two/2 > one");
        CHECK(meet(offers, !http, "", false) == "\x03one\x05two/2 > ");
        CHECK(meet(common_world().trust, !http, "two/2", false) == " > ");
        CHECK(meet(offers, http, "http/1.1", false) == "\x08http/1.1 > http/1.1");
        for (const char* wrong : {"http/1.1", "three", "two", "on", "wo/2", "e\x05two"})
            CHECK(contains(meet(offers, !http, wrong, false), "> failed: "));
        CHECK(contains(meet(offers, http, "one", false), "> failed: "));
        CHECK(meet(offers, !http, "", true) ==
              "\x03one\x05two/2 > failed: the peer refused the TLS handshake with the alert \"no application "
              "protocol\" (120)");
    }
}

TEST_CASE("SNI carries names without a final dot, and never an address") {
    const auto asked = [](std::string_view host) {
        tls_server server(common_world().serves());
        engine_client client(tls_context::insecure(), host);
        converse(client, server);
        CHECK(client.engine.established());
        return server.sni();
    };
    CHECK(asked("a.test") == "a.test");
    CHECK(asked("a.test.") == "a.test");
    CHECK(asked("127.0.0.1") == "");
    CHECK(asked("::1") == "");
    CHECK(asked("[::1]") == "");
    CHECK(asked("[fe80::1%eth0]") == "");
}

TEST_CASE("a host that no certificate can name is refused at once") {
    using namespace std::string_view_literals;
    for (const auto host : {""sv, "."sv, ".a.test"sv, "[]"sv, "a\0.test"sv})
        CHECK_THROWS_AS(skein::tls::engine(common_world().trust.shared(), host), skein::tls_error);
    const std::string endless(300, 'a');
    CHECK_THROWS_AS(skein::tls::engine(common_world().trust.shared(), endless), skein::tls_error);
}

TEST_CASE("it does not matter in which pieces a handshake arrives") {
    for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
        auto options = common_world().serves();
        options.max_version = version;
        const auto shakes_hands = [&](const splitter& split) {
            tls_server server(options);
            engine_client client(common_world().trust, "a.test");
            converse(client, server, split);
            server.write("hello");
            client.feed(server.take(), split);
            CHECK(client.received == "hello");
        };
        shakes_hands(single_bytes);
        for (std::uint64_t seed = 1; seed <= 50; ++seed) {
            random_bits random(seed);
            shakes_hands([&](std::size_t) { return 1 + random(600); });
        }
    }
}

// Feeds `count` bytes of what the server says in all, then ends the connection.
static void check_cut(const server_options& options, std::size_t count, std::size_t& total) {
    tls_server server(options);
    engine_client client(common_world().trust, "a.test");
    std::size_t left = count;
    std::size_t said = 0;
    while (client.last == status::want_input) {
        server.feed(client.take());
        server.step();
        const std::string down = server.take();
        said += down.size();
        client.feed(std::string_view(down).substr(0, left));
        if (down.size() >= left) break;
        left -= down.size();
        if (down.empty()) break;
    }
    total = said;
    const bool established = client.engine.established();
    client.feed_end();
    CHECK(client.last == status::failed);
    CHECK(client.engine.error() == (established ? tls_errc::truncated : tls_errc::handshake_cut));
    CHECK(!client.engine.failure_text().empty());
    CHECK(client.received.empty());
}

TEST_CASE("a handshake that is cut at any byte is an error") {
    for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
        auto options = common_world().serves();
        options.max_version = version;
        std::size_t total = 1;
        for (std::size_t count = 0; count < total; ++count) check_cut(options, count, total);
        CHECK(total > 500);
    }
}

TEST_CASE("a flipped bit anywhere in the server's flight never ends in data or a crash") {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        random_bits random(seed);
        tls_server server(common_world().serves());
        engine_client client(common_world().trust, "a.test");
        server.feed(client.take());
        server.step();
        std::string flight = server.take();
        flight[random(flight.size())] ^= static_cast<char>(1 << random(8));
        client.feed(flight);
        client.feed_end();
        CHECK(client.last == status::failed);
        CHECK(client.received.empty());
    }
}

TEST_CASE("plain HTTP in answer to a ClientHello is called by its name") {
    for (const auto& split : {splitter(whole), splitter(single_bytes)}) {
        engine_client client(common_world().trust, "a.test");
        client.feed("HTTP/1.1 400 Bad Request\r\n\r\n", split);
        CHECK(client.last == status::failed);
        CHECK(client.engine.error() == tls_errc::not_tls);
        CHECK(contains(client.engine.failure_text(), "does not speak TLS"));
        CHECK(contains(client.engine.failure_text(), "\"HTTP/"));
    }
}

TEST_CASE("garbage is called not TLS, however short, and shown without control characters") {
    engine_client client(common_world().trust, "a.test");
    client.feed("\x1b[2J");  // ends before OpenSSL has seen a record header
    client.feed_end();
    CHECK(client.engine.error() == tls_errc::not_tls);
    CHECK(contains(client.engine.failure_text(), "\\x1b[2J"));

    engine_client other(common_world().trust, "a.test");
    other.feed("SSH-2.0-OpenSSH_9.2\r\n");
    CHECK(other.engine.error() == tls_errc::not_tls);
}

TEST_CASE("random bytes after a plausible beginning are a failed handshake") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        random_bits random(seed);
        std::string noise = "\x16\x03\x03";
        for (int i = 0; i < 400; ++i) noise += static_cast<char>(random(256));
        engine_client client(common_world().trust, "a.test");
        client.feed(noise);
        client.feed_end();
        CHECK(client.last == status::failed);
        CHECK(client.engine.error().category() == skein::tls_category());
    }
}

TEST_CASE("an alert instead of a ServerHello is told with its name and number") {
    engine_client client(common_world().trust, "a.test");
    client.feed(std::string("\x15\x03\x03\x00\x02\x02\x28", 7));
    CHECK(client.engine.error() == tls_errc::alert);
    CHECK(contains(client.engine.failure_text(), "\"handshake failure\" (40)"));
}

TEST_CASE("a server that has only TLS 1.0 or 1.1 is refused") {
    for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
        server_options options = common_world().serves();
        options.min_version = options.max_version = version;
        options.security_level = 0;
        tls_server server(options);
        engine_client client(common_world().trust, "a.test");
        converse(client, server);
        CHECK(client.last == status::failed);
        CHECK(client.engine.error() == tls_errc::protocol_version);
    }
}

TEST_CASE("after a failure the peer is told why, and every step fails") {
    tls_server server(common_world().serves());
    engine_client client(tls_context().ca_pem(to_pem(make_root("Another"))), "a.test");
    converse(client, server);
    CHECK(client.engine.error() == tls_errc::unknown_ca);
    CHECK(server.failed());
    CHECK(contains(server.error(), "unknown ca"));

    std::byte buffer[16];
    std::size_t got = 0;
    CHECK(client.engine.handshake() == status::failed);
    CHECK(client.engine.read(buffer, got) == status::failed);
    CHECK(client.engine.write(skein::as_bytes("x")) == status::failed);
    client.engine.shutdown();
    CHECK(client.engine.output().empty());
    CHECK(client.engine.error() == tls_errc::unknown_ca);
}

TEST_CASE("errors that other code left in OpenSSL's queue are not taken for ours") {
    tls_server server(common_world().serves());
    engine_client client(common_world().trust, "a.test");
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
    converse(client, server);
    CHECK(client.engine.established());
    server.write("hello");
    const std::string record = server.take();
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
    client.feed(record, single_bytes);
    CHECK(client.last == status::want_input);
    CHECK(client.received == "hello");
}
