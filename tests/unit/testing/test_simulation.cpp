// The simulation: time, order, deadlocks, and what is left behind.
#include "net/network.hpp"

#include <skein/skein.hpp>
#include <skein/testing_doctest.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using skein::task;
namespace testing = skein::testing;

namespace {

task<> append(std::string& to, char what) {
    to += what;
    co_await skein::yield();
    to += what;
}

/// The order in which eight tasks run twice each.
std::string order_of_eight(std::optional<std::uint64_t> seed) {
    testing::simulation_options options;
    options.seed = seed;
    std::string order;
    testing::run(
        [&]() -> task<> {
            std::vector<task<>> all;
            for (char c = 'a'; c <= 'h'; ++c) all.push_back(append(order, c));
            co_await skein::gather(std::move(all));
        },
        options);
    return order;
}

std::string words_of_deadlock(task<> main) {
    try {
        testing::run(std::move(main));
    } catch (const testing::deadlock_error& e) {
        return e.what();
    }
    return {};
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

SKEIN_TEST_CASE("an hour of sleeps takes no time, and has passed nevertheless") {
    for (int i = 0; i < 3600; ++i) co_await skein::sleep(1s);
    CHECK(testing::elapsed() == 1h);
}

SKEIN_TEST_CASE("a test case that is a coroutine runs each subcase in a fresh simulation") {
    CHECK(testing::elapsed() == 0s);
    SUBCASE("one") {
        co_await skein::sleep(1s);
    }
    SUBCASE("another") {
        co_await skein::sleep(2s);
    }
    CHECK(testing::elapsed() > 0s);
}

TEST_CASE("run() gives what main gives, and throws what it throws") {
    CHECK(testing::run([]() -> task<int> { co_return 7; }) == 7);
    CHECK_THROWS_WITH(testing::run([]() -> task<> {
                          co_await skein::yield();
                          throw std::runtime_error("of main");
                      }),
                      "of main");
}

TEST_CASE("several runs of one simulation go on where the clock stands") {
    testing::simulation world;
    const auto pass = []() -> task<> { co_await skein::sleep(1min); };
    world.run(pass);
    world.run(pass);
    CHECK(world.elapsed() == 2min);
}

TEST_CASE("without a seed, what is ready runs first in, first out") {
    CHECK(order_of_eight({}) == "abcdefghabcdefgh");
}

TEST_CASE("a seed chooses the order: the same seed the same, another one another") {
    std::set<std::string> seen;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto order = order_of_eight(seed);
        CHECK(order == order_of_eight(seed));
        CHECK(order.size() == 16);
        seen.insert(order);
    }
    CHECK(seen.size() == 20);
}

TEST_CASE("everybody waits for ever: an error that says who, and everything has unwound") {
    int unwound = 0;
    struct at_end {
        int& count;
        ~at_end() { ++count; }
    };
    const auto wait_for_ever = [&]() -> task<> {
        const at_end count{unwound};
        skein::promise<> never;
        co_await never.get_future();
    };
    const auto body = [&]() -> task<> {
        auto other = skein::create_task(wait_for_ever(), "the other one");
        co_await wait_for_ever();
    };
    const auto words = words_of_deadlock(body());
    CHECK(has(words, "everybody waits for ever"));
    CHECK(has(words, "main task"));
    CHECK(has(words, "task \"the other one\""));
    CHECK(has(words, "created in "));
    CHECK(has(words, "(test_simulation.cpp:"));
    CHECK(unwound == 2);
}

TEST_CASE("a deadlock behind a shield is found and unwound too") {
    const auto wait_for_ever = []() -> task<> {
        skein::promise<> never;
        co_await never.get_future();
    };
    const auto body = [&]() -> task<> { co_await skein::shield(wait_for_ever()); };
    CHECK(has(words_of_deadlock(body()), "everybody waits for ever"));
}

TEST_CASE("a run that never ends is a deadlock as well") {
    testing::simulation_options options;
    options.most_steps = 1000;
    const auto spin = []() -> task<> {
        for (;;) co_await skein::yield();
    };
    CHECK_THROWS_AS(testing::run(spin, options), testing::deadlock_error);
    const auto tick = []() -> task<> {
        for (;;) co_await skein::sleep(1s);
    };
    CHECK_THROWS_AS(testing::run(tick, options), testing::deadlock_error);
}

TEST_CASE("after a deadlock, the simulation runs on") {
    testing::simulation world;
    const auto stuck = []() -> task<> {
        skein::promise<> never;
        co_await never.get_future();
    };
    CHECK_THROWS_AS(world.run(stuck), testing::deadlock_error);
    CHECK(world.run([]() -> task<int> { co_return 1; }) == 1);
}

TEST_CASE("what runs in the background is cancelled at the end, and what that starts as well") {
    int ended = 0;
    const auto background = [&]() -> task<> {
        const auto sleep_long = []() -> task<> { co_await skein::sleep(24h); };
        const auto clean_up = [&]() -> task<> {
            co_await skein::sleep(1s);
            ++ended;
        };
        co_await skein::with_cleanup(sleep_long, clean_up);
    };
    testing::run([&]() -> task<> {
        skein::create_task(background());
        skein::create_task(background());
        co_await skein::yield();
    });
    CHECK(ended == 2);
    CHECK(testing::elapsed() == 1s);
}

TEST_CASE("one loop a thread; no network outside a simulation") {
    testing::simulation world;
    CHECK_THROWS_AS(testing::simulation(), std::logic_error);
    CHECK_THROWS_AS(skein::run([]() -> task<> { co_return; }), std::logic_error);
    CHECK(testing::this_network().open_connections() == 0);
}

TEST_CASE("this_network() outside a simulation is a logic_error") {
    CHECK_THROWS_AS((void)testing::this_network(), std::logic_error);
}

TEST_CASE("an exception that nobody can receive goes to the handler of the options") {
    std::vector<std::string> told;
    testing::simulation_options options;
    options.exception_handler = [&](std::string_view context, const std::exception_ptr&) {
        told.emplace_back(context);
    };
    testing::run(
        []() -> task<> {
            skein::create_task([]() -> task<> { throw std::runtime_error("lost"); });
            co_await skein::sleep(1s);
        },
        options);
    REQUIRE(told.size() == 1);
    CHECK(has(told[0], "exception of a task that nobody awaited"));
}

TEST_CASE("a connection that is left open is noticed") {
    testing::simulation world;
    world.network().listen("10.0.9.9", 7,
                           [](testing::server_stream& client) -> task<> { (void)co_await client.read(); });
    std::unique_ptr<skein::net::stream> kept;
    CHECK_THROWS_WITH_AS(world.run([&]() -> task<> {
        const auto to = skein::net::address::parse("10.0.9.9", 7);
        kept = co_await skein::net::network::current().connect(*to, skein::net::plain_socket);
    }),
                         doctest::Contains("left behind: connections, 1 of them open"), std::logic_error);
    kept.reset();
    world.run([]() -> task<> { co_return; });
}

SKEIN_TEST_CASE("to_thread() makes its call in the simulation's own thread, after what is ready already") {
    std::string order;
    const auto note = [&](char what) -> task<> {
        order += what;
        co_return;
    };
    auto before = skein::create_task(note('a'));
    const auto here = std::this_thread::get_id();
    const auto call = [&] {
        order += 'b';
        return std::this_thread::get_id() == here;
    };
    const bool same = co_await skein::to_thread(call);
    CHECK(same);
    CHECK(order == "ab");
    co_await before;
}

SKEIN_TEST_CASE("a call of to_thread() that is cancelled before its turn is not made") {
    bool called = false;
    const auto call = [&] { called = true; };
    auto waiting = skein::create_task(skein::to_thread(call));
    const auto cancel = [&]() -> task<> {
        waiting.cancel();
        co_return;
    };
    auto cancelling = skein::create_task(cancel());  // its turn comes between those of the task and the call
    CHECK_THROWS_AS((void)co_await waiting, skein::cancelled_error);
    CHECK_FALSE(called);
    co_await cancelling;
}

SKEIN_TEST_CASE("what needs libuv's loop is a logic_error") {
    CHECK_THROWS_AS(co_await skein::wait_readable(0), std::logic_error);
}
