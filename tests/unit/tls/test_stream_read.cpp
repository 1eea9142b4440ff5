// The TLS stream: handshake, reading, pausing, and how it ends.
#include "stream_fixture.hpp"

#include <doctest/doctest.h>

using namespace skein::test;
using skein::tls_context;
using skein::tls_errc;

TEST_CASE("the handshake is told once, from a callback, and data follows") {
    tls_link link;
    link.stream->start_handshake(link.handshake);
    CHECK(link.handshake.calls == 0);
    CHECK(!link.inner->sent.empty());
    link.converse();
    CHECK(link.handshake.calls == 1);
    CHECK(!link.handshake.result);
    CHECK(link.stream->version() == "TLSv1.3");
    CHECK(link.stream->peer() == "memory");
    link.stream->attach(&link.sink);
    link.send_down("hello");
    CHECK(link.sink.received == "hello");
    CHECK(link.try_write("request") == 7);
    link.converse();
    CHECK(link.server.received() == "request");
}

TEST_CASE("a handshake through a network of any sizes ends well") {
    for (const std::size_t piece : {1u, 2u, 5u, 100u}) {
        tls_link link;
        link.stream->attach(&link.sink);
        link.inner->room = 0;
        link.stream->start_handshake(link.handshake);
        for (int i = 0; i < 100'000 && link.handshake.calls == 0; ++i) {
            link.inner->room = piece;
            link.converse(piece);
        }
        CHECK(link.handshake.calls == 1);
        CHECK(!link.handshake.result);
        link.inner->room = std::numeric_limits<std::size_t>::max();
        link.converse();
        link.server.write("hello");
        link.inner->deliver(link.server.take(), piece);
        CHECK(link.sink.received == "hello");
    }
}

TEST_CASE("a refused certificate ends the handshake with its code and words, and the server hears of it") {
    tls_link link(common_world().serves(), common_world().trust, "b.test");
    link.stream->start_handshake(link.handshake);
    link.converse();
    CHECK(link.handshake.calls == 1);
    CHECK(link.handshake.result == tls_errc::hostname_mismatch);
    CHECK(link.stream->failure_text().find("it is for a.test; wanted is b.test") != std::string::npos);
    CHECK(link.server.failed());
    link.stream->attach(&link.sink);
    CHECK(link.sink.ends == 0);  // not from inside attach()
    link.converse();
    CHECK(link.sink.ends == 1);
    CHECK(link.sink.reason == tls_errc::hostname_mismatch);
}

TEST_CASE("an end or an error of the connection during the handshake is told") {
    {
        tls_link link;
        link.stream->start_handshake(link.handshake);
        link.inner->end();
        CHECK(link.handshake.result == tls_errc::handshake_cut);
        CHECK(link.handshake.calls == 1);
    }
    {
        tls_link link;
        link.stream->start_handshake(link.handshake);
        link.inner->end(std::make_error_code(std::errc::connection_reset));
        CHECK(link.handshake.result == std::errc::connection_reset);
    }
    {
        tls_link link;
        link.inner->room = 0;
        link.stream->start_handshake(link.handshake);
        link.inner->write_error = std::make_error_code(std::errc::broken_pipe);
        CHECK(link.handshake.calls == 0);
        link.converse();
        CHECK(link.handshake.calls == 1);
        CHECK(link.handshake.result == std::errc::broken_pipe);
    }
}

TEST_CASE("a server that answers in plain HTTP is named") {
    tls_link link;
    link.stream->start_handshake(link.handshake);
    link.inner->deliver("HTTP/1.1 400 Bad Request\r\n\r\n");
    CHECK(link.handshake.result == tls_errc::not_tls);
    CHECK(link.stream->failure_text().find("HTTP/1.1 400") != std::string::npos);
}

TEST_CASE("closing during the handshake tells the listener that it is cancelled, once") {
    for (const bool in_close : {false, true}) {
        for (const bool write_pending : {false, true}) {
            tls_link link;
            link.inner->tells_in_close = in_close;
            if (write_pending) link.inner->room = 0;
            link.stream->start_handshake(link.handshake);
            CHECK(link.inner->write_pending() == write_pending);
            link.stream->close();
            CHECK(link.inner->closed);
            link.inner->run();
            CHECK(link.handshake.calls == 1);
            CHECK(link.handshake.result == std::errc::operation_canceled);
            link.stream->close();
            link.stream.reset();
            CHECK(link.handshake.calls == 1);
        }
    }
}

TEST_CASE("destroying the stream cancels what waits and destroys the inner stream") {
    tls_link link;
    bool destroyed = false;
    link.inner->destroyed = &destroyed;
    link.stream->start_handshake(link.handshake);
    link.stream.reset();
    CHECK(destroyed);
    CHECK(link.handshake.result == std::errc::operation_canceled);
    CHECK(link.handshake.calls == 1);

    tls_link other;
    other.open();
    other.inner->room = 0;
    other.stream->write(skein::as_bytes("data"), other.writer);
    other.stream.reset();
    CHECK(other.writer.calls == 1);
    CHECK(other.writer.result == std::errc::operation_canceled);
}

TEST_CASE("the inner stream may tell of a write when the stream is long gone") {
    for (const bool closed_before : {false, true}) {
        for (const bool open : {false, true}) {
            tls_link link;
            std::vector<skein::net::write_listener*> orphans;
            link.inner->orphans = &orphans;
            if (open) link.open();
            link.inner->room = 0;
            const std::string text = pattern(100'000);
            if (open) {
                link.stream->write(skein::as_bytes(text), link.writer);
            } else {
                link.stream->start_handshake(link.handshake);
            }
            if (closed_before) link.stream->close();
            link.stream.reset();
            CHECK(link.handshake.calls == 1);
            CHECK(link.writer.calls == (open ? 1 : 0));
            REQUIRE(orphans.size() == 1);
            orphans[0]->on_written(std::make_error_code(std::errc::operation_canceled));
            CHECK(link.handshake.calls == 1);
            CHECK(link.writer.calls == (open ? 1 : 0));
        }
    }
}

TEST_CASE("the handshake listener may close, attach and write") {
    tls_link link;
    link.handshake.then = [&] {
        link.stream->attach(&link.sink);
        CHECK(link.try_write("at once") == 7);
    };
    link.stream->start_handshake(link.handshake);
    link.converse();
    CHECK(link.server.received() == "at once");

    tls_link closing;
    closing.handshake.then = [&] { closing.stream->close(); };
    closing.stream->start_handshake(closing.handshake);
    closing.converse();
    CHECK(closing.handshake.calls == 1);
    CHECK(!closing.handshake.result);
    CHECK(closing.inner->closed);
}

TEST_CASE("large transfers arrive whole, in whole blocks, and a sink may keep the blocks") {
    for (const bool keeps : {false, true}) {
        tls_link link;
        link.open();
        link.sink.keeps_blocks = keeps;
        const std::string text = pattern(1'000'000);
        link.send_down(text);
        CHECK(link.sink.received == text);
        CHECK(link.sink.pieces < 40);  // 16 blocks of ciphertext, not 62 records
        std::string kept;
        for (const auto& block : link.sink.kept) kept += skein::as_text({block->bytes, 1});
        if (keeps) CHECK(link.sink.kept.size() == link.sink.pieces);
        if (keeps) CHECK(kept[0] == text[0]);
    }
}

TEST_CASE("pausing passes through, and what still arrives is bounded by one block and a record") {
    tls_link link;
    link.open();
    const std::string text = pattern(400'000);
    link.server.write(text);
    const std::string records = link.server.take();
    std::size_t at_pause = 0;
    link.sink.on_piece = [&] {
        if (at_pause != 0) return;
        at_pause = link.sink.received.size();
        link.stream->pause();
    };
    // A stream that pauses lazily: one more block comes.
    const std::size_t two_blocks = 2 * skein::net::block_bytes;
    link.inner->deliver(std::string_view(records).substr(0, two_blocks));
    CHECK(link.inner->paused);
    CHECK(link.sink.received.size() - at_pause <= skein::net::block_bytes + 16 * 1024);
    link.stream->resume();
    CHECK(!link.inner->paused);
    link.inner->deliver(std::string_view(records).substr(two_blocks));
    CHECK(link.sink.received == text);
}

TEST_CASE("pausing before the handshake is done takes effect after it") {
    tls_link link;
    link.stream->attach(&link.sink);
    link.stream->start_handshake(link.handshake);
    link.stream->pause();
    CHECK(!link.inner->paused);
    link.converse();
    CHECK(link.handshake.calls == 1);
    CHECK(link.inner->paused);
    link.stream->resume();
    CHECK(!link.inner->paused);
}

TEST_CASE("what comes before there is a sink is kept for it, in order, and not told from inside attach()") {
    tls_link link;
    link.stream->start_handshake(link.handshake);
    link.converse();
    const std::string text = pattern(100'000);
    link.server.write(text);
    const std::string records = link.server.take();
    link.inner->deliver(std::string_view(records).substr(0, 60'000));
    CHECK(link.inner->paused);
    CHECK(!link.stream->is_quiet());
    link.stream->attach(&link.sink);
    CHECK(link.sink.received.empty());
    CHECK(!link.inner->paused);
    link.converse();
    CHECK(link.sink.received.size() > 40'000);
    link.inner->deliver(std::string_view(records).substr(60'000));
    CHECK(link.sink.received == text);
}

TEST_CASE("early data, then more before the turn is over, then the end: in that order") {
    tls_link link;
    link.stream->start_handshake(link.handshake);
    link.converse();
    link.send_down("early ");
    link.stream->attach(&link.sink);
    link.send_down("late");
    CHECK(link.sink.received == "early late");
    link.server.close_notify();
    link.inner->deliver(link.server.take());
    CHECK(link.sink.ends == 1);
    link.converse();
    CHECK(link.sink.ends == 1);

    tls_link waiting;
    waiting.stream->start_handshake(waiting.handshake);
    waiting.converse();
    waiting.send_down("early");
    waiting.stream->attach(&waiting.sink);
    waiting.server.close_notify();
    waiting.inner->deliver(waiting.server.take());
    CHECK(waiting.sink.ends == 0);
    waiting.converse();
    CHECK(waiting.sink.received == "early");
    CHECK(waiting.sink.ends == 1);

    tls_link ended;
    ended.stream->start_handshake(ended.handshake);
    ended.converse();
    ended.server.write("all there is");
    ended.server.close_notify();
    ended.inner->deliver(ended.server.take());
    ended.stream->attach(&ended.sink);
    CHECK(ended.sink.ends == 0);
    ended.converse();
    CHECK(ended.sink.received == "all there is");
    CHECK(ended.sink.ends == 1);
    CHECK(!ended.sink.reason);
}

TEST_CASE("an orderly end, a truncation, a reset and a broken record are told apart") {
    const auto ends_with = [](auto&& act) {
        tls_link link;
        link.open();
        link.send_down("data");
        act(link);
        CHECK(link.sink.received == "data");
        CHECK(link.sink.ends == 1);
        link.inner->end();
        CHECK(link.sink.ends == 1);
        return link.sink.reason;
    };
    CHECK(!ends_with([](tls_link& link) {
        link.server.close_notify();
        link.inner->deliver(link.server.take());
    }));
    CHECK(ends_with([](tls_link& link) { link.inner->end(); }) == tls_errc::truncated);
    CHECK(ends_with([](tls_link& link) {
              link.inner->end(std::make_error_code(std::errc::connection_reset));
          }) == std::errc::connection_reset);
    CHECK(ends_with([](tls_link& link) { link.inner->deliver("no record"); }) == tls_errc::bad_record);
    CHECK(ends_with([](tls_link& link) {
              for (int i = 0; i < 10'000; ++i) link.server.new_ticket();
              link.inner->deliver(link.server.take());
          }) == tls_errc::flood);
}

TEST_CASE("a sink that closes hears nothing more") {
    tls_link link;
    link.open();
    link.sink.on_piece = [&] { link.stream->close(); };
    link.server.write(pattern(200'000));
    link.server.close_notify();
    link.inner->deliver(link.server.take());
    CHECK(link.sink.pieces == 1);
    CHECK(link.sink.ends == 0);

    tls_link at_end;
    at_end.open();
    at_end.sink.on_last = [&] { at_end.stream->close(); };
    at_end.server.close_notify();
    at_end.inner->deliver(at_end.server.take());
    CHECK(at_end.sink.ends == 1);
    CHECK(at_end.inner->closed);
}

TEST_CASE("a sink can be replaced between pieces") {
    tls_link link;
    link.open();
    link.send_down("for the first");
    recording_sink second;
    link.stream->attach(&second);
    link.send_down("for the second");
    CHECK(link.sink.received == "for the first");
    CHECK(second.received == "for the second");
}

TEST_CASE("tickets and key updates leave an idle stream quiet, data and ends do not") {
    tls_link link;
    link.open();
    CHECK(link.stream->is_quiet());
    link.server.new_ticket();
    link.server.key_update(true);
    link.inner->deliver(link.server.take());
    CHECK(link.stream->is_quiet());
    CHECK(link.sink.pieces == 0);
    link.converse();
    CHECK(!link.server.failed());  // it got the answer

    link.inner->quiet = false;
    CHECK(!link.stream->is_quiet());
    link.inner->quiet = true;

    link.server.new_ticket();
    const std::string record = link.server.take();
    link.inner->deliver(std::string_view(record).substr(0, 20));
    CHECK(!link.stream->is_quiet());  // part of something
    link.inner->deliver(std::string_view(record).substr(20));
    CHECK(link.stream->is_quiet());

    link.server.close_notify();
    link.inner->deliver(link.server.take());
    CHECK(!link.stream->is_quiet());
    link.stream->close();
    CHECK(!link.stream->is_quiet());
}

TEST_CASE("closing sends close_notify, then closes the inner stream") {
    tls_link link;
    link.open();
    link.stream->close();
    CHECK(link.inner->closed);
    link.server.feed(link.inner->take_sent());
    link.server.step();
    CHECK(link.server.saw_close_notify());
}

TEST_CASE("a failure before the handshake began is told from a callback as well") {
    tls_link link;
    struct ended final : skein::net::stream {
        std::unique_ptr<memory_stream> real = std::make_unique<memory_stream>();
        void attach(skein::net::stream_sink* sink) noexcept override {
            real->attach(sink);
            sink->on_end({});  // it had ended before anybody looked
        }
        void pause() noexcept override { real->pause(); }
        void resume() noexcept override { real->resume(); }
        std::size_t try_write(std::span<const skein::byte_view> pieces) noexcept override {
            return real->try_write(pieces);
        }
        void write(skein::byte_view data, skein::net::write_listener& listener) noexcept override {
            real->write(data, listener);
        }
        void shutdown(skein::net::write_listener& listener) noexcept override { real->shutdown(listener); }
        void close() noexcept override { real->close(); }
        bool is_quiet() noexcept override { return false; }
        std::string peer() const override { return "ended"; }
    };
    auto inner = std::make_unique<ended>();
    memory_stream& real = *inner->real;
    skein::tls::stream stream(std::move(inner), common_world().trust, "a.test");
    stream.start_handshake(link.handshake);
    CHECK(link.handshake.calls == 0);
    real.run();
    CHECK(link.handshake.calls == 1);
    CHECK(link.handshake.result == tls_errc::handshake_cut);
}
