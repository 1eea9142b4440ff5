// Names: what is remembered of them and for how long, lookups that requests share, lookups that never return,
// addresses that the program says itself, resolvers of its own.
#include "addresses.hpp"
#include "sweep.hpp"

#include "client/connection/name_book.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace simulation;
using namespace skein;
using namespace std::chrono_literals;

namespace {

/// Requests do not share connections, so that each needs addresses.
session_options each_alone() {
    session_options options;
    options.connector.force_close = true;
    return options;
}

void serve_name(clock::duration delay = {}) {
    this_network().add_name("example.test", {"10.0.7.1"}, delay);
    this_network().listen("10.0.7.1", 80, echo_target);
}

task<std::string> peer_of(client_session& session, std::string url) {
    auto got = co_await session.get(url);
    (void)co_await got.text();
    co_return got.report().peer;
}

task<std::string> failure_of(client_session& session, std::string url) {
    try {
        (void)co_await session.get(url);
    } catch (const error& e) {
        const std::string words = e.what();
        co_return words.substr(0, words.find(" (GET"));
    }
    co_return "";
}

}  // namespace

TEST_CASE("addresses are remembered for as long as dns_ttl says") {
    testing::run([]() -> task<> {
        serve_name();
        client_session session(each_alone());
        co_await fetch_target(session, "/1");
        co_await sleep(9s);
        co_await fetch_target(session, "/2");
        CHECK(this_network().lookups() == 1);
        co_await sleep(2s);
        co_await fetch_target(session, "/3");
        CHECK(this_network().lookups() == 2);
        CHECK(session.stats().dns_hits == 1);
        CHECK(session.stats().dns_misses == 2);
    });
    testing::run([]() -> task<> {
        serve_name();
        auto options = each_alone();
        options.connector.dns_ttl = 0s;
        client_session session(options);
        for (int i = 0; i < 3; ++i) co_await fetch_target(session, "/");
        CHECK(this_network().lookups() == 3);
    });
    testing::run([]() -> task<> {
        serve_name();
        auto options = each_alone();
        options.connector.dns_ttl = std::chrono::milliseconds::max();
        client_session session(options);
        for (int i = 0; i < 3; ++i) {
            co_await fetch_target(session, "/");
            co_await sleep(1000h);
        }
        CHECK(this_network().lookups() == 1);
    });
}

TEST_CASE("of more names than there is room for the oldest are forgotten") {
    testing::run([]() -> task<> {
        auto options = each_alone();
        options.connector.dns_names = 2;
        client_session session(options);
        for (const char* name : {"a.test", "b.test", "c.test"}) this_network().listen(name, 80, echo_target);
        for (const char* name : {"a.test", "b.test", "c.test", "b.test", "c.test"}) {
            (void)co_await peer_of(session, "http://" + std::string(name) + "/");
            co_await sleep(1s);
        }
        CHECK(this_network().lookups() == 3);
        (void)co_await peer_of(session, "http://a.test/");
        CHECK(this_network().lookups() == 4);
    });
}

TEST_CASE("each use begins with the next address of the same family") {
    using client::rotated;
    const auto all = list({"fd00::1", "fd00::2", "10.0.0.1", "10.0.0.2", "10.0.0.3"});
    CHECK(rotated(all, 0) == all);
    CHECK(rotated(all, 1) == list({"fd00::2", "fd00::1", "10.0.0.2", "10.0.0.3", "10.0.0.1"}));
    CHECK(rotated(all, 5) == list({"fd00::2", "fd00::1", "10.0.0.3", "10.0.0.1", "10.0.0.2"}));
    CHECK(rotated({}, 3).empty());
    testing::run([]() -> task<> {
        this_network().add_name("example.test", {"10.0.7.1", "10.0.7.2", "10.0.7.3"});
        for (const char* one : {"10.0.7.1", "10.0.7.2", "10.0.7.3"})
            this_network().listen(one, 80, echo_target);
        client_session session(each_alone());
        std::string peers;
        for (int i = 0; i < 5; ++i) peers += (co_await peer_of(session, "http://example.test/")).substr(7, 1);
        CHECK(peers == "12312");
    });
}

TEST_CASE("failures are not remembered") {
    testing::run([]() -> task<> {
        this_network().add_broken_name("example.test", "the resolver is on fire");
        client_session session(each_alone());
        CHECK(co_await failure_of(session, "http://example.test/") ==
              "cannot resolve host 'example.test': the resolver is on fire");
        CHECK(co_await failure_of(session, "http://nowhere.test/") ==
              "cannot resolve host 'nowhere.test': Name or service not known");
        serve_name();
        co_await fetch_target(session, "/one");
        CHECK(this_network().lookups() == 3);
    });
}

TEST_CASE("requests for one name share a lookup, whoever of them is cancelled") {
    testing::run([]() -> task<> {
        serve_name(2s);
        client_session session(each_alone());
        auto first = create_task(fetch_target(session, "/1"));
        auto second = create_task(fetch_target(session, "/2"));
        co_await sleep(1s);
        auto third = create_task(fetch_target(session, "/3"));
        co_await yield();
        first.cancel();
        third.cancel();
        co_await second;
        CHECK(testing::elapsed() == 2s);
        CHECK(first.cancelled());
        CHECK(third.cancelled());
        CHECK(this_network().lookups() == 1);
        CHECK(session.stats().dns_hits == 2);
    });
}

TEST_CASE("a lookup that nobody waits for any more is given up; the next request begins another one") {
    testing::run([]() -> task<> {
        bool given_up = false;
        int asked = 0;
        auto options = each_alone();
        options.connector.resolver = [&](std::string) -> task<std::vector<ip_address>> {
            ++asked;
            try {
                if (asked == 1) co_await sleep(1h);
            } catch (const cancelled_error&) {
                given_up = true;
                throw;
            }
            co_return std::vector<ip_address>(1, ip_address("10.0.7.1"));
        };
        serve_name();
        client_session session(options);
        auto first = create_task(fetch_target(session, "/1"));
        auto second = create_task(fetch_target(session, "/2"));
        co_await sleep(1s);
        first.cancel();
        co_await sleep(1s);
        CHECK_FALSE(given_up);
        second.cancel();
        co_await sleep(1s);
        CHECK(given_up);
        CHECK(second.cancelled());
        co_await fetch_target(session, "/3");
        CHECK(asked == 2);
        CHECK(testing::elapsed() == 3s);
    });
}

TEST_CASE("a lookup that is given up, and takes its time to end, is nobody else's any more") {
    testing::run([]() -> task<> {
        int asked = 0;
        auto options = each_alone();
        options.connector.resolver = [&](std::string) -> task<std::vector<ip_address>> {
            const auto look = [&]() -> task<> { co_await sleep(asked == 1 ? 1h : 0s); };
            const auto end = [] { return sleep(10s); };
            ++asked;
            co_await with_cleanup(look, end);
            co_return std::vector<ip_address>(1, ip_address("10.0.7.1"));
        };
        serve_name();
        client_session session(options);
        auto first = create_task(fetch_target(session, "/1"));
        co_await sleep(1s);
        first.cancel();
        co_await sleep(1s);  // it still cleans up
        co_await fetch_target(session, "/2");
        CHECK(asked == 2);
        CHECK(testing::elapsed() == 12s);
    });
}

TEST_CASE("a lookup has a limit of its own, and one that others wait for longer goes on") {
    testing::run([]() -> task<> {
        serve_name(3s);
        client_session session(each_alone());
        auto patient = create_task(fetch_target(session, "/1"));
        timeouts short_one;
        short_one.dns = 1s;
        try {
            (void)co_await session.get("http://example.test/").timeout(short_one);
            FAIL_CHECK("it was not that quick");
        } catch (const timeout_error& e) {
            CHECK(e.phase() == phase::dns);
            CHECK(
                std::string(e.what()).starts_with("timed out resolving host 'example.test': limit dns 1 s"));
        }
        CHECK(testing::elapsed() == 1s);
        co_await patient;
        CHECK(this_network().lookups() == 1);
    });
}

TEST_CASE("five lookups that never return hold up nobody else") {
    testing::run([]() -> task<> {
        serve_name();
        client_session session(each_alone());
        std::vector<future<void>> stuck;
        for (int i = 0; i < 5; ++i) {
            const std::string name = "stuck" + std::to_string(i) + ".test";
            this_network().add_name(name, {"10.0.7.1"}, 1000h);
            const auto fetch = [&session](std::string url) -> task<> {
                (void)co_await session.get(url).timeout(timeouts{});
            };
            stuck.push_back(create_task(fetch("http://" + name + "/")));
        }
        for (int i = 0; i < 10; ++i) co_await fetch_target(session, "/");
        CHECK(testing::elapsed() == 0s);
        for (auto& one : stuck) CHECK_FALSE(one.done());
        for (auto& one : stuck) one.cancel();
        co_await sleep(1ms);
        for (auto& one : stuck) CHECK(one.cancelled());
    });
}

TEST_CASE("lookups, with a fault at each wait: shared, cancelled, failing") {
    sweep("a shared lookup", []() -> task<> {
        this_network().set_link(slow_link());
        serve_name(20ms);
        client_session session(each_alone());
        const pool_check check(session);
        const auto fetch = [&](std::string target) -> task<> {
            try {
                co_await fetch_target(session, target);
            } catch (const error&) {
                if (untouched) throw;
            }
        };
        co_await gather(fetch("/1"), fetch("/2"), fetch("/3"));
        co_await fetch("/4");
        if (untouched) CHECK(this_network().lookups() == 1);
    });
    sweep("a resolver that takes a while to be given up", []() -> task<> {
        this_network().listen("10.0.7.1", 80, echo_target);
        session_options options = each_alone();
        options.connector.resolver = [](std::string host) -> task<std::vector<ip_address>> {
            const auto body = []() -> task<> { co_await sleep(1s); };
            const auto clean_up = []() -> task<> { co_await sleep(1s); };
            co_await with_cleanup(body, clean_up);
            if (host == "broken.test") throw std::runtime_error("it is broken");
            co_return std::vector<ip_address>(1, ip_address("10.0.7.1"));
        };
        client_session session(options);
        const pool_check check(session);
        const auto fail = [&]() -> task<> {
            try {
                (void)co_await session.get("http://broken.test/");
            } catch (const error&) {}
        };
        co_await gather(fetch_target(session, "/1"), fetch_target(session, "/2"), fail(), fail());
    });
}

TEST_CASE("a resolver of the program's own: asked for names only, its errors are resolve_error") {
    testing::run([]() -> task<> {
        std::string asked;
        session_options options;
        options.connector.resolver = [&](std::string host) -> task<std::vector<ip_address>> {
            asked += host + " ";
            co_await yield();
            if (host == "broken.test") throw std::runtime_error("it is broken");
            if (host == "bug.test") throw std::logic_error("a bug");
            if (host == "none.test") co_return std::vector<ip_address>();
            co_return list({"10.0.7.1"});
        };
        this_network().listen("10.0.7.1", 80, echo_target);
        client_session session(options);
        co_await fetch_target(session, "/");
        (void)co_await peer_of(session, "http://10.0.7.1/");
        (void)co_await peer_of(session, "http://EXAMPLE.test./");
        CHECK(co_await failure_of(session, "http://broken.test/") ==
              "cannot resolve host 'broken.test': it is broken");
        CHECK(co_await failure_of(session, "http://none.test/") ==
              "cannot resolve host 'none.test': it has no address");
        CHECK_THROWS_AS(co_await failure_of(session, "http://bug.test/"), std::logic_error);
        CHECK(asked == "example.test example.test. broken.test none.test bug.test ");
        CHECK(this_network().lookups() == 0);
    });
}

TEST_CASE("addresses that the program says itself: for a host, for one of its ports, for an address") {
    testing::run([]() -> task<> {
        session_options options;
        options.connector.hosts = {{"Example.test", list({"10.0.7.1"})},
                                   {"example.test:8080", list({"10.0.7.9", "10.0.7.2"})},
                                   {"10.1.1.1", list({"10.0.7.1"})},
                                   {"[fd00::1]:80", list({"10.0.7.1"})},
                                   {"none.test", {}}};
        this_network().listen("10.0.7.1", 80, echo_target);
        this_network().listen("10.0.7.2", 8080, echo_target);
        client_session session(options);
        CHECK(co_await peer_of(session, "http://example.test/") == "10.0.7.1:80");
        CHECK(co_await peer_of(session, "http://example.test./") == "10.0.7.1:80");
        CHECK(co_await peer_of(session, "http://example.test:8080/") == "10.0.7.2:8080");
        CHECK(co_await peer_of(session, "http://10.1.1.1/") == "10.0.7.1:80");
        CHECK(co_await peer_of(session, "http://[fd00::1]/") == "10.0.7.1:80");
        CHECK(co_await failure_of(session, "http://none.test/") ==
              "cannot resolve host 'none.test': it has no address");
        CHECK(this_network().lookups() == 0);
    });
}

TEST_CASE("traces tell of lookups and of what is remembered, as aiohttp's do") {
    testing::run([]() -> task<> {
        serve_name(1s);
        std::string told;
        auto options = each_alone();
        options.trace = [&](const trace_event& e) {
            const auto kind = to_string(e.kind);
            if (kind.starts_with("dns")) told.append(kind.substr(4)).append(" ").append(e.text).append(", ");
        };
        client_session session(options);
        co_await gather(fetch_target(session, "/1"), fetch_target(session, "/2"));
        CHECK(told ==
              "cache_miss example.test, resolvehost_start example.test, cache_hit example.test, "
              "resolvehost_end , ");
        told.clear();
        co_await fetch_target(session, "/3");
        CHECK(told == "cache_hit example.test, ");
        told.clear();
        (void)co_await peer_of(session, "http://10.0.7.1/");
        CHECK(told.empty());
    });
}

TEST_CASE("what a session remembers of names ends with the loop that it was learnt in") {
    client_session session(each_alone());
    for (const char* address : {"10.0.7.1", "10.0.7.2"}) {
        testing::run([&]() -> task<> {
            this_network().add_name("example.test", {address});
            this_network().listen(address, 80, echo_target);
            const auto peer = co_await peer_of(session, "http://example.test/");
            CHECK(peer == std::string(address) + ":80");
        });
    }
}
