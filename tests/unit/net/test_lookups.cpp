// Lookups in threads: some that never return, more than there may be at once, given up, failed.
#include "net/resolver.hpp"

#include <skein/skein.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace skein;
using namespace std::chrono_literals;

namespace {

// Answers names with an address; one that begins with "never" waits until everybody is let go. Outlives its
// object in the threads that have it.
struct directory {
    std::mutex mutex;
    std::condition_variable changed;
    bool open = false;
    unsigned running = 0;
    unsigned most_running = 0;
    unsigned asked = 0;

    net::lookup_answer answer(const std::string& host) {
        std::unique_lock lock(mutex);
        ++asked;
        most_running = std::max(most_running, ++running);
        changed.notify_all();
        if (host.starts_with("never")) changed.wait(lock, [&] { return open; });
        --running;
        changed.notify_all();
        if (host == "broken.test") throw std::runtime_error("the directory is on fire");
        if (host == "unknown.test")
            return {{}, "no such name", std::make_error_code(std::errc::no_such_device)};
        if (host == "empty.test") return {};
        return {{ip_address("10.0.0.1")}, {}, {}};
    }
    void wait_until_running(unsigned count) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return running == count; });
    }
    /// And waits until nobody is in here any more.
    void let_go() {
        std::unique_lock lock(mutex);
        open = true;
        changed.notify_all();
        changed.wait(lock, [&] { return running == 0; });
    }
};

struct fixture {
    std::shared_ptr<directory> names = std::make_shared<directory>();
    std::unique_ptr<net::resolver> resolver;
    explicit fixture(unsigned most_threads) {
        const auto ask = [names = names](const std::string& host, address_family) {
            return names->answer(host);
        };
        resolver = net::make_thread_resolver(ask, most_threads);
    }
    ~fixture() { names->let_go(); }

    future<std::vector<ip_address>> ask(std::string host) const {
        return create_task(resolver->resolve(std::move(host), address_family::any));
    }
};

task<std::string> failure_of(task<std::vector<ip_address>> lookup) {
    try {
        (void)co_await std::move(lookup);
    } catch (const resolve_error& e) {
        co_return e.what();
    }
    co_return "";
}

}  // namespace

TEST_CASE("lookups that never return do not hold up the others, nor the end of the loop") {
    fixture f(8);
    const auto body = [&]() -> task<> {
        for (int i = 0; i < 5; ++i) (void)f.ask("never" + std::to_string(i));
        for (int i = 0; i < 50; ++i) {
            const auto found = co_await f.resolver->resolve("there.test", address_family::any);
            CHECK(found == std::vector<ip_address>(1, ip_address("10.0.0.1")));
        }
    };
    run(body);
    CHECK(f.names->asked >= 51);
}

TEST_CASE("more lookups than threads wait in line, and all are answered") {
    fixture f(4);
    const auto body = [&]() -> task<> {
        std::vector<future<std::vector<ip_address>>> all;
        for (int i = 0; i < 40; ++i) all.push_back(f.ask(i < 4 ? "never" : "there" + std::to_string(i)));
        co_await yield();
        co_await yield();
        f.names->wait_until_running(4);
        CHECK(f.names->asked == 4);
        f.names->let_go();
        for (auto& one : all) {
            const auto found = co_await one;
            CHECK(found.size() == 1);
        }
    };
    run(body);
    CHECK(f.names->asked == 40);
    CHECK(f.names->most_running <= 4);
}

TEST_CASE("a lookup that is given up while it waits in line never begins") {
    fixture f(1);
    const auto body = [&]() -> task<> {
        auto first = f.ask("never");
        auto second = f.ask("second.test");
        auto third = f.ask("third.test");
        co_await yield();
        co_await yield();
        f.names->wait_until_running(1);
        second.cancel();
        co_await yield();
        CHECK(second.cancelled());
        f.names->let_go();
        const auto found = co_await third;
        CHECK(found.size() == 1);
        (void)co_await first;
    };
    run(body);
    CHECK(f.names->asked == 2);
}

TEST_CASE("failures are told: in words, with a code, as an exception, as no address") {
    fixture f(4);
    const auto body = [&]() -> task<> {
        for (const auto& [host, words] : std::vector<std::pair<std::string, std::string>>{
                 {"unknown.test", "cannot resolve host 'unknown.test': no such name"},
                 {"broken.test", "cannot resolve host 'broken.test': the directory is on fire"},
                 {"empty.test", "cannot resolve host 'empty.test': it has no address"}}) {
            const std::string failure = co_await failure_of(f.resolver->resolve(host, address_family::any));
            CHECK(failure == words);
        }
    };
    run(body);
}

TEST_CASE("the system gives addresses of the family that is asked for") {
    const auto body = []() -> task<> {
        const auto found = co_await net::system_resolver().resolve("localhost", address_family::ipv4);
        for (const auto& one : found) CHECK(one.is_v4());
        CHECK_FALSE(found.empty());
    };
    run(body);
}
