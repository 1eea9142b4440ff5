// The TLS stream: writing through a network that takes little, stalls and breaks.
#include "stream_fixture.hpp"

#include <doctest/doctest.h>

using namespace skein::test;
using skein::byte_view;
using skein::tls_errc;

namespace {

constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

// The lengths of the TLS records in a stretch of ciphertext.
std::vector<std::size_t> record_sizes(std::string_view bytes) {
    std::vector<std::size_t> sizes;
    while (bytes.size() >= 5) {
        const auto byte = [&](std::size_t i) {
            return static_cast<std::size_t>(static_cast<unsigned char>(bytes[i]));
        };
        const std::size_t size = byte(3) * 256 + byte(4);
        sizes.push_back(size);
        bytes.remove_prefix(std::min(bytes.size(), 5 + size));
    }
    return sizes;
}

}  // namespace

TEST_CASE("small pieces leave in one record and one system call") {
    tls_link link;
    link.open();
    const int before = link.inner->try_writes;
    const byte_view pieces[] = {skein::as_bytes("POST / HTTP/1.1\r\n\r\n"), skein::as_bytes("body"), {}};
    CHECK(link.stream->try_write(pieces) == 23);
    CHECK(link.inner->try_writes == before + 1);
    CHECK(record_sizes(link.inner->sent).size() == 1);
    link.converse();
    CHECK(link.server.received() == "POST / HTTP/1.1\r\n\r\nbody");
}

TEST_CASE("pieces of all sizes arrive in order") {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        random_bits random(seed);
        tls_link link;
        link.open();
        const std::string text = pattern(60'000);
        std::vector<byte_view> pieces;
        for (byte_view left = skein::as_bytes(text); !left.empty();) {
            const std::size_t n = std::min(left.size(), random(seed % 2 == 0 ? 40'000 : 900));
            pieces.push_back(left.first(n));
            left = left.subspan(n);
        }
        CHECK(link.stream->try_write(pieces) == text.size());
        const auto records = record_sizes(link.inner->sent);
        CHECK(records.size() <= 6);
        link.converse();
        CHECK(link.server.received() == text);
    }
}

TEST_CASE("one call takes one portion, and none while ciphertext waits") {
    tls_link link;
    link.open();
    const std::string text = pattern(200'000);
    CHECK(link.try_write(text) == skein::tls::stream::portion_bytes);
    std::vector<byte_view> pieces;
    for (std::size_t at = 0; at < text.size(); at += 1000)
        pieces.push_back(skein::as_bytes(text).subspan(at, 1000));
    CHECK(link.stream->try_write(pieces) == skein::tls::stream::portion_bytes);
    link.inner->room = 1000;
    CHECK(link.try_write(text) == skein::tls::stream::portion_bytes);  // encrypted, on its way
    CHECK(link.inner->write_pending());
    CHECK(link.try_write(text) == 0);
    link.inner->room = unlimited;
    link.converse();
    CHECK(link.server.received().size() == 3 * skein::tls::stream::portion_bytes);
    CHECK(link.try_write("more") == 4);
}

TEST_CASE("a write is told when the inner stream has taken all of it, never from inside the call") {
    tls_link link;
    link.open();
    for (const std::size_t size : {0u, 1u, 1000u, 64u * 1024, 3'000'000u}) {
        const std::string text = pattern(size);
        recording_writer writer;
        link.server.received().clear();
        link.stream->write(skein::as_bytes(text), writer);
        CHECK(writer.calls == 0);
        link.converse();
        CHECK(writer.calls == 1);
        CHECK(!writer.result);
        CHECK(link.server.received() == text);
    }
}

TEST_CASE("a write through a network that takes a little at a time arrives whole") {
    for (const std::size_t step : {1u, 700u, 20'000u}) {
        tls_link link;
        link.open();
        const std::string text = pattern(step == 1 ? 3'000 : 300'000);
        link.inner->room = 0;
        std::size_t taken = link.try_write(text);
        link.stream->write(skein::as_bytes(text).subspan(taken), link.writer);
        for (int i = 0; i < 1'000'000 && link.writer.calls == 0; ++i) {
            link.inner->room = step;
            link.converse();
        }
        CHECK(link.writer.calls == 1);
        CHECK(!link.writer.result);
        CHECK(link.server.received() == text);
    }
}

TEST_CASE("no more than a portion is encrypted ahead") {
    tls_link link;
    link.open();
    const std::string text = pattern(5'000'000);
    link.inner->room = 0;
    link.stream->write(skein::as_bytes(text), link.writer);
    for (int i = 0; i < 20; ++i) {
        link.inner->room = 10'000;
        link.inner->run();
        CHECK(link.inner->write_pending());
    }
    CHECK(link.writer.calls == 0);
    link.inner->room = unlimited;
    link.inner->run();
    // One callback does a bounded number of portions, then lets others have their turn.
    CHECK(link.inner->sent.size() < 2'000'000);
    CHECK(link.writer.calls == 0);
    link.converse();
    CHECK(link.writer.calls == 1);
    CHECK(link.server.received() == text);
}

TEST_CASE("an answer to the peer waits for the write before it, and both arrive") {
    tls_link link;
    link.open();
    const std::string text = pattern(100'000);
    link.inner->room = 0;
    link.stream->write(skein::as_bytes(text), link.writer);
    link.server.key_update(true);
    link.inner->deliver(link.server.take());
    CHECK(link.inner->sent.empty());
    link.inner->room = unlimited;
    link.converse();
    CHECK(!link.server.failed());
    CHECK(link.server.received() == text);
    CHECK(link.try_write("with the new keys") == 17);
    link.converse();
    CHECK(link.server.received().ends_with("with the new keys"));
}

TEST_CASE("an error of the inner stream is the result of the write, now and later") {
    tls_link link;
    link.open();
    link.inner->write_error = std::make_error_code(std::errc::broken_pipe);
    const std::string text = pattern(300'000);
    CHECK(link.try_write(text) <= skein::tls::stream::portion_bytes);
    link.stream->write(skein::as_bytes(text), link.writer);
    CHECK(link.writer.calls == 0);
    link.converse();
    CHECK(link.writer.calls == 1);
    CHECK(link.writer.result == std::errc::broken_pipe);
    CHECK(link.try_write("more") == 0);
    recording_writer again;
    link.stream->write(skein::as_bytes("more"), again);
    CHECK(again.calls == 0);
    link.converse();
    CHECK(again.calls == 1);
    CHECK(again.result == std::errc::broken_pipe);
}

TEST_CASE("a backlog that fails is met by the next write, though try_write() had taken it") {
    tls_link link;
    link.open();
    link.inner->room = 10;
    CHECK(link.try_write("taken") == 5);
    link.inner->write_error = std::make_error_code(std::errc::connection_reset);
    link.inner->run();
    link.stream->write(skein::as_bytes("next"), link.writer);
    link.converse();
    CHECK(link.writer.result == std::errc::connection_reset);
    CHECK(link.writer.calls == 1);
}

TEST_CASE("closing cancels a pending write") {
    for (const bool in_close : {false, true}) {
        tls_link link;
        link.open();
        link.inner->tells_in_close = in_close;
        const std::string text = pattern(200'000);
        link.inner->room = 0;
        link.stream->write(skein::as_bytes(text), link.writer);
        link.stream->close();
        link.inner->run();
        CHECK(link.writer.calls == 1);
        CHECK(link.writer.result == std::errc::operation_canceled);
        link.stream.reset();
        CHECK(link.writer.calls == 1);
    }
}

TEST_CASE("a write whose last part was not encrypted when the stream was closed has failed") {
    for (const bool whole : {false, true}) {
        tls_link link;
        link.open();
        link.inner->finishes_in_close = true;
        const std::string text = pattern(whole ? 1'000 : 200'000);
        link.inner->room = 0;
        link.stream->write(skein::as_bytes(text), link.writer);
        link.stream->close();
        link.inner->run();
        CHECK(link.writer.calls == 1);
        CHECK(!link.writer.result == whole);
    }
}

TEST_CASE("writing before the handshake is an error, not a leak of plaintext") {
    tls_link link;
    link.stream->start_handshake(link.handshake);
    CHECK(link.try_write("secret") == 0);
    link.stream->write(skein::as_bytes("secret"), link.writer);
    link.inner->run();
    CHECK(link.writer.calls == 1);
    CHECK(link.writer.result == std::errc::not_connected);
    CHECK(link.inner->sent.find("secret") == std::string::npos);
}

TEST_CASE("writing after TLS has failed gives the reason") {
    tls_link link;
    link.open();
    link.inner->deliver("no record");
    CHECK(link.try_write("x") == 0);
    link.stream->write(skein::as_bytes("x"), link.writer);
    link.converse();
    CHECK(link.writer.calls == 1);
    CHECK(link.writer.result == tls_errc::bad_record);
}

TEST_CASE("after the peer's close_notify our side can still write") {
    tls_link link;
    link.open();
    link.server.close_notify();
    link.inner->deliver(link.server.take());
    CHECK(link.sink.ends == 1);
    CHECK(link.try_write("goodbye") == 7);
    link.converse();
    CHECK(link.server.received() == "goodbye");
}

TEST_CASE("the listener of a write may write again") {
    tls_link link;
    link.open();
    int round = 0;
    link.writer.then = [&] {
        if (++round < 5) link.stream->write(skein::as_bytes("again "), link.writer);
    };
    link.stream->write(skein::as_bytes("once "), link.writer);
    link.converse();
    CHECK(link.writer.calls == 5);
    CHECK(link.server.received() == "once again again again again ");
}

namespace {

/// Up to where the client has its last flight to send; of TLS 1.3.
void shake_hands(tls_link& link) {
    link.stream->attach(&link.sink);
    link.stream->start_handshake(link.handshake);
    link.server.feed(link.inner->take_sent());
    link.server.step();
    link.inner->deliver(link.server.take());
    REQUIRE(link.handshake.calls == 1);
    REQUIRE(!link.handshake.result);
}

}  // namespace

TEST_CASE("the end of the handshake leaves with the first request, in one packet") {
    tls_link link;
    shake_hands(link);
    CHECK(link.inner->try_writes == 1);  // the hello
    CHECK(link.try_write("request") == 7);
    CHECK(link.inner->try_writes == 2);
    link.converse();
    CHECK(link.inner->try_writes == 2);
    CHECK(link.server.received() == "request");
}

TEST_CASE("the end of the handshake leaves without a request, too, in the same turn") {
    tls_link link;
    shake_hands(link);
    CHECK(link.inner->sent.empty());
    link.ready.run();
    CHECK(link.inner->try_writes == 2);
    link.converse();
    CHECK(link.server.established());
    CHECK(link.inner->try_writes == 2);
}

TEST_CASE("the end of the handshake goes before a write that has to wait, and before a close_notify") {
    tls_link writing;
    shake_hands(writing);
    writing.stream->write(skein::as_bytes("request"), writing.writer);
    writing.ready.run();
    writing.converse();
    CHECK(writing.writer.calls == 1);
    CHECK(writing.server.received() == "request");

    tls_link closing;
    shake_hands(closing);
    closing.stream->close();
    CHECK(closing.inner->try_writes == 2);
    closing.server.feed(closing.inner->take_sent());
    closing.server.step();
    CHECK(closing.server.established());
    CHECK(closing.server.saw_close_notify());
}

TEST_CASE("a stream may go while the end of its handshake waits to be sent") {
    for (const bool writing : {false, true}) {
        tls_link link;
        shake_hands(link);
        std::vector<skein::net::write_listener*> orphans;
        link.inner->orphans = &orphans;
        if (writing) link.stream->write(skein::as_bytes("request"), link.writer);
        link.stream.reset();
        link.ready.run();
        for (auto* one : orphans) one->on_written(std::make_error_code(std::errc::operation_canceled));
        CHECK(orphans.size() == (writing ? 1 : 0));
    }
}

TEST_CASE("TLS runs inside TLS, as through an HTTPS proxy") {
    const auto& world = common_world();
    tls_server inside({.chain = {issue({.names = {"DNS:b.test"}}, &world.root)}});
    tls_link outer;
    outer.stream->start_handshake(outer.handshake);
    outer.converse();
    REQUIRE(outer.handshake.calls == 1);
    recording_handshake handshake;
    recording_sink sink;
    recording_writer writer;
    skein::tls::stream stream(std::move(outer.stream), world.trust, "b.test");
    const auto converse = [&] {
        for (int i = 0; i < 50; ++i) {
            outer.converse();
            inside.feed(std::exchange(outer.server.received(), {}));
            inside.step();
            if (const std::string down = inside.take(); !down.empty()) outer.send_down(down);
        }
    };
    stream.attach(&sink);
    stream.start_handshake(handshake);
    converse();
    CHECK(handshake.calls == 1);
    CHECK(!handshake.result);
    CHECK(inside.sni() == "b.test");
    const std::string text = pattern(200'000);
    stream.write(skein::as_bytes(text), writer);
    converse();
    CHECK(writer.calls == 1);
    CHECK(inside.received() == text);
    inside.write(text);
    converse();
    CHECK(sink.received == text);
    inside.close_notify();
    converse();
    CHECK(sink.ends == 1);
    CHECK(!sink.reason);
}

TEST_CASE("shutdown sends close_notify behind what was written, then ends the direction below") {
    for (const std::size_t room : {unlimited, std::size_t{10}}) {
        tls_link link;
        link.open();
        CHECK(link.try_write("last words") == 10);
        link.inner->room = room;
        link.stream->shutdown(link.writer);
        CHECK(link.writer.calls == 0);
        CHECK_FALSE(link.inner->ended);
        if (room != unlimited) {
            link.converse();
            CHECK_FALSE(link.inner->ended);
            CHECK(link.writer.calls == 0);
            link.inner->room = unlimited;
        }
        link.converse();
        CHECK(link.inner->ended);
        CHECK(link.writer.calls == 1);
        CHECK_FALSE(link.writer.result);
        CHECK(link.server.received() == "last words");
        CHECK(link.server.saw_close_notify());
        CHECK_FALSE(link.inner->closed);
    }
}

TEST_CASE("after shutdown, what the peer says still comes, to its end") {
    tls_link link;
    link.open();
    link.stream->shutdown(link.writer);
    link.converse();
    link.send_down("more");
    CHECK(link.sink.received == "more");
    link.server.close_notify();
    link.inner->deliver(link.server.take());
    CHECK(link.sink.ends == 1);
    CHECK_FALSE(link.sink.reason);
    const int writes = link.inner->try_writes;
    link.stream->close();
    CHECK(link.inner->sent.empty());  // no second close_notify
    CHECK(link.inner->closed);
    CHECK(link.inner->try_writes == writes);
}

TEST_CASE("shutdown behind ciphertext that waits, and one that cannot be sent") {
    tls_link link;
    link.open();
    link.inner->room = 100;
    CHECK(link.try_write(pattern(10'000)) == 10'000);
    CHECK(link.inner->write_pending());
    link.stream->shutdown(link.writer);
    link.inner->room = unlimited;
    link.converse();
    CHECK(link.writer.calls == 1);
    CHECK(link.inner->ended);
    CHECK(link.server.received().size() == 10'000);
    CHECK(link.server.saw_close_notify());

    tls_link broken;
    broken.open();
    broken.inner->room = 0;
    broken.inner->write_error = std::make_error_code(std::errc::broken_pipe);
    broken.stream->shutdown(broken.writer);
    broken.converse();
    CHECK(broken.writer.calls == 1);
    CHECK(broken.writer.result == std::errc::broken_pipe);
    CHECK_FALSE(broken.inner->ended);
}

TEST_CASE("closed while it shuts down, it tells that, once") {
    for (const bool destroyed : {false, true}) {
        tls_link link;
        link.open();
        link.inner->room = 0;
        link.stream->shutdown(link.writer);
        CHECK(link.writer.calls == 0);
        link.stream->close();
        if (destroyed)
            link.stream.reset();
        else
            link.inner->run();
        CHECK(link.writer.calls == 1);
    }
}

TEST_CASE("what is not HTTP names no application protocol by itself") {
    for (const bool http : {true, false}) {
        tls_link link;
        if (!http) link.stream->offer_own_protocols();
        link.open();
        CHECK(link.server.offered_alpn().empty() == !http);
    }
}

TEST_CASE("what was taken is not flushed before the network has it, and a write of nothing waits for that") {
    tls_link link;
    link.open();
    CHECK(link.stream->is_flushed());
    link.inner->room = 100;
    CHECK(link.try_write(pattern(1000)) == 1000);
    CHECK_FALSE(link.stream->is_flushed());
    link.stream->write({}, link.writer);
    link.inner->room = 100;
    link.inner->run();
    CHECK(link.writer.calls == 0);
    CHECK_FALSE(link.stream->is_flushed());
    link.inner->room = unlimited;
    link.converse();
    CHECK(link.writer.calls == 1);
    CHECK(link.stream->is_flushed());
    CHECK(link.server.received().size() == 1000);
}
