// How fast requests follow each other, and how long connections serve.
#include "sweep.hpp"

#include "client/session/rate_limiter.hpp"

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using namespace simulation;
using namespace std::chrono_literals;

namespace {

using times = std::vector<skein::clock::duration>;

/// A server that notes when each request came, and what it asked for.
struct diary {
    times when = {};
    std::string targets = {};
    std::string answer = response("ok");
};
task<> keep(std::shared_ptr<diary> into, server_stream& client) {
    for (;;) {
        const std::string head = co_await client.read_until("\r\n\r\n");
        into->when.push_back(skein::testing::elapsed());
        into->targets += target_of(head);
        co_await client.write(into->answer);
    }
}
std::shared_ptr<diary> listen(const char* host = "example.test") {
    const auto one = std::make_shared<diary>();
    this_network().listen(host, 80, [one](server_stream& client) { return keep(one, client); });
    return one;
}

task<> get(client_session& session, std::string url) {
    auto got = co_await session.get(url);
    (void)co_await got.text();
}

task<> get_many(client_session& session, std::string host, int count) {
    std::vector<task<>> all;
    for (int i = 0; i < count; ++i) all.push_back(get(session, "http://" + host + "/" + std::to_string(i)));
    co_await skein::gather(std::move(all));
}

session_options limited(double per_second, unsigned burst = 1) {
    session_options options;
    options.rate_limit.per_second = per_second;
    options.rate_limit.burst = burst;
    return options;
}

template <class Fn>
void simulate(Fn scenario) {
    skein::testing::run(scenario);
}

}  // namespace

TEST_CASE("requests to one origin keep their distance, in order; other origins do not wait for them") {
    simulate([]() -> task<> {
        const auto one = listen();
        const auto other = listen("other.test");
        client_session session(limited(2, 3));
        co_await skein::gather(get_many(session, "example.test", 6), get_many(session, "other.test", 3));
        CHECK(one->when == times{0s, 0s, 0s, 500ms, 1s, 1500ms});
        CHECK(one->targets == "/0/1/2/3/4/5");
        CHECK(other->when == times{0s, 0s, 0s});
        co_await skein::sleep(10s);
        co_await get_many(session, "example.test", 4);
        CHECK(one->when[8] == one->when[6]);
        CHECK(one->when[9] == one->when[6] + 500ms);
    });
}

TEST_CASE("waiting for a turn, with a pool of one connection") {
    sweep("rate limit", []() -> task<> {
        this_network().set_link(slow_link());
        const auto server = listen();
        auto options = limited(4, 2);
        options.connector.limit = 1;
        client_session session(options);
        const pool_check check(session);
        co_await get_many(session, "example.test", 5);
        if (untouched) CHECK(server->when.size() == 5);
    });
}

TEST_CASE("who gives up leaves no gap") {
    simulate([]() -> task<> {
        const auto server = listen();
        client_session session(limited(1));
        const auto impatient = [&]() -> task<> {
            try {
                (void)co_await session.get("http://example.test/impatient").timeout(500ms);
                FAIL_CHECK("its turn was later");
            } catch (const skein::timeout_error& e) {
                CHECK(e.phase() == skein::phase::pause);
                CHECK(e.total());
                CHECK(std::string(e.what()).find("waiting for a turn to ask example.test") !=
                      std::string::npos);
            }
        };
        co_await skein::gather(get(session, "http://example.test/a"), impatient(),
                               get(session, "http://example.test/b"));
        CHECK(server->targets == "/a/b");
        CHECK(server->when == times{0s, 1s});
    });
}

TEST_CASE("each hop and each repetition takes a turn") {
    simulate([]() -> task<> {
        const auto server = listen();
        auto options = limited(1);
        options.retry = skein::retry_policy{.attempts = 2, .backoff = 1ms};
        client_session session(options);
        server->answer = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
        co_await get(session, "http://example.test/");
        server->answer = "HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n";
        const auto redirected = [&]() -> task<> {
            (void)co_await session.get("http://example.test/").max_redirects(1);
        };
        CHECK_THROWS_AS(co_await redirected(), skein::too_many_redirects);
        CHECK(server->when == times{0s, 1s, 2s, 3s});
    });
}

TEST_CASE("Retry-After holds up all requests to that origin, if that is wanted") {
    for (const bool wanted : {false, true}) {
        simulate([&]() -> task<> {
            const auto server = listen();
            const auto other = listen("other.test");
            session_options options;
            options.rate_limit.honour_retry_after = wanted;
            client_session session(options);
            server->answer = "HTTP/1.1 429 Slow down\r\nRetry-After: 9\r\nContent-Length: 0\r\n\r\n";
            co_await get(session, "http://example.test/");
            server->answer = response("ok");
            co_await skein::gather(get_many(session, "example.test", 2), get_many(session, "other.test", 2));
            CHECK(server->when == (wanted ? times{0s, 9s, 9s} : times{0s, 0s, 0s}));
            CHECK(other->when == times{0s, 0s});
        });
    }
}

TEST_CASE("a Retry-After of a year holds nobody up for a year") {
    simulate([]() -> task<> {
        const auto server = listen();
        auto options = limited(1000, 5);
        options.rate_limit.honour_retry_after = true;
        options.rate_limit.max_retry_after = 10s;
        client_session session(options);
        server->answer = "HTTP/1.1 503 Closed\r\nRetry-After: 31536000\r\nContent-Length: 0\r\n\r\n";
        co_await get(session, "http://example.test/");
        server->answer = response("ok");
        co_await get_many(session, "example.test", 2);
        CHECK(server->when == times{0s, 10s, 10001ms});
    });
}

TEST_CASE("a session that is closed sends away who waits for a turn") {
    sweep("closed limiter", []() -> task<> {
        const auto server = listen();
        client_session session(limited(1));
        const pool_check check(session);
        const auto wait = [&](std::string url) -> task<> {
            try {
                co_await get(session, url);
            } catch (const std::logic_error&) {
            } catch (const skein::error&) {}
        };
        const auto close = [&]() -> task<> {
            co_await skein::sleep(1500ms);
            co_await session.close();
        };
        co_await skein::gather(wait("http://example.test/a"), wait("http://example.test/b"),
                               wait("http://example.test/c"), wait("http://example.test/d"), close());
        if (untouched) CHECK(server->targets.size() == 4);  // two of them
    });
}

TEST_CASE("a million origins are not remembered") {
    simulate([]() -> task<> {
        client_session session(limited(10));
        for (int i = 0; i < 2000; ++i) {
            try {
                const std::string url =
                    "http://10.1." + std::to_string(i / 200) + "." + std::to_string(i % 200);
                co_await get(session, url);
            } catch (const skein::connect_error&) {}
            co_await skein::sleep(1s);
        }
        skein::rate_limit ten;
        ten.per_second = 10;
        skein::client::rate_limiter limiter(ten);
        for (int i = 0; i < 2000; ++i) {
            const skein::url one("http://h" + std::to_string(i) + ".test/");
            CHECK(limiter.at(one).try_take());
            co_await skein::sleep(1s);
        }
        CHECK(limiter.origins() <= 512);
    });
}

TEST_CASE("a connection serves so many requests, and so long, as it may") {
    simulate([]() -> task<> {
        const auto server = listen();
        session_options options;
        options.connector.max_requests = 3;
        client_session session(options);
        for (int i = 0; i < 7; ++i) co_await get(session, "http://example.test/");
        CHECK(this_network().made_connections() == 3);
        CHECK(session.stats().open == 1);
    });
    simulate([]() -> task<> {
        const auto server = listen();
        session_options options;
        options.connector.max_lifetime = 10s;
        options.connector.keepalive = 1h;
        client_session session(options);
        for (int i = 0; i < 9; ++i) {
            co_await get(session, "http://example.test/");
            co_await skein::sleep(3s);
        }
        // Made at 0, 12 and 24 s.
        CHECK(this_network().made_connections() == 3);
        co_await skein::sleep(10s);
        CHECK(session.stats().open == 0);
    });
}

TEST_CASE("a connection that outlived its time while it was in use is not kept") {
    simulate([]() -> task<> {
        this_network().listen("example.test", 80, [](server_stream& client) -> task<> {
            for (;;) {
                (void)co_await client.read_until("\r\n\r\n");
                co_await skein::sleep(20s);
                co_await client.write(response("late"));
            }
        });
        session_options options;
        options.connector.max_lifetime = 10s;
        client_session session(options);
        co_await get(session, "http://example.test/");
        CHECK(session.stats().open == 0);
        co_await get(session, "http://example.test/");
        CHECK(this_network().made_connections() == 2);
    });
}

TEST_CASE("what the server says of its connection is kept to: how long, and how many") {
    simulate([]() -> task<> {
        const auto server = listen();
        client_session session;
        server->answer = "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5, max=1\r\nContent-Length: 0\r\n\r\n";
        co_await get(session, "http://example.test/");
        CHECK(session.stats().idle == 1);
        server->answer = "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5, max=0\r\nContent-Length: 0\r\n\r\n";
        co_await get(session, "http://example.test/");
        CHECK(this_network().made_connections() == 1);
        CHECK(session.stats().open == 0);
        server->answer = "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5\r\nContent-Length: 0\r\n\r\n";
        co_await get(session, "http://example.test/");
        co_await skein::sleep(3999ms);
        CHECK(session.stats().idle == 1);
        co_await skein::sleep(2ms);
        CHECK(session.stats().open == 0);
    });
}
