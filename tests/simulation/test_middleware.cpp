// Middlewares with a fault at each wait: one that repeats a request, one that reads a response and replaces
// it, one that makes a request of its own. Whatever happens, the pool is empty or idle afterwards.
#include "sweep.hpp"

#include <chrono>

using namespace simulation;
using namespace std::chrono_literals;
using skein::attempt_request;
using skein::next_handler;
using skein::testing::received_request;
using skein::testing::response_text;

namespace {

/// Says 503 to the first request, and what was asked to the others.
void serve_after_refusal() {
    this_network().set_link(slow_link());
    this_network().add_name("example.test", {"10.0.7.1"}, 20ms);
    const auto count = std::make_shared<int>(0);
    const auto answer = [count](const received_request& request) {
        return ++*count == 1 ? response_text(503, "busy") : response_text(200, request.target);
    };
    this_network().listen("10.0.7.1", 80, skein::testing::answer_with(answer));
}

task<client_response> repeat(attempt_request& request, next_handler next) {
    {
        auto first = co_await next(request);
        if (first.status() != 503) co_return first;
        (void)co_await first.read();
    }
    co_await skein::sleep(1s);
    co_return co_await next(request);
}

task<client_response> replace(attempt_request& request, next_handler next) {
    auto response = co_await next(request);
    std::string text = co_await response.text();
    co_return request.respond(response.status(), std::move(text), response.headers());
}

}  // namespace

TEST_CASE("a middleware that repeats") {
    sweep("repeating middleware", []() -> task<> {
        serve_after_refusal();
        client_session session;
        const pool_check check(session);
        auto got = co_await session.get("http://example.test/one").middleware(repeat);
        const auto text = co_await got.text();
        if (untouched) CHECK(text == "/one");
        if (untouched) CHECK(this_network().made_connections() == 1);
    });
}

TEST_CASE("a middleware that drops a response unread, and repeats after a failure") {
    sweep("insisting middleware", []() -> task<> {
        serve_after_refusal();
        client_session session;
        const pool_check check(session);
        const auto insist = [](attempt_request& request, next_handler next) -> task<client_response> {
            for (int tries = 0; tries < 3; ++tries) {
                try {
                    auto got = co_await next(request);
                    if (got.status() != 503) co_return got;
                } catch (const skein::connection_error&) {}
                co_await skein::sleep(1s);
            }
            co_return co_await next(request);
        };
        auto got = co_await session.get("http://example.test/one").middleware(insist).timeout(2h);
        const auto text = co_await got.text();
        if (untouched) CHECK(text == "/one");
    });
}

TEST_CASE("a middleware that replaces, inside of one that repeats, over a redirect") {
    sweep("two middlewares", []() -> task<> {
        serve_after_refusal();
        const auto redirect = [](const received_request&) {
            skein::headers to;
            to.append("Location", "http://example.test/last");
            return response_text(302, "gone", to);
        };
        this_network().listen("start.test", 80, skein::testing::answer_with(redirect));
        session_options options;
        options.middleware = {repeat, replace};
        client_session session(options);
        const pool_check check(session);
        auto got = co_await session.get("http://start.test/first");
        const auto text = co_await got.text();
        if (untouched) CHECK(text == "/last");
        CHECK(got.history().size() == 1);
    });
}

TEST_CASE("a middleware that makes a request of its own, with a trace of everything") {
    sweep("asking middleware", []() -> task<> {
        this_network().set_link(slow_link());
        this_network().listen("example.test", 80, echo_target);
        std::size_t events = 0;
        session_options options;
        options.trace = [&](const skein::trace_event& e) { events += to_string(e).empty() ? 0 : 1; };
        client_session session(options);
        const pool_check check(session);
        const auto ask = [&](attempt_request& request, next_handler next) -> task<client_response> {
            auto token = co_await session.get("http://example.test/token").session_middleware(false);
            const auto text = co_await token.text();
            request.set_header("X-Token", text);
            co_return co_await next(request);
        };
        auto got = co_await session.get("http://example.test/one").middleware(ask);
        const auto text = co_await got.text();
        CHECK(text == "/one");
        if (untouched) CHECK(this_network().made_connections() == 1);
        if (untouched) CHECK(events == 18);
    });
}
