// Many clients, several servers of bad character, links of all kinds, limits and cancellations, all by a
// seed. Whatever happens: an answer that is reported complete is the right one, nothing that is not
// repeatable is sent twice, the pool keeps its limits, and the same seed gives the same run.
#include "sweep.hpp"

#include "testing/dice.hpp"

#include <chrono>
#include <map>
#include <vector>

using namespace simulation;
using namespace std::chrono_literals;
using skein::testing::dice;

namespace {

struct world {
    explicit world(std::uint64_t seed) : random(seed) {}

    dice random;
    std::map<std::string, int> posts = {};  // by target: how often a server saw it
    int answered = 0;
    int failed = 0;
    std::string log = {};
};

/// One answer; false: the connection is to be closed.
task<bool> misbehave(world& w, server_stream& client, std::string body) {
    const std::string whole = response(body);
    const std::string half = whole.substr(0, w.random.below(whole.size()));
    switch (const auto mood = w.random.below(16); mood) {
        case 0:
            co_return false;
        case 1:
            co_await client.write(half);
            co_return false;
        case 2:
            co_await client.write(half);
            client.reset();
            co_return false;
        case 3:
            co_await skein::sleep(20s);
            co_await client.write(whole);
            co_return true;
        case 4:
            co_await client.write(whole + "and some more");
            co_return true;
        case 5:
            co_await client.write(whole);
            co_return false;
        case 6:
            co_await client.write(half);
            co_await skein::sleep(1h);
            co_return false;
        case 7:
            co_await client.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (const char c : body) co_await client.write("1\r\n" + std::string(1, c) + "\r\n");
            co_await client.write("0\r\n\r\n");
            co_return true;
        default:
            co_await client.write(whole);
            co_return true;
    }
}

task<> serve_badly(world& w, server_stream& client) {
    for (bool more = true; more;) {
        const std::string head = co_await client.read_until("\r\n\r\n");
        const std::string target = target_of(head);
        if (head.starts_with("POST")) {
            ++w.posts[target];
            (void)co_await client.read_exactly(4000);
        }
        more = co_await misbehave(w, client, target);
    }
}

task<> request_once(world& w, client_session& session, std::string url, std::string target, bool posts) {
    const auto limit = std::chrono::milliseconds(100 + w.random.below(15'000));
    auto request = posts ? session.post(url) : session.get(url);
    if (posts) request.body(std::string(4000, 'b'));
    request.timeout(limit);
    auto got = co_await std::move(request);
    const std::string text = co_await got.text();
    CHECK(text == target);
    ++w.answered;
    w.log += target;
}

task<> be_a_client(world& w, client_session& session, std::size_t number) {
    for (int i = 0; i < 6; ++i) {
        const std::string target = "/" + std::to_string(number) + "-" + std::to_string(i);
        const std::string url = "http://host" + std::to_string(w.random.below(3)) + ".test" + target;
        try {
            auto one = request_once(w, session, url, target, w.random.below(3) == 0);
            if (w.random.below(3) == 0) {
                const auto patience = std::chrono::milliseconds(w.random.below(3000));
                co_await skein::wait_for(std::move(one), patience);
            } else {
                co_await std::move(one);
            }
        } catch (const skein::error&) {
            ++w.failed;
            w.log += '!';
        }
        const auto now = session.stats();
        CHECK(now.open <= 4);
        if (w.random.below(4) == 0) co_await skein::sleep(std::chrono::milliseconds(w.random.below(1000)));
    }
}

task<> live(world& w) {
    skein::testing::link conditions;
    conditions.latency = std::chrono::milliseconds(w.random.below(100));
    conditions.bytes_per_second = w.random.flip() ? 0 : 20'000;
    conditions.window_bytes = 500 + w.random.below(60'000);
    conditions.random_pieces = w.random.flip();
    this_network().set_link(conditions);
    for (const char* host : {"host0.test", "host1.test", "host2.test"})
        this_network().listen(host, 80, [&w](server_stream& client) { return serve_badly(w, client); });
    session_options options;
    options.connector.limit = 4;
    options.connector.limit_per_host = 2;
    client_session session(options);
    const pool_check check(session);
    std::vector<task<>> clients;
    for (std::size_t i = 0; i < 12; ++i) clients.push_back(be_a_client(w, session, i));
    co_await skein::gather(std::move(clients));
}

/// What happened, in words, and when it was over.
std::string log_of(std::uint64_t seed, int& answered, int& failed) {
    world w(seed);
    skein::testing::simulation_options options;
    options.seed = seed;
    skein::testing::run([&]() -> task<> { return live(w); }, options);
    for (const auto& [target, times] : w.posts)
        CHECK_MESSAGE(times == 1, target << " was sent " << times << " times");
    answered += w.answered;
    failed += w.failed;
    return w.log + std::to_string(skein::testing::elapsed().count());
}

}  // namespace

TEST_CASE("chaos: right answers or errors, nothing sent twice, and each seed is one world") {
    int answered = 0;
    int failed = 0;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        const std::string first = log_of(seed, answered, failed);
        const std::string second = log_of(seed, answered, failed);
        CHECK_MESSAGE(first == second, "seed " << seed);
    }
    CHECK(answered > 5000);
    CHECK(failed > 1000);
    MESSAGE(answered << " requests answered, " << failed << " failed");
}
