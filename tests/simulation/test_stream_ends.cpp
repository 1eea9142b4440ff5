// How raw streams end: closed here, dropped, left behind by their loop, reset, or one direction after the
// other.
#include "streams.hpp"

#include <optional>
#include <stdexcept>

using namespace simulation;
using namespace std::chrono_literals;

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
