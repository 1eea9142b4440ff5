// The TLS stream: how its handshake ends, what that offers, and how its own direction is shut down.
#include "stream_fixture.hpp"

#include <doctest/doctest.h>

using namespace skein::test;

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
