// What a connection holds back: a reader that is slow, a system that takes little, and tasks that wait for
// news.
#include "connection_fixture.hpp"
#include "virtual_loop.hpp"

#include <skein/future.hpp>
#include <skein/sleep.hpp>

#include <vector>

using namespace skein;
using namespace skein::http1_test;

namespace {

std::shared_ptr<const std::string> body_of(std::size_t size) {
    return std::make_shared<const std::string>(size, 'x');
}

}  // namespace

// ---- back-pressure

TEST_CASE("a reader that does not read stops the stream at 256 KiB, and reading goes on when there is room") {
    fixture f;
    exchange x;
    f.begin(x);
    f.stream->deliver("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    const std::string block(net::block_bytes, 'x');
    for (int i = 0; i < 3; ++i) {
        f.stream->deliver(block);
        CHECK_FALSE(f.stream->paused);
    }
    f.stream->deliver(block);
    CHECK(f.stream->paused);
    f.stream->deliver(block);  // one more may be on its way
    CHECK(x.body().size() == 5 * net::block_bytes);
    x.body().pop_front();
    x.read_on();
    CHECK(f.stream->paused);  // still four
    x.body().pop_front();
    x.read_on();
    CHECK_FALSE(f.stream->paused);
    x.read_on();
    CHECK(read_all(x).size() == 3 * net::block_bytes);
}

TEST_CASE("a connection whose response ended while it was paused listens again") {
    fixture f;
    exchange x;
    f.begin(x);
    const std::string content(4 * net::block_bytes + 5, 'x');
    f.stream->deliver("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(content.size()) + "\r\n\r\n");
    f.stream->deliver(content.substr(5));
    CHECK(f.stream->paused);
    f.stream->deliver(content.substr(0, 5));
    CHECK(x.now() == exchange::state::complete);
    CHECK_FALSE(f.stream->paused);
    CHECK(f.wire->reusable());
    f.stream->end();
    CHECK(f.told.idle_ends == 1);
    CHECK(read_all(x) == content);
}

// ---- writing

TEST_CASE("what the system does not take at once is written as it takes it") {
    fixture f;
    exchange x;
    f.stream->room = 7;
    f.begin(x, request_kind::ordinary, body_of(100'000));
    CHECK(f.wire->is_sending());
    CHECK(f.wire->sent_bytes() == 7);
    while (f.stream->write_pending()) {
        f.stream->room = 5'000;
        f.stream->run();
    }
    CHECK_FALSE(f.wire->is_sending());
    const std::string request = "GET / HTTP/1.1\r\n\r\n" + *body_of(100'000);
    CHECK(f.wire->sent_bytes() == request.size());
    CHECK(f.stream->sent == request);
    f.stream->deliver(hello);
    CHECK(f.wire->reusable());
}

TEST_CASE("a response that comes before its request is written is whole, and leaves the connection unfit") {
    fixture f;
    exchange x;
    f.stream->room = 1000;
    f.begin(x, request_kind::ordinary, body_of(100'000));
    f.stream->deliver(hello);
    CHECK(x.now() == exchange::state::complete);
    CHECK(f.wire->is_sending());
    CHECK_FALSE(f.wire->reusable());
    f.stream->room = 1'000'000;
    f.stream->run();
    CHECK_FALSE(f.wire->is_sending());
    CHECK_FALSE(f.wire->reusable());
    CHECK(read_all(x) == "hello");
}

TEST_CASE("a connection may go while a write is pending: the body stays until the stream is done with it") {
    fixture f;
    auto body = body_of(100'000);
    const std::weak_ptr<const std::string> alive = body;
    exchange x;
    f.stream->room = 1000;
    std::vector<net::write_listener*> orphans;
    f.stream->orphans = &orphans;
    f.begin(x, request_kind::ordinary, std::move(body));
    SUBCASE("destroyed") {
        f.wire.reset();
        CHECK_FALSE(alive.expired());
        REQUIRE(orphans.size() == 1);
        orphans[0]->on_written(std::make_error_code(cancelled));
    }
    SUBCASE("closed") {
        f.wire->close(std::make_error_code(cancelled));
        CHECK_FALSE(alive.expired());
        f.stream->run();
    }
    CHECK(alive.expired());
    CHECK(x.now() == exchange::state::failed);
}

TEST_CASE("a write that fails is remembered, and does not hide a response") {
    fixture f;
    exchange x;
    f.stream->room = 0;
    f.begin(x, request_kind::ordinary, body_of(1000));
    CHECK(f.wire->sent_bytes() == 0);
    f.stream->write_error = std::make_error_code(std::errc::broken_pipe);
    f.stream->run();
    CHECK_FALSE(f.wire->is_sending());
    CHECK(f.wire->send_error() == std::errc::broken_pipe);
    CHECK(f.wire->sent_bytes() == 0);
    CHECK(x.now() == exchange::state::waiting);
    f.stream->deliver(hello);
    CHECK(x.now() == exchange::state::complete);
    CHECK_FALSE(f.wire->reusable());
}

// ---- waiting

TEST_CASE("who waits is woken by the head, by each piece, by the end, and nobody else is told") {
    fixture f;
    exchange x;
    f.begin(x);
    const auto reader = [&]() -> task<std::string> {
        while (!x.has_head()) co_await x.news();
        std::string out;
        while (!x.is_over() || !x.body().empty()) {
            if (x.body().empty()) {
                co_await x.news();
                continue;
            }
            out += as_text(x.body().front());
            x.body().pop_front();
            out += '|';
        }
        co_return out;
    };
    const auto body = [&]() -> task<> {
        auto reading = create_task(reader());
        co_await sleep(std::chrono::seconds(1));
        for (const char* piece : {"HTTP/1.1 200", " OK\r\nTransfer-Encoding: chunked\r\n\r\n", "2\r\nab\r\n",
                                  "1\r\nc\r\n", "0\r\n\r\n"}) {
            f.stream->deliver(piece);
            co_await yield();
            co_await yield();
        }
        CHECK(co_await reading == "ab|c|");
    };
    tests::run_virtual(body);
    CHECK(f.told.completions == 0);
}

TEST_CASE("who waits is woken when the request is written") {
    fixture f;
    exchange x;
    f.stream->room = 10;
    f.begin(x, request_kind::ordinary, body_of(1000));
    const auto waiter = [&]() -> task<> {
        while (f.wire->is_sending()) co_await x.news();
    };
    const auto body = [&]() -> task<> {
        auto waiting = create_task(waiter());
        co_await sleep(std::chrono::seconds(1));
        CHECK_FALSE(waiting.done());
        f.stream->room = 10'000;
        f.stream->run();  // the head
        f.stream->run();  // the body
        co_await waiting;
    };
    tests::run_virtual(body);
}

TEST_CASE("a wait that is cancelled leaves the exchange as it was") {
    fixture f;
    exchange x;
    f.begin(x);
    const auto waiter = [&]() -> task<> { co_await x.news(); };
    const auto body = [&]() -> task<> {
        auto waiting = create_task(waiter());
        co_await yield();
        CHECK_THROWS_AS((void)co_await x.news(), std::logic_error);  // one waiter at a time
        CHECK(waiting.cancel());
        CHECK_THROWS_AS((void)co_await waiting, cancelled_error);
        auto again = create_task(waiter());
        co_await yield();
        f.stream->deliver(hello);
        co_await again;
        CHECK(x.now() == exchange::state::complete);
    };
    tests::run_virtual(body);
}
