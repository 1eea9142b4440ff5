// for_each_wait(): it counts waits, comes to each of them, and notices what goes wrong there.
#include <skein/skein.hpp>
#include <skein/testing_doctest.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using skein::task;
using skein::testing::fault;
using skein::testing::for_each_wait;
using skein::testing::sweep_error;
namespace testing = skein::testing;

namespace {

task<> three_sleeps() {
    co_await skein::sleep(1s);
    co_await skein::sleep(1s);
    co_await skein::sleep(1s);
}

std::string words_of_failure(const std::function<task<>()>& scenario, fault what) {
    try {
        for_each_wait(scenario, what);
    } catch (const sweep_error& e) {
        return e.what();
    }
    return {};
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the waits are counted, and each one is cancelled once") {
    int started = 0;
    int cancelled = 0;
    const auto scenario = [&]() -> task<> {
        ++started;
        try {
            co_await three_sleeps();
        } catch (const skein::cancelled_error&) {
            ++cancelled;
            throw;
        }
    };
    CHECK(for_each_wait(scenario, fault::cancel_main) == 3);
    CHECK(started == 4);
    CHECK(cancelled == 3);
}

TEST_CASE("a time limit, a stall and the cancelling of whoever waits reach a scenario too") {
    CHECK(for_each_wait(three_sleeps, fault::cancel_waiting) == 3);
    CHECK(for_each_wait(three_sleeps, fault::time_out) == 4);  // and the wait for the limited task
    CHECK(for_each_wait(three_sleeps, fault::reset) == 3);
    int late = 0;
    const auto limited = [&]() -> task<> {
        try {
            co_await skein::wait_for(three_sleeps(), 1min);
        } catch (const skein::timeout_error&) {
            ++late;
        }
    };
    CHECK(for_each_wait(limited, fault::stall) == 4);
    CHECK(late == 3);  // at the last wait all has been done in time: a result that is there is delivered
}

TEST_CASE("the check sees how each run ended") {
    std::vector<bool> threw;
    testing::sweep_options options;
    options.check = [&](const std::exception_ptr& outcome) { threw.push_back(outcome != nullptr); };
    const auto swallowing = []() -> task<> {
        co_await skein::yield();
        try {
            co_await skein::sleep(1s);
        } catch (const skein::cancelled_error&) {}
    };
    for_each_wait(swallowing, fault::cancel_main, options);
    CHECK(threw == std::vector<bool>{false, false});
}

TEST_CASE("a scenario that ends with an error nobody expects fails the sweep, which says where") {
    const auto scenario = []() -> task<> {
        co_await skein::yield();
        try {
            co_await skein::sleep(1s);
        } catch (const skein::cancelled_error&) {
            throw std::runtime_error("wrong turn");
        }
    };
    const auto words = words_of_failure(scenario, fault::cancel_main);
    CHECK(has(words, "cancel_main at wait 1: wrong turn"));
}

TEST_CASE("a scenario that hangs after a fault fails the sweep") {
    const auto scenario = []() -> task<> {
        auto done = std::make_shared<skein::promise<>>();
        const auto worker = [](std::shared_ptr<skein::promise<>> told) -> task<> {
            co_await skein::sleep(1s);
            told->set_value();
        };
        auto work = skein::create_task(worker(done), "the worker");
        co_await done->get_future();  // nobody tells if the worker is cancelled
    };
    const auto words = words_of_failure(scenario, fault::cancel_waiting);
    CHECK(has(words, "cancel_waiting at wait 2: everybody waits for ever"));
}

TEST_CASE("a coroutine that is left behind fails the sweep") {
    std::vector<task<>> hoard;
    const auto scenario = [&]() -> task<> {
        try {
            co_await skein::sleep(1s);
        } catch (const skein::cancelled_error&) {
            hoard.push_back(three_sleeps());
        }
    };
    CHECK(has(words_of_failure(scenario, fault::cancel_main), "1 blocks of memory were left behind"));
}

TEST_CASE("a scenario that fails untouched throws its own error") {
    const auto scenario = []() -> task<> {
        co_await skein::yield();
        throw std::runtime_error("of its own");
    };
    testing::sweep_options options;
    options.check = [](const std::exception_ptr&) {};
    CHECK_THROWS_WITH_AS(for_each_wait(scenario, fault::reset, options), "of its own", std::runtime_error);
}

TEST_CASE("a reset reaches connections, attempts to connect and lookups") {
    int failed = 0;
    const auto scenario = [&]() -> task<> {
        testing::link slow;
        slow.latency = 10ms;
        testing::this_network().set_link(slow);
        testing::this_network().listen(
            "example.test", 80, testing::always_answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
        skein::client_session session;
        try {
            auto response = co_await session.get("http://example.test/");
            CHECK(co_await response.text() == "ok");
        } catch (const skein::connection_error&) {
            ++failed;
        }
    };
    const auto waits = for_each_wait(scenario, fault::reset);
    CHECK(waits >= 4);
    CHECK(failed >= 4);
}
