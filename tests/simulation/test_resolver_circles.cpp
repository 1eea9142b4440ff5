// Resolvers of the program's own that make requests themselves: what works, and that none waits for itself.
#include "sweep.hpp"

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace simulation;
using namespace skein;
using namespace std::chrono_literals;

namespace {

using addresses = std::vector<ip_address>;

/// A session whose resolver is a coroutine of the test's.
struct asking_session {
    explicit asking_session(std::function<task<addresses>(std::string)> how) : resolver(std::move(how)) {
        session_options options;
        options.connector.resolver = [this](std::string host) { return resolver(std::move(host)); };
        session.emplace(options);
    }
    std::function<task<addresses>(std::string)> resolver;
    std::optional<client_session> session;
};

addresses one_address() {
    return addresses(1, ip_address("10.0.7.1"));
}

task<std::string> text_of(client_session& session, std::string url) {
    auto got = co_await session.get(url);
    co_return co_await got.text();
}

/// What std::logic_error says that the request ends with; else the body.
task<std::string> outcome_of(client_session& session, std::string url) {
    try {
        co_return co_await text_of(session, url);
    } catch (const std::logic_error& e) {
        co_return e.what();
    }
}

const std::string a_waits_for_itself =
    "the lookup of host 'a.test' would wait for itself: the resolver makes a request that needs it while it "
    "is asked for 'a.test'";

}  // namespace

TEST_CASE("resolver circles: one that asks its session for the same host is told at once") {
    testing::run([]() -> task<> {
        this_network().listen("10.0.7.1", 80, echo_target);
        client_session* session = nullptr;
        asking_session made([&](std::string host) -> task<addresses> {
            (void)co_await text_of(*session, "http://" + host + "/inside");
            co_return one_address();
        });
        session = &*made.session;
        const auto words = co_await outcome_of(*session, "http://a.test/");
        CHECK(words == a_waits_for_itself);
        CHECK(testing::elapsed() == 0s);
        CHECK(session->stats().open == 0);
        const auto again = co_await outcome_of(*session, "http://a.test/");
        CHECK(again == a_waits_for_itself);
    });
}

TEST_CASE("resolver circles: it may go on without that answer, and so do those who wait for the lookup") {
    testing::run([]() -> task<> {
        this_network().listen("10.0.7.1", 80, echo_target);
        client_session* session = nullptr;
        std::string words;
        asking_session made([&](std::string host) -> task<addresses> {
            co_await sleep(1s);
            words = co_await outcome_of(*session, "http://" + host + "/inside");
            co_return one_address();
        });
        session = &*made.session;
        std::vector<task<std::string>> both;
        both.push_back(text_of(*session, "http://a.test/one"));
        both.push_back(text_of(*session, "http://a.test/two"));
        const auto got = co_await gather(std::move(both));
        CHECK(got == std::vector<std::string>{"/one", "/two"});
        CHECK(words == a_waits_for_itself);
        CHECK(session->stats().dns_misses == 1);
    });
}

TEST_CASE("resolver circles: a request in another task that the resolver has started is known, too") {
    testing::run([]() -> task<> {
        client_session* session = nullptr;
        asking_session made([&](std::string host) -> task<addresses> {
            (void)co_await wait_for(text_of(*session, "http://" + host + "/"), 10s);
            co_return one_address();
        });
        session = &*made.session;
        const auto words = co_await outcome_of(*session, "http://a.test/");
        CHECK(words == a_waits_for_itself);
        CHECK(testing::elapsed() == 0s);
    });
}

TEST_CASE("resolver circles: of two hosts that need each other, whoever closes the circle is told") {
    testing::run([]() -> task<> {
        client_session* session = nullptr;
        asking_session made([&](std::string host) -> task<addresses> {
            co_await sleep(1s);
            const std::string other = host == "a.test" ? "b.test" : "a.test";
            (void)co_await text_of(*session, "http://" + other + "/");
            co_return one_address();
        });
        session = &*made.session;
        const std::string says =
            "the lookup of host 'a.test' would wait for itself: the resolver makes a request that needs it "
            "while it is asked for 'b.test'";
        // One that begins the other, and two that have begun already.
        const auto alone = co_await outcome_of(*session, "http://a.test/");
        CHECK(alone == says);
        std::vector<task<std::string>> both;
        both.push_back(outcome_of(*session, "http://a.test/"));
        both.push_back(outcome_of(*session, "http://b.test/"));
        const auto got = co_await gather(std::move(both));
        CHECK(got[0] == says);
        CHECK(got[1] == says);
    });
}

TEST_CASE("resolver circles: two sessions whose resolvers ask each other") {
    testing::run([]() -> task<> {
        client_session* sessions[2] = {};
        const auto asks = [&](int which) {
            return [&, which](std::string host) -> task<addresses> {
                (void)co_await text_of(*sessions[which], "http://" + host + "/");
                co_return one_address();
            };
        };
        asking_session one(asks(1));
        asking_session two(asks(0));
        sessions[0] = &*one.session;
        sessions[1] = &*two.session;
        const auto words = co_await outcome_of(*one.session, "http://a.test/");
        CHECK(words == a_waits_for_itself);
        CHECK(testing::elapsed() == 0s);
    });
}

TEST_CASE(
    "resolver circles: what is none goes well: other hosts, hosts that others ask for, later requests") {
    testing::run([]() -> task<> {
        this_network().listen("10.0.7.1", 80, echo_target);
        client_session* session = nullptr;
        std::optional<future<std::string>> left_behind;
        const auto ask_later = [&](std::string url) -> task<std::string> {
            co_await sleep(1h);
            co_return co_await outcome_of(*session, std::move(url));
        };
        asking_session made([&](std::string host) -> task<addresses> {
            co_await sleep(1s);
            if (host == "dns.test") co_return one_address();
            (void)co_await text_of(*session, "http://dns.test/" + host);
            if (!left_behind) left_behind = create_task(ask_later("http://" + host + "/later"));
            co_return one_address();
        });
        session = &*made.session;
        std::vector<task<std::string>> all;
        for (const char* url : {"http://a.test/1", "http://b.test/2", "http://dns.test/3", "http://a.test/4"})
            all.push_back(outcome_of(*session, url));
        const auto got = co_await gather(std::move(all));
        CHECK(got == std::vector<std::string>{"/1", "/2", "/3", "/4"});
        CHECK(session->stats().dns_misses == 3);
        const auto later = co_await std::move(*left_behind);
        CHECK(later == "/later");
    });
}

TEST_CASE("resolver circles: every fault at every wait of a resolver that asks its session") {
    sweep("a resolver that asks", []() -> task<> {
        this_network().listen("10.0.7.1", 80, echo_target);
        client_session* session = nullptr;
        asking_session made([&](std::string host) -> task<addresses> {
            co_await sleep(1s);
            if (host == "dns.test") co_return one_address();
            (void)co_await text_of(*session, "http://dns.test/" + host);
            const auto words = co_await outcome_of(*session, "http://" + host + "/inside");
            CHECK(words == a_waits_for_itself);
            co_return one_address();
        });
        session = &*made.session;
        const auto got = co_await text_of(*session, "http://a.test/x");
        CHECK(got == "/x");
    });
}
