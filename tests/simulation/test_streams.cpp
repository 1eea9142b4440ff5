// Raw streams: what is read and written, in pieces of every size, under every fault.
#include "https_server.hpp"
#include "proxies.hpp"

#include <algorithm>
#include <stdexcept>
#include <vector>

using namespace simulation;
using namespace std::chrono_literals;
using skein::stream;
using skein::testing::client_gone;

namespace {

template <class Error, class T>
task<std::string> words_of(task<T> work) {
    try {
        (void)co_await work;
    } catch (const Error& e) {
        co_return e.what();
    }
    co_return std::string();
}
template <class Error>
task<std::string> words_of(task<> work) {
    try {
        co_await work;
    } catch (const Error& e) {
        co_return e.what();
    }
    co_return std::string();
}

bool mentions(const std::string& text, std::string_view words) {
    const bool found = text.find(words) != std::string::npos;
    if (!found) MESSAGE("\"" << words << "\" is not in: " << text);
    return found;
}

/// Text of which every part tells where it is from.
std::string numbered(std::size_t bytes) {
    std::string text;
    for (std::size_t i = 0; text.size() < bytes; ++i) text += std::to_string(i) + " ";
    text.resize(bytes);
    return text;
}

/// Says what it is told.
void listen_and_say(std::string_view text) {
    this_network().listen("example.test", 7,
                          [said = std::string(text)](server_stream& client) { return client.write(said); });
}

task<> echo(server_stream& client) {
    for (;;) {
        std::string piece = co_await client.read();
        if (piece.empty()) co_return;
        co_await client.write(std::move(piece));
    }
}

task<> echo_stream(stream client) {
    for (;;) {
        std::string piece = co_await client.read();
        if (piece.empty()) co_return;
        co_await client.write(std::move(piece));
    }
}

task<std::string> read_all(stream& from) {
    std::string all;
    for (;;) {
        const std::string piece = co_await from.read();
        if (piece.empty()) co_return all;
        all += piece;
    }
}

task<> write_and_end(stream& to, std::string text) {
    co_await to.write(std::move(text));
    co_await to.shutdown();
}

void expect_prefix(const std::string& got, const std::string& whole) {
    CHECK(got.size() <= whole.size());
    CHECK(whole.compare(0, got.size(), got) == 0);
    if (untouched) CHECK(got.size() == whole.size());
}

}  // namespace

TEST_CASE("streams: every fault at every wait of one that is read in all ways") {
    const auto serve_lines = [](server_stream& client) -> task<> {
        const std::string asked = co_await client.read_until("\n");
        co_await client.write("you said " + asked + "\r\n12345--67");
        client.end_writing();
        const std::string last = co_await client.read();
        if (untouched) CHECK(last == "bye");
    };
    sweep("a conversation", [&]() -> task<> {
        this_network().set_link(slow_link());
        this_network().listen("example.test", 7, serve_lines);
        auto s = co_await skein::connect("example.test", 7);
        co_await s.write("hello\n");
        const auto line = co_await s.read_line();
        if (line) CHECK(*line == "you said hello");
        const auto empty = co_await s.read_line();
        if (empty) CHECK(*empty == "");
        const auto number = co_await s.read_until("--");
        if (number) CHECK(*number == "12345--");
        std::string rest = co_await s.read(1);
        rest += co_await s.read();
        expect_prefix(rest, "67");
        const std::string end = co_await s.read();
        CHECK(end == "");
        co_await s.write("bye");
        co_await s.shutdown();
    });
}

TEST_CASE("streams: every fault at every wait of both directions at once, over a server of skein's") {
    const std::string text = numbered(600);
    sweep("an echo", [&]() -> task<> {
        auto narrow = slow_link();
        narrow.window_bytes = 200;
        this_network().set_link(narrow);
        auto server = skein::serve(echo_stream);
        auto s = co_await skein::connect("127.0.0.1", server.port());
        auto [got, nothing] = co_await skein::gather(read_all(s), write_and_end(s, text));
        expect_prefix(got, text);
        server.close();
        co_await server.wait_closed();
    });
}

TEST_CASE("streams: byte by byte, and in pieces of random sizes, all arrives in order") {
    const std::string text = numbered(5000);
    for (const bool random : {false, true}) {
        skein::testing::simulation_options options;
        options.seed = 7;
        skein::testing::run(
            [&]() -> task<> {
                skein::testing::link pieces;
                pieces.window_bytes = 700;
                pieces.random_pieces = random;
                if (!random) pieces.largest_piece_bytes = 1;
                this_network().set_link(pieces);
                auto server = skein::serve(echo_stream);
                auto s = co_await skein::connect("127.0.0.1", server.port());
                auto [got, nothing] = co_await skein::gather(read_all(s), write_and_end(s, text));
                CHECK(got == text);
            },
            options);
    }
}

TEST_CASE("streams: read() gives no more than it is asked for, and all of it") {
    skein::testing::run([]() -> task<> {
        listen_and_say("0123456789");
        auto s = co_await skein::connect("example.test", 7);
        const auto three = co_await s.read(3);
        CHECK(three == "012");
        const auto four = co_await s.read_exactly(4);
        CHECK(four == "3456");
        const auto none = co_await s.read_exactly(0);
        CHECK(none == "");
        const auto rest = co_await s.read();
        CHECK(rest == "789");
        const auto end = co_await s.read();
        CHECK(end == "");
        const auto words = co_await words_of<std::invalid_argument>(s.read(0));
        CHECK(words != "");
    });
}

TEST_CASE("streams: lines, with every line end, and one at the end without") {
    skein::testing::run([]() -> task<> {
        skein::testing::link by_byte;
        by_byte.largest_piece_bytes = 1;
        this_network().set_link(by_byte);
        listen_and_say("one\ntwo\r\n\n\r\nth\rree");
        auto s = co_await skein::connect("example.test", 7);
        std::vector<std::string> lines;
        while (auto line = co_await s.read_line()) lines.push_back(*line);
        CHECK(lines == std::vector<std::string>{"one", "two", "", "", "th\rree"});
    });
}

TEST_CASE("streams: a mark is found across pieces, and what overlaps it is not lost") {
    for (const std::size_t piece : {1, 2, 3, 100}) {
        skein::testing::run([&]() -> task<> {
            skein::testing::link pieces;
            pieces.largest_piece_bytes = piece;
            this_network().set_link(pieces);
            listen_and_say("aab aaab rest");
            auto s = co_await skein::connect("example.test", 7);
            const auto first = co_await s.read_until("aab");
            CHECK(first == "aab");
            const auto second = co_await s.read_until("aab");
            CHECK(second == " aaab");
            try {
                (void)co_await s.read_until("never");
                FAIL("no mark came");
            } catch (const skein::incomplete_read& e) {
                CHECK(skein::as_text(e.partial()) == " rest");
                CHECK(mentions(e.what(), "example.test:7 [10.0.0.1:7]"));
                CHECK(mentions(e.what(), "5 bytes"));
            }
            const auto end = co_await s.read_until("never");
            CHECK_FALSE(end.has_value());
        });
    }
}

TEST_CASE("streams: a line over the limit is refused at the same byte however it came, and stays") {
    for (const std::size_t piece : {1, 5, 100}) {
        skein::testing::run([&]() -> task<> {
            skein::testing::link pieces;
            pieces.largest_piece_bytes = piece;
            this_network().set_link(pieces);
            listen_and_say("1234\n12345\n");
            auto s = co_await skein::connect("example.test", 7);
            const auto fits = co_await s.read_line(5);
            CHECK(fits == "1234");
            const auto words = co_await words_of<skein::payload_error>(s.read_line(5));
            CHECK(mentions(words, "more than 5 bytes from example.test:7"));
            const auto again = co_await s.read_line(6);
            CHECK(again == "12345");
        });
    }
}

TEST_CASE("streams: an end that comes too early says how much there was") {
    skein::testing::run([]() -> task<> {
        listen_and_say("1234");
        auto s = co_await skein::connect("example.test", 7);
        const auto words = co_await words_of<skein::incomplete_read>(s.read_exactly(10));
        CHECK(mentions(words, "4 of 10 bytes"));
        CHECK(mentions(words, "example.test:7"));
    });
}

TEST_CASE("streams: reads that are given up lose nothing") {
    skein::testing::run([]() -> task<> {
        const std::string text = numbered(300);
        this_network().listen("example.test", 7, [&](server_stream& client) -> task<> {
            for (const char c : text) {
                co_await client.write(std::string(1, c));
                co_await skein::sleep(10ms);
            }
        });
        auto s = co_await skein::connect("example.test", 7);
        std::string got;
        int given_up = 0;
        while (got.size() < text.size()) {
            try {
                if (got.size() % 2 == 0)
                    got += co_await skein::wait_for(
                        s.read_exactly(std::min<std::size_t>(20, text.size() - got.size())), 33ms);
                else
                    got += co_await skein::wait_for(s.read(), 3ms);
            } catch (const skein::timeout_error&) {
                ++given_up;
            }
        }
        CHECK(got == text);
        CHECK(given_up > 20);
    });
}

TEST_CASE("streams: a write that is given up is written to its end, and the next comes behind it") {
    skein::testing::run([]() -> task<> {
        const std::string text = numbered(5000);
        std::string received;
        this_network().listen("example.test", 7, [&](server_stream& client) -> task<> {
            co_await skein::sleep(1s);
            for (;;) {
                const auto piece = co_await client.read();
                if (piece.empty()) co_return;
                received += piece;
            }
        });
        skein::testing::link narrow;
        narrow.window_bytes = 100;
        this_network().set_link(narrow);
        auto s = co_await skein::connect("example.test", 7);
        const auto words = co_await words_of<skein::timeout_error>(skein::wait_for(s.write(text), 1ms));
        CHECK(words != "");
        co_await s.write("and more");
        co_await s.shutdown();
        const auto end = co_await s.read();
        CHECK(end == "");
        CHECK(received == text + "and more");
    });
}

TEST_CASE("streams: of several writers each writes its data whole, in the order in which they began") {
    skein::testing::run([]() -> task<> {
        std::string received;
        this_network().listen("example.test", 7, [&](server_stream& client) -> task<> {
            for (;;) {
                const auto piece = co_await client.read();
                if (piece.empty()) co_return;
                received += piece;
            }
        });
        skein::testing::link narrow;
        narrow.window_bytes = 10;
        this_network().set_link(narrow);
        auto s = co_await skein::connect("example.test", 7);
        std::vector<task<>> writers;
        for (const char c : {'a', 'b', 'c'}) writers.push_back(s.write(std::string(100, c)));
        writers.push_back(s.shutdown());
        co_await skein::gather(std::move(writers));
        const auto end = co_await s.read();
        CHECK(end == "");
        CHECK(received == std::string(100, 'a') + std::string(100, 'b') + std::string(100, 'c'));
        const auto words = co_await words_of<std::logic_error>(s.write("late"));
        CHECK(mentions(words, "after shutdown()"));
        co_await s.shutdown();  // again: nothing
    });
}

TEST_CASE("streams: who waits for a turn to write, and is cancelled, has written nothing") {
    skein::testing::run([]() -> task<> {
        std::string received;
        this_network().listen("example.test", 7, [&](server_stream& client) -> task<> {
            co_await skein::sleep(1s);
            for (;;) {
                const auto piece = co_await client.read();
                if (piece.empty()) co_return;
                received += piece;
            }
        });
        skein::testing::link narrow;
        narrow.window_bytes = 10;
        this_network().set_link(narrow);
        auto s = co_await skein::connect("example.test", 7);
        auto first = skein::create_task(s.write(std::string(50, 'a')));
        auto second = skein::create_task(s.write("never"));
        auto third = skein::create_task(s.write("third"));
        co_await skein::sleep(1ms);
        second.cancel();
        co_await third;
        co_await first;
        s.close();
        co_await skein::sleep(1s);
        CHECK(received == std::string(50, 'a') + "third");
    });
}

TEST_CASE("streams: what nobody reads stays with the peer, beyond 256 KiB and what is under way") {
    skein::testing::run([]() -> task<> {
        std::size_t written = 0;
        this_network().listen("example.test", 7, [&](server_stream& client) -> task<> {
            for (int i = 0; i < 1024; ++i) {
                co_await client.write(std::string(1024, 'x'));
                written += 1024;
            }
        });
        auto s = co_await skein::connect("example.test", 7);
        co_await skein::sleep(1s);
        CHECK(written > 200 * 1024);
        CHECK(written < 500 * 1024);
        const auto all = co_await read_all(s);
        CHECK(all.size() == 1024 * 1024);
    });
}

TEST_CASE("streams: two tasks that read at the same time are told") {
    skein::testing::run([]() -> task<> {
        this_network().set_link(slow_link());
        listen_and_say("text");
        auto s = co_await skein::connect("example.test", 7);
        CHECK(s.peer() == "10.0.0.1:7");
        CHECK(s.tls_version() == "");
        auto reading = skein::create_task(s.read_exactly(4));
        co_await skein::sleep(1ms);
        const auto second = co_await words_of<std::logic_error>(s.read());
        CHECK(mentions(second, "two tasks read one stream"));
        const auto first = co_await reading;
        CHECK(first == "text");
        const auto end = co_await s.read();
        CHECK(end == "");
    });
}

TEST_CASE("streams: close() ends those who wait, and is the end") {
    skein::testing::run([]() -> task<> {
        this_network().listen("example.test", 7, echo);
        auto s = co_await skein::connect("example.test", 7);
        auto reading = skein::create_task(s.read());
        co_await skein::yield();
        s.close();
        const auto words = co_await words_of<skein::disconnected_error>(
            [](skein::future<std::string> f) -> task<std::string> { co_return co_await f; }(reading));
        CHECK(mentions(words, "closed on this side"));
        const auto read = co_await words_of<std::logic_error>(s.read());
        CHECK(mentions(read, "read(): the stream to example.test:7 [10.0.0.1:7] is closed"));
        const auto write = co_await words_of<std::logic_error>(s.write("x"));
        CHECK(mentions(write, "is closed"));
        s.close();
        auto moved = std::move(s);
        CHECK_THROWS_AS((void)s.peer(), std::logic_error);
        CHECK_THROWS_AS((void)s.read(), std::logic_error);
    });
}

TEST_CASE("streams: a handle that goes while a task reads ends that, too") {
    skein::testing::run([]() -> task<> {
        this_network().listen("example.test", 7, echo);
        std::optional<stream> s = co_await skein::connect("example.test", 7);
        auto reading = skein::create_task(s->read());
        co_await skein::yield();
        s.reset();
        const auto words = co_await words_of<skein::disconnected_error>(
            [](skein::future<std::string> f) -> task<std::string> { co_return co_await f; }(reading));
        CHECK(words != "");
        CHECK(this_network().open_connections() == 0);
    });
}

TEST_CASE("streams: one that outlives its loop is closed, and says why it cannot be used") {
    std::optional<stream> kept;
    skein::testing::simulation simulation;
    simulation.run([&]() -> task<> {
        this_network().listen("example.test", 7, echo);
        kept = co_await skein::connect("example.test", 7);
    });
    CHECK(simulation.network().open_connections() == 0);
    simulation.run([&]() -> task<> {
        const auto words = co_await words_of<std::logic_error>(kept->read());
        CHECK(mentions(words, "the loop of the stream to example.test:7"));
    });
}

TEST_CASE("streams: a reset gives first what had come, then an error that names the peer") {
    skein::testing::run([]() -> task<> {
        this_network().listen("example.test", 7, [](server_stream& client) -> task<> {
            co_await client.write("last words");
            co_await skein::sleep(1s);
            client.reset();
        });
        auto s = co_await skein::connect("example.test", 7);
        co_await skein::sleep(2s);
        const auto came = co_await s.read();
        CHECK(came == "last words");
        for (int i = 0; i < 2; ++i) {
            const auto words = co_await words_of<skein::disconnected_error>(s.read());
            CHECK(mentions(words, "example.test:7 [10.0.0.1:7]"));
            CHECK(mentions(words, std::make_error_code(std::errc::connection_reset).message()));
        }
        const auto write = co_await words_of<skein::disconnected_error>(s.write(std::string(100'000, 'x')));
        CHECK(mentions(write, "writing to example.test:7"));
    });
}

TEST_CASE("streams: each side may end its direction first") {
    skein::testing::run([]() -> task<> {
        this_network().listen("example.test", 7, [](server_stream& client) -> task<> {
            const auto all = co_await client.read_until("!");
            const auto end = co_await client.read();
            CHECK(end == "");
            co_await skein::sleep(1s);
            co_await client.write("got " + all);
        });
        this_network().listen("example.test", 8, [](server_stream& client) -> task<> {
            client.end_writing();
            const auto all = co_await client.read_until("!");
            CHECK(all == "still here!");
        });
        auto s = co_await skein::connect("example.test", 7);
        co_await write_and_end(s, "this!");
        const auto answer = co_await read_all(s);
        CHECK(answer == "got this!");
        auto t = co_await skein::connect("example.test", 8);
        const auto end = co_await t.read();
        CHECK(end == "");
        co_await skein::sleep(1s);
        co_await t.write("still here!");
        co_await t.shutdown();
    });
}

// ---- connecting

TEST_CASE("streams: errors of connecting are those of a request") {
    skein::testing::run([]() -> task<> {
        auto& network = this_network();
        network.add_name("example.test", {"10.0.0.7", "10.0.0.8"});
        network.swallow("slow.test", 7);
        try {
            (void)co_await skein::connect("example.test", 7);
            FAIL("nobody listens");
        } catch (const skein::connect_error& e) {
            CHECK(mentions(e.what(), "10.0.0.7:7"));
            CHECK(mentions(e.what(), "10.0.0.8:7"));
            CHECK(e.host() == "example.test");
            CHECK(e.port() == 7);
            REQUIRE(e.report() != nullptr);
            REQUIRE(e.report()->attempt_list.size() == 1);
            CHECK(e.report()->attempt_list[0].connects.size() == 2);
        }
        const auto unknown = co_await words_of<skein::resolve_error>(skein::connect("none.test", 7));
        CHECK(mentions(unknown, "none.test"));
        skein::connect_options soon;
        soon.timeout.connect = 1s;
        const auto late = co_await words_of<skein::timeout_error>(skein::connect("slow.test", 7, soon));
        CHECK(mentions(late, "limit connect 1 s"));
        skein::connector_options careful;
        careful.address_policy = skein::address_policy::public_only();
        const auto refused = co_await words_of<skein::connect_error>(
            skein::connect("example.test", 7, skein::connect_options(), careful));
        CHECK(mentions(refused, "address policy"));
        for (const char* bad : {"", "a/b", "user@host", "a:b", "[::1]", "host:80", "a b", "a?b", "a#b"})
            CHECK_THROWS_AS((void)skein::connect(bad, 7), skein::invalid_url);
        CHECK_THROWS_AS((void)skein::connect_unix(""), std::invalid_argument);
    });
}

TEST_CASE("streams: Unix sockets, by path") {
    skein::testing::run([]() -> task<> {
        this_network().listen_unix("/run/it", echo);
        auto s = co_await skein::connect_unix("/run/it");
        CHECK(s.peer() == "unix:/run/it");
        co_await write_and_end(s, "text");
        const auto all = co_await read_all(s);
        CHECK(all == "text");
        const auto words = co_await words_of<skein::connect_error>(skein::connect_unix("/run/none"));
        CHECK(mentions(words, "unix:/run/none"));
    });
}

TEST_CASE("streams: TLS, whose end is announced in both directions, and after which there may be more") {
    skein::testing::run([]() -> task<> {
        bool saw_goodbye = false;
        this_network().listen("example.test", 7, [&](server_stream& wire) -> task<> {
            skein::test::recipe what;
            what.names = {"DNS:example.test"};
            skein::test::server_options options;
            options.chain = {skein::test::issue(what, &test_root())};
            skein::test::tls_server engine(options);
            while (!engine.saw_close_notify()) {
                const auto piece = co_await wire.read();
                REQUIRE(piece != "");
                engine.feed(piece);
                engine.step();
                co_await wire.write(engine.take());
            }
            saw_goodbye = true;
            const auto end = co_await wire.read();
            CHECK(end == "");
            engine.write("you said " + engine.received());
            co_await wire.write(engine.take());
        });
        skein::connect_options how;
        how.tls = trusting_tests();
        auto s = co_await skein::connect("example.test", 7, how);
        CHECK(s.tls_version() == "TLSv1.3");
        CHECK(s.tls_cipher() != "");
        const std::string text = numbered(200'000);
        co_await write_and_end(s, text);
        const auto got = co_await s.read_exactly(9 + text.size());
        CHECK(got == "you said " + text);
        CHECK(saw_goodbye);
        // The server closed without a word: what came may be cut.
        const auto words = co_await words_of<skein::disconnected_error>(s.read());
        CHECK(mentions(words, "example.test:7"));
    });
}

TEST_CASE("streams: through proxies of both kinds, http in a tunnel, too") {
    for (const bool socks : {false, true}) {
        skein::testing::run([&]() -> task<> {
            proxy_log log;
            proxy_plan plan;
            session_options options;
            if (socks) {
                listen_as_socks("proxy.test", 3128, log, plan);
                options.proxy = "socks5h://proxy.test:3128";
            } else {
                listen_as_proxy("proxy.test", 3128, log, plan);
                options.proxy = "http://proxy.test:3128";
            }
            client_session session(options);
            skein::connect_options how;
            how.proxy = options.proxy;
            for (const bool alone : {false, true}) {
                std::optional<stream> s;
                if (alone)
                    s = co_await skein::connect("example.test", 8080, how);
                else
                    s = co_await session.connect("example.test", 8080);
                co_await s->write("GET /x HTTP/1.1\r\n\r\n");
                const auto head = co_await s->read_until("\r\n\r\n");
                CHECK(mentions(*head, "200"));
            }
            REQUIRE(log.asked.size() == 2);
            if (socks)
                CHECK(log.asked[0] == "example.test:8080");
            else
                CHECK(log.asked[0].starts_with("CONNECT example.test:8080 HTTP/1.1\r\n"));
            CHECK(log.forwarded.empty());
            CHECK(log.tunnelled.size() == 2);
        });
    }
}

TEST_CASE("streams: those of a session count towards its limits, and are none of its connections") {
    skein::testing::run([]() -> task<> {
        this_network().listen("example.test", 80, echo_target);
        session_options options;
        options.connector.limit = 1;
        client_session session(options);
        co_await fetch_target(session, "/one");
        CHECK(session.stats().idle == 1);
        {
            auto s = co_await session.connect("example.test", 80);  // the idle one makes room
            CHECK(session.stats().idle == 0);
            CHECK(session.stats().open == 1);
            auto waiting = skein::create_task(fetch_target(session, "/two"));
            co_await skein::sleep(1s);
            CHECK(session.stats().waiting == 1);
            skein::connect_options soon;
            soon.timeout.pool = 1s;
            const auto words =
                co_await words_of<skein::timeout_error>(session.connect("example.test", 80, soon));
            CHECK(mentions(words, "limit pool 1 s"));
            s.close();
            co_await waiting;
        }
        CHECK(session.stats().open == 1);
        co_await session.close();
        CHECK_THROWS_AS((void)session.connect("example.test", 80), std::logic_error);
    });
}

TEST_CASE("streams: one of a session goes on when that is closed or gone") {
    skein::testing::run([]() -> task<> {
        this_network().listen("example.test", 7, echo);
        std::optional<client_session> session;
        session.emplace();
        auto s = co_await session->connect("example.test", 7);
        co_await session->close();
        session.reset();
        co_await write_and_end(s, "text");
        const auto all = co_await read_all(s);
        CHECK(all == "text");
    });
}

TEST_CASE("streams: every fault at every wait of opening one in a session") {
    proxy_log log;
    proxy_plan plan;
    sweep("opening", [&]() -> task<> {
        this_network().set_link(slow_link());
        listen_as_proxy("proxy.test", 3128, log, plan);
        session_options options;
        options.proxy = "http://proxy.test:3128";
        options.tls = trusting_tests();
        client_session session(options);
        {
            const pool_check check(session);
            skein::connect_options how;
            how.tls = trusting_tests();
            auto s = co_await session.connect("example.test", 443, how);
            co_await s.write("GET /x HTTP/1.1\r\n\r\n");
            const auto head = co_await s.read_until("\r\n\r\n");
            if (head) CHECK(head->find("200") != head->npos);
        }
    });
}
