// What the sweeps share.
#pragma once

#include <skein/skein.hpp>
#include <skein/testing.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace simulation {

using skein::client_response;
using skein::client_session;
using skein::session_options;
using skein::task;
using skein::testing::server_stream;
using skein::testing::this_network;

/// No fault happens in this run, so that everything must be as planned. (Awaits stand outside of CHECK(),
/// which would swallow a cancellation.)
inline bool untouched = false;

/// Every fault at every wait, in production's order and in some others; says how many waits that was.
inline void sweep(const std::string& name, const std::function<task<>()>& scenario) {
    std::size_t waits = 0;
    for (std::uint64_t seed = 0; seed <= 3; ++seed) {
        skein::testing::simulation_options plain;
        skein::testing::sweep_options options;
        if (seed != 0) plain.seed = options.seed = seed;
        untouched = true;
        skein::testing::run(scenario, plain);
        untouched = false;
        waits += skein::testing::for_each_wait(scenario, options);
    }
    CHECK(waits > 0);
    MESSAGE(name << ": " << waits << " waits swept");
}

/// Checks, when it goes, that requests have left nothing in the pool but idle connections.
class pool_check {
public:
    explicit pool_check(const client_session& of) noexcept : session_(of) {}
    pool_check(const pool_check&) = delete;
    pool_check& operator=(const pool_check&) = delete;
    ~pool_check() {
        const auto now = session_.stats();
        CHECK(now.open == now.idle);
        CHECK(now.waiting == 0);
        CHECK(this_network().open_connections() == now.open);
    }

private:
    const client_session& session_;
};

/// A link that takes its time, so that there is something to be cancelled on the way.
inline skein::testing::link slow_link() {
    skein::testing::link slow;
    slow.latency = std::chrono::milliseconds(50);
    return slow;
}

inline std::string response(const std::string& body) {
    return skein::testing::response_text(200, body);
}

/// The target in the head of a request.
inline std::string target_of(const std::string& head) {
    const auto from = head.find(' ') + 1;
    return head.substr(from, head.find(' ', from) - from);
}

/// Answers each request with its own target, so that an answer that went astray shows.
inline const skein::testing::connection_handler echo_target = skein::testing::answer_with(
    [](const skein::testing::received_request& request) { return response(request.target); });

/// GETs from example.test; the body must be that of echo_target().
inline task<> fetch_target(client_session& session, std::string target) {
    auto got = co_await session.get("http://example.test" + target);
    const std::string text = co_await got.text();
    CHECK(text == target);
}

}  // namespace simulation
