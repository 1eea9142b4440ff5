// The engine after the handshake: data both ways, the end of it, and peers that misbehave.
#include "engine_client.hpp"

#include <doctest/doctest.h>

using namespace skein::test;
using skein::tls_errc;
using skein::tls::status;

namespace {

struct connection {
    explicit connection(server_options options = common_world().serves()) : server(std::move(options)) {
        converse(client, server);
        REQUIRE(client.engine.established());
    }

    tls_server server;
    engine_client client{common_world().trust, "a.test"};
};

server_options tls12() {
    auto options = common_world().serves();
    options.max_version = TLS1_2_VERSION;
    return options;
}

}  // namespace

TEST_CASE("data passes both ways, in pieces of any size") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        connection c(seed % 2 == 0 ? tls12() : common_world().serves());
        random_bits random(seed);
        const auto split = [&](std::size_t) { return 1 + random(20'000); };
        const std::string down = pattern(300'000);
        const std::string up = pattern(200'000);
        c.server.write(down);
        c.client.feed(c.server.take(), split);
        CHECK(c.client.received == down);
        for (std::string_view left = up; !left.empty();) {
            const std::size_t n = std::min(left.size(), split(0));
            CHECK(c.client.engine.write(skein::as_bytes(left.substr(0, n))) == status::done);
            left.remove_prefix(n);
        }
        converse(c.client, c.server, split);
        CHECK(c.server.received() == up);
    }
}

TEST_CASE("records are read whether they come one byte or several at a time") {
    connection c;
    std::string records;
    std::string text;
    for (int i = 0; i < 100; ++i) {
        const std::string piece = pattern(static_cast<std::size_t>(i));
        if (!piece.empty()) c.server.write(piece);
        text += piece;
    }
    records = c.server.take();
    c.client.feed(records, single_bytes);
    CHECK(c.client.received == text);
    CHECK(!c.client.engine.has_partial_record());
}

TEST_CASE("a part of a record is known to be there") {
    connection c;
    std::string expected;
    for (std::size_t cut = 1; cut < 20; ++cut) {
        CAPTURE(cut);
        c.server.write("hello");
        const std::string record = c.server.take();
        c.client.feed(std::string_view(record).substr(0, cut));
        CHECK(c.client.engine.has_partial_record());
        c.client.feed(std::string_view(record).substr(cut));
        CHECK(!c.client.engine.has_partial_record());
        CHECK(c.client.received == (expected += "hello"));
    }
}

TEST_CASE("close_notify is an orderly end, and what follows it is not data") {
    connection c;
    c.server.write("last words");
    c.server.close_notify();
    c.client.feed(c.server.take() + "rubbish");
    CHECK(c.client.received == "last words");
    CHECK(c.client.last == status::closed);
    c.client.feed_end();
    CHECK(c.client.last == status::closed);
    CHECK(!c.client.engine.error());
    // Our direction is still open (RFC 8446 section 6.1).
    CHECK(c.client.engine.write(skein::as_bytes("goodbye")) == status::done);
    converse(c.client, c.server);
    CHECK(c.server.received() == "goodbye");
}

TEST_CASE("an end without close_notify is a truncation, at every byte") {
    connection whole_one;
    whole_one.server.write("some data");
    const std::size_t size = whole_one.server.take().size();
    for (std::size_t cut = 0; cut <= size; ++cut) {
        connection c;
        c.server.write("some data");
        c.client.feed(c.server.take().substr(0, cut));
        c.client.feed_end();
        CHECK(c.client.last == status::failed);
        CHECK(c.client.engine.error() == tls_errc::truncated);
        CHECK(c.client.received == (cut == size ? "some data" : ""));
    }
}

TEST_CASE("shutdown sends close_notify once, and nothing can be written after it") {
    connection c;
    c.client.engine.shutdown();
    const std::size_t size = c.client.engine.output().size();
    CHECK(size > 0);
    c.client.engine.shutdown();
    CHECK(c.client.engine.output().size() == size);
    CHECK(c.client.engine.write(skein::as_bytes("x")) == status::failed);
    CHECK(!c.server.saw_close_notify());
    converse(c.client, c.server);
    CHECK(c.server.saw_close_notify());
    // The peer may still send.
    c.server.write("late");
    c.client.feed(c.server.take());
    CHECK(c.client.received == "late");
}

TEST_CASE("before the handshake there is nothing to close and nothing to write") {
    engine_client client(common_world().trust, "a.test");
    client.take();
    client.engine.shutdown();
    CHECK(client.engine.output().empty());
    CHECK(client.engine.write(skein::as_bytes("x")) == status::failed);
}

TEST_CASE("a record that was tampered with ends the connection") {
    for (const bool old : {false, true}) {
        connection c(old ? tls12() : common_world().serves());
        c.server.write("hello");
        std::string record = c.server.take();
        record.back() ^= 1;
        c.client.feed(record);
        CHECK(c.client.last == status::failed);
        CHECK(c.client.engine.error() == tls_errc::bad_record);
        CHECK(c.client.received.empty());
    }
}

TEST_CASE("plain text in the middle of a connection ends it") {
    connection c;
    c.client.feed("HTTP/1.1 200 OK\r\n\r\n");
    CHECK(c.client.engine.error() == tls_errc::bad_record);
}

TEST_CASE("an alert after the handshake is told") {
    auto options = common_world().serves();
    connection c(options);
    SSL_set_verify(c.server.handle(), SSL_VERIFY_NONE, nullptr);
    c.client.engine.write(skein::as_bytes("hello"));
    std::string record = c.client.take();
    record.back() ^= 1;
    c.server.feed(record);
    c.server.step();  // answers with bad_record_mac
    c.client.feed(c.server.take());
    CHECK(c.client.engine.error() == tls_errc::alert);
    CHECK(c.client.engine.failure_text().find("\"bad record mac\" (20)") != std::string::npos);
}

TEST_CASE("a few tickets and key updates are no data and do no harm") {
    connection c;
    for (int i = 0; i < 5; ++i) {
        c.server.new_ticket();
        c.server.key_update(true);
    }
    c.client.feed(c.server.take());
    CHECK(c.client.last == status::want_input);
    CHECK(c.client.received.empty());
    CHECK(!c.client.engine.output().empty());  // the answers to the key updates
    converse(c.client, c.server);
    CHECK(!c.server.failed());
    c.server.write("still");
    CHECK(c.client.engine.write(skein::as_bytes("well")) == status::done);
    converse(c.client, c.server);
    CHECK(c.client.received == "still");
    CHECK(c.server.received() == "well");
}

TEST_CASE("a flood of tickets ends the connection") {
    connection c;
    std::size_t fed = 0;
    for (int i = 0; i < 10'000 && c.client.last == status::want_input; ++i) {
        c.server.new_ticket();
        const std::string record = c.server.take();
        fed += record.size();
        c.client.feed(record);
    }
    CHECK(c.client.engine.error() == tls_errc::flood);
    CHECK(fed < 80'000);
}

TEST_CASE("a flood of key updates ends the connection, answered or not") {
    for (const bool want_answer : {false, true}) {
        connection c;
        int sent = 0;
        for (; sent < 100'000 && c.client.last == status::want_input; ++sent) {
            c.server.key_update(want_answer);
            c.client.feed(c.server.take());
        }
        CHECK(c.client.engine.error() == tls_errc::flood);
        CHECK(sent < 3'500);
        CHECK(c.client.engine.output().size() < 20'000);
    }
}

TEST_CASE("key updates between data make no unbounded output if the peer does not take the answers") {
    connection c;
    for (int i = 0; i < 100'000 && c.client.last == status::want_input; ++i) {
        c.server.key_update(true);
        c.server.write("x");
        c.client.feed(c.server.take());
    }
    CHECK(c.client.engine.error() == tls_errc::flood);
    CHECK(c.client.engine.output().size() < 20'000);
}

TEST_CASE("a stream of one-byte records with tickets between is no flood") {
    connection c;
    for (int i = 0; i < 3'000; ++i) {
        c.server.write("x");
        if (i % 10 == 0) c.server.new_ticket();
    }
    c.client.feed(c.server.take());
    CHECK(c.client.last == status::want_input);
    CHECK(c.client.received == std::string(3'000, 'x'));
}

TEST_CASE("a request to renegotiate is refused and data goes on") {
    connection c(tls12());
    c.server.ask_to_renegotiate();
    c.client.feed(c.server.take());
    CHECK(c.client.last == status::want_input);
    CHECK(!c.client.engine.output().empty());  // the alert no_renegotiation
    CHECK(c.client.engine.established());
    c.server.feed(c.client.take());
    c.server.step();
    CHECK(c.server.failed());
    CHECK(c.server.error().find("no renegotiation") != std::string::npos);
}

TEST_CASE("TLS 1.2 with CBC works as with AEAD") {
    auto options = tls12();
    options.ciphers = "ECDHE-ECDSA-AES256-SHA384:ECDHE-ECDSA-AES128-SHA256";
    connection c(options);
    CHECK(c.client.engine.cipher().find("GCM") == std::string_view::npos);
    const std::string down = pattern(100'000);
    c.server.write(down);
    c.client.feed(c.server.take(), [](std::size_t) { return 1000; });
    CHECK(c.client.received == down);
}
