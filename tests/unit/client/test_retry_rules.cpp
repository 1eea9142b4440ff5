// Repetition in numbers: pauses, tokens, Retry-After, which errors.
#include "client/session/retry_rules.hpp"

#include <skein/headers.hpp>
#include <skein/timeouts.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>

using namespace skein;
using namespace skein::client;
using namespace std::chrono;
using namespace std::chrono_literals;

namespace {

constexpr auto always_most = std::numeric_limits<std::uint64_t>::max();
const system_clock::time_point now = sys_days(2030y / January / 1d) + 12h;

}  // namespace

// Beside a co_await g++ 12 destroys temporaries of braces twice; these have nothing to be destroyed.
static_assert(std::is_trivially_destructible_v<retry_policy>);
static_assert(std::is_trivially_destructible_v<rate_floor>);
static_assert(std::is_trivially_destructible_v<timeouts>);

TEST_CASE("a set of statuses has what was put in, and takes no other numbers") {
    status_set some = {100, 429, 503, 599};
    for (int status = -1; status < 1100; ++status)
        CHECK(some.contains(status) == (status == 100 || status == 429 || status == 503 || status == 599));
    some.remove(503);
    some.remove(7);
    some.add(200);
    CHECK(some == status_set(599, 100, 429, 200));
    CHECK(status_set() == status_set{});
    CHECK_FALSE(status_set().contains(503));
    CHECK_THROWS_AS(status_set(99), std::invalid_argument);
    CHECK_THROWS_AS(some.add(600), std::invalid_argument);
}

TEST_CASE("pauses grow to a limit, and chance takes any part of them") {
    retry_policy policy;
    policy.backoff = 100ms;
    policy.max_backoff = 1s;
    const auto longest = [&](unsigned repetition) { return backoff_before(repetition, policy, always_most); };
    const clock::duration expected[] = {100ms, 200ms, 400ms, 800ms, 1s, 1s};
    for (unsigned i = 0; i < 6; ++i) {
        CHECK(longest(i + 1) <= expected[i]);
        CHECK(longest(i + 1) > expected[i] - 1us);
        CHECK(backoff_before(i + 1, policy, 0) == 0s);
        const auto half = backoff_before(i + 1, policy, std::uint64_t{1} << 63);
        CHECK(half == expected[i] / 2);
    }
    CHECK(longest(std::numeric_limits<unsigned>::max()) <= 1s);
}

TEST_CASE("odd numbers make no odd pauses") {
    retry_policy policy;
    policy.backoff = 5s;
    policy.max_backoff = 1s;
    CHECK(backoff_before(1, policy, always_most) <= 1s);
    policy.backoff = -1s;
    CHECK(backoff_before(3, policy, always_most) == 0s);
    policy.max_backoff = -1s;
    CHECK(backoff_before(3, policy, always_most) == 0s);
    policy.backoff = policy.max_backoff = milliseconds::max();
    CHECK(backoff_before(64, policy, always_most) > 24h);
    policy.backoff = 0s;
    CHECK(backoff_before(std::numeric_limits<unsigned>::max(), policy, always_most) == 0s);
}

TEST_CASE("a budget is used up by repetitions, and filled again by a part of what goes well") {
    retry_budget three;
    three.tokens = 3;
    three.refund = 0.1;
    retry_tokens tokens(three);
    for (int i = 0; i < 3; ++i) CHECK(tokens.take());
    CHECK_FALSE(tokens.take());
    for (int i = 0; i < 9; ++i) tokens.refund();
    CHECK_FALSE(tokens.take());
    tokens.refund();
    CHECK(tokens.take());
    CHECK_FALSE(tokens.take());
    for (int i = 0; i < 1000; ++i) tokens.refund();
    for (int i = 0; i < 3; ++i) CHECK(tokens.take());
    CHECK_FALSE(tokens.take());
}

TEST_CASE("an endless budget has no end, one of none no beginning") {
    retry_budget endless;
    endless.tokens = std::numeric_limits<double>::infinity();
    retry_tokens tokens(endless);
    for (int i = 0; i < 1000; ++i) CHECK(tokens.take());
    retry_tokens none(retry_budget{.tokens = 0});
    none.refund();
    CHECK_FALSE(none.take());
}

TEST_CASE("Retry-After is a number of seconds or a date") {
    CHECK(parse_retry_after("0", now) == 0s);
    CHECK(parse_retry_after("120", now) == 120s);
    CHECK(parse_retry_after("00120", now) == 120s);
    CHECK(parse_retry_after("Tue, 01 Jan 2030 12:00:30 GMT", now) == 30s);
    CHECK(parse_retry_after("Tue, 01 Jan 2030 12:00:30 GMT", now + 500ms) == 29500ms);
    CHECK(parse_retry_after("Tue Jan  1 13:00:00 2030", now) == 1h);
    CHECK(parse_retry_after("Tue, 01 Jan 2019 12:00:30 GMT", now) == 0s);
    CHECK(parse_retry_after("99999999999999999999999999", now) > 24h * 365);
    for (const char* text : {"", "-1", "+1", "1.5", "1s", " 1", "soon", "Tue, 01 Jan 2030"})
        CHECK_MESSAGE(!parse_retry_after(text, now), text);
}

TEST_CASE("errors before anything was sent, and those before a response, may pass") {
    const connect_error refused("no", "a", 80, std::make_error_code(std::errc::connection_refused));
    const disconnected_error lost("no", "a", 80);
    const resolve_error unknown("no", "a", 80);
    const tls_error untrusted("no", "a", 443);
    const protocol_error broken("no");
    const payload_error cut("no");
    CHECK(is_transient(refused));
    CHECK(is_transient(lost));
    CHECK_FALSE(is_transient(unknown));
    CHECK_FALSE(is_transient(untrusted));
    CHECK_FALSE(is_transient(broken));
    CHECK_FALSE(is_transient(cut));
    CHECK(nothing_was_sent(refused));
    CHECK(nothing_was_sent(unknown));
    CHECK(nothing_was_sent(untrusted));
    CHECK_FALSE(nothing_was_sent(lost));
    CHECK_FALSE(nothing_was_sent(broken));

    const auto timeout = [](phase in, bool total = false) { return timeout_error("no", in, 1s, total); };
    for (const phase in : {phase::dns, phase::connect, phase::tls}) {
        CHECK(is_transient(timeout(in)));
        CHECK(nothing_was_sent(timeout(in)));
    }
    CHECK(is_transient(timeout(phase::first_byte)));
    CHECK_FALSE(nothing_was_sent(timeout(phase::first_byte)));
    for (const phase in : {phase::pool, phase::write, phase::read, phase::pause, phase::none})
        CHECK_FALSE(is_transient(timeout(in)));
    CHECK_FALSE(is_transient(timeout(phase::connect, true)));
    CHECK_FALSE(nothing_was_sent(timeout(phase::connect, true)));

    CHECK(short_text(refused) == std::make_error_code(std::errc::connection_refused).message());
    CHECK(short_text(lost) == "no response");
    CHECK(short_text(timeout(phase::first_byte)) == "timeout of first_byte");
}

TEST_CASE("of a proxy's failures those may pass that are its own trouble; none of them has sent anything") {
    const auto failure = [](int status, std::errc code = std::errc()) {
        return proxy_error("x", "proxy.test", 3128,
                           code == std::errc() ? std::error_code() : std::make_error_code(code), status,
                           std::make_shared<const headers>());
    };
    for (const int status : {502, 503, 504}) CHECK(is_transient(failure(status)));
    for (const int status : {302, 400, 401, 403, 404, 407, 500}) CHECK_FALSE(is_transient(failure(status)));
    for (const auto code : {std::errc::connection_reset, std::errc::connection_aborted,
                            std::errc::host_unreachable, std::errc::connection_refused, std::errc::timed_out})
        CHECK(is_transient(failure(0, code)));
    for (const auto code : {std::errc(), std::errc::permission_denied, std::errc::operation_not_supported})
        CHECK_FALSE(is_transient(failure(0, code)));
    CHECK(nothing_was_sent(failure(407)));
    CHECK(is_transient(timeout_error("x", phase::proxy, 1s)));
    CHECK(nothing_was_sent(timeout_error("x", phase::proxy, 1s)));
}
