// Raw streams: what is read and written, in pieces of every size, under every fault.
#include "streams.hpp"

#include <algorithm>
#include <stdexcept>
#include <vector>

using namespace simulation;
using namespace std::chrono_literals;

namespace {

/// Says what it is told.
void listen_and_say(std::string_view text) {
    this_network().listen("example.test", 7,
                          [said = std::string(text)](server_stream& client) { return client.write(said); });
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
        set_largest_piece(1);
        listen_and_say("one\ntwo\r\n\n\r\nth\rree");
        auto s = co_await skein::connect("example.test", 7);
        std::vector<std::string> lines;
        while (auto line = co_await s.read_line()) lines.push_back(*line);
        CHECK(lines == std::vector<std::string>{"one", "two", "", "", "th\rree"});
    });
}

TEST_CASE("streams: a mark is found across pieces, and what overlaps it is not lost") {
    for (const std::size_t piece : {1U, 2U, 3U, 100U}) {
        skein::testing::run([&]() -> task<> {
            set_largest_piece(piece);
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
    for (const std::size_t piece : {1U, 5U, 100U}) {
        skein::testing::run([&]() -> task<> {
            set_largest_piece(piece);
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
        listen_and_keep(received, 1s);
        set_window(100);
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
        listen_and_keep(received);
        set_window(10);
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
        listen_and_keep(received, 1s);
        set_window(10);
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

TEST_CASE("streams: a shutdown that is given up before its turn has not been; after it, it has") {
    skein::testing::run([]() -> task<> {
        std::string received;
        bool ended = false;
        this_network().listen("example.test", 7, [&](server_stream& client) -> task<> {
            co_await skein::sleep(1s);
            co_await keep_all(client, received);
            ended = true;
            co_await skein::sleep(1h);
        });
        set_window(10);
        auto s = co_await skein::connect("example.test", 7);
        auto writing = skein::create_task(s.write(std::string(50, 'a')));
        auto given_up = skein::create_task(s.shutdown());
        co_await skein::sleep(1ms);
        const auto early = co_await words_of<std::logic_error>(s.write("too late"));
        CHECK(mentions(early, "after shutdown()"));
        given_up.cancel();
        co_await writing;
        co_await s.write("not too late");
        co_await s.shutdown();
        co_await skein::sleep(1s);
        CHECK(ended);
        CHECK(received == std::string(50, 'a') + "not too late");
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
