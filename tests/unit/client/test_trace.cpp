// Trace events: which come, in which order, and that neither what they say nor what a trace function throws
// does harm.
#include <skein/skein.hpp>
#include <skein/testing_doctest.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace skein;
using namespace std::chrono_literals;
using skein::testing::scripted_server;
using skein::testing::this_network;

namespace {

using kinds = std::vector<std::string_view>;

trace_function into(kinds& seen) {
    return [&seen](const trace_event& e) { seen.push_back(to_string(e.kind)); };
}

headers fields(std::string_view name, std::string_view value) {
    headers one;
    one.append(name, value);
    return one;
}

const kinds opening = {"connection_create_start", "dns_cache_miss", "dns_resolvehost_start",
                       "dns_resolvehost_end", "connection_create_end"};

kinds join(std::initializer_list<kinds> parts) {
    kinds all;
    for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
}

const char* const here = "http://api.test/";

}  // namespace

SKEIN_TEST_CASE("a plain request, then one that uses its connection again") {
    scripted_server server("api.test");
    server.expect("GET", "/").answer(200, "body");
    server.expect("POST", "/").answer(204);
    kinds seen;
    session_options options;
    options.trace = into(seen);
    client_session session(options);
    {
        auto response = co_await session.get(here);
        (void)co_await response.text();
    }
    CHECK(seen == join({{"request_start"},
                        opening,
                        {"request_headers_sent", "response_head", "request_end", "response_chunk_received",
                         "response_end"}}));
    seen.clear();
    (void)co_await session.post(here).body("data");
    CHECK(seen == kinds{"request_start", "connection_reuseconn", "request_headers_sent", "request_chunk_sent",
                        "response_head", "request_end", "response_end"});
}

SKEIN_TEST_CASE("the pieces of a body that is made while it is sent") {
    scripted_server server("api.test");
    server.expect("POST", "/").answer(204);
    server.expect("POST", "/").answer(204);
    kinds seen;
    std::string sent;
    const auto note = [&](const trace_event& e) {
        seen.push_back(to_string(e.kind));
        if (e.kind == trace_kind::request_chunk_sent) sent += as_text(e.data);
    };
    const auto rows = [](body_writer& out) -> task<> {
        co_await out.write("one\n");
        co_await sleep(1s);
        co_await out.write("two\n");
    };
    client_session session;
    (void)co_await session.post(here).body(rows).trace(note);
    CHECK(sent == "one\ntwo\n");
    CHECK(seen == join({{"request_start"},
                        opening,
                        {"request_headers_sent", "request_chunk_sent", "request_chunk_sent", "response_head",
                         "request_end", "response_end"}}));
    sent.clear();
    (void)co_await session.post(here).body(rows).compress(content_coding::gzip).trace(note);
    CHECK(sent.substr(0, 2) == "\x1f\x8b");  // as it is on the wire
}

SKEIN_TEST_CASE("a redirect, and a request that fails") {
    scripted_server server("api.test");
    server.expect("POST", "/").answer(307, "", fields("Location", "/next"));
    server.expect("POST", "/next").reset();
    kinds seen;
    std::string redirect;
    std::string failure;
    const auto note = [&](const trace_event& e) {
        seen.push_back(to_string(e.kind));
        if (e.kind == trace_kind::request_redirect) {
            redirect.append(e.url).append(" -> ").append(e.text);
            CHECK(e.status == 307);
            CHECK(e.fields->get("Location") == "/next");
        }
        if (e.kind == trace_kind::request_exception) {
            failure = e.text;
            CHECK_THROWS_AS(std::rethrow_exception(e.error), disconnected_error);
        }
    };
    client_session session;
    std::string what;
    try {
        (void)co_await session.post(here).trace(note);
    } catch (const error& e) {
        what = e.what();
    }
    CHECK(seen == join({{"request_start"},
                        opening,
                        {"request_headers_sent", "response_head", "request_redirect", "connection_reuseconn",
                         "request_headers_sent", "request_exception"}}));
    CHECK(redirect == "http://api.test/ -> http://api.test/next");
    CHECK(failure == what);
}

SKEIN_TEST_CASE("a stale connection, and a wait for one that is in use") {
    scripted_server server("api.test");
    server.expect("GET", "/").answer(200);
    server.expect("GET", "/").reset();
    server.expect("GET", "/").delay(1s).answer(200);
    server.expect("GET", "/").answer(200);
    kinds seen;
    session_options options;
    options.connector.limit = 1;
    client_session session(options);
    (void)co_await session.get(here);
    const auto stale = [&]() -> task<> { (void)co_await session.get(here).trace(into(seen)); };
    co_await stale();
    CHECK(seen == join({{"request_start", "connection_reuseconn", "request_headers_sent", "request_retry"},
                        {"connection_create_start", "dns_cache_hit", "connection_create_end"},
                        {"request_headers_sent", "response_head", "request_end", "response_end"}}));
}

SKEIN_TEST_CASE("a wait for a connection that is in use") {
    scripted_server server("api.test");
    server.expect("GET", "/first").delay(1s).answer(200);
    server.expect("GET", "/second").answer(200);
    kinds seen;
    session_options options;
    options.connector.limit = 1;
    client_session session(options);
    const auto first = [&]() -> task<> { (void)co_await session.get("http://api.test/first"); };
    const auto second = [&]() -> task<> {
        (void)co_await session.get("http://api.test/second").trace(into(seen));
    };
    co_await gather(first(), second());
    CHECK(seen == kinds{"request_start", "connection_queued_start", "connection_queued_end",
                        "connection_reuseconn", "request_headers_sent", "response_head", "request_end",
                        "response_end"});
}

SKEIN_TEST_CASE("a body that fails, and one that nobody reads") {
    scripted_server server("api.test");
    server.expect("GET", "/").answer(200, "body").cut(40);
    server.expect("GET", "/").answer(200, "body");
    for (const bool reads : {true, false}) {
        kinds seen;
        client_session session;
        try {
            auto response = co_await session.get(here).trace(into(seen));
            if (reads) (void)co_await response.text();
        } catch (const payload_error&) {}
        REQUIRE_FALSE(seen.empty());
        CHECK(seen.back() == (reads ? "request_exception" : "response_end"));
    }
}

SKEIN_TEST_CASE("what events say: numbers, times, the head as it is on the wire, the body") {
    scripted_server server("api.test");
    server.expect("PUT", "/x").delay(2s).answer(200, "answer");
    std::vector<std::uint64_t> numbers;
    clock::time_point sent;
    clock::time_point answered;
    std::string received;
    const auto note = [&](const trace_event& e) {
        numbers.push_back(e.request);
        CHECK(e.method == "PUT");
        CHECK(e.url == "http://api.test/x");
        if (e.kind == trace_kind::dns_resolvehost_end) CHECK(e.count == 1);
        if (e.kind == trace_kind::request_headers_sent) {
            sent = e.when;
            CHECK(e.fields->get("Host") == "api.test");
            CHECK(e.fields->get("Content-Length") == "4");
            CHECK(e.fields->get("Cookie") == "c=1");
            CHECK(e.fields->begin().operator*().first == "Host");
        }
        if (e.kind == trace_kind::request_chunk_sent) CHECK(as_text(e.data) == "data");
        if (e.kind == trace_kind::response_head) answered = e.when;
        if (e.kind == trace_kind::request_end) CHECK(e.status == 200);
        if (e.kind == trace_kind::response_chunk_received) received += as_text(e.data);
        if (e.kind == trace_kind::response_end) CHECK(e.count == 6);
    };
    client_session session;
    auto response = co_await session.put("http://u:p@api.test/x").cookie("c", "1").body("data").trace(note);
    (void)co_await response.text();
    CHECK(answered - sent == 2s);
    CHECK(received == "answer");
    REQUIRE(numbers.size() > 5);
    CHECK(numbers.front() != 0);
    CHECK(std::equal(numbers.begin() + 1, numbers.end(), numbers.begin()));
    const auto of_first = numbers.front();
    numbers.clear();
    try {
        const auto note_number = [&](const trace_event& e) { numbers.push_back(e.request); };
        (void)co_await session.put("http://api.test/x").trace(note_number);
    } catch (const error&) {}
    REQUIRE_FALSE(numbers.empty());
    CHECK(numbers.front() != of_first);
}

SKEIN_TEST_CASE("the session's trace function comes before the request's") {
    scripted_server server("api.test");
    server.expect("GET", "/");
    std::string order;
    session_options options;
    options.trace = [&](const trace_event&) { order += 's'; };
    client_session session(options);
    (void)co_await session.get(here).trace([&](const trace_event&) { order += 'r'; });
    CHECK(order.starts_with("srsrsr"));
}

TEST_CASE("what a trace function throws goes to the exception handler, and the request goes on") {
    int lost = 0;
    skein::testing::simulation_options options;
    options.exception_handler = [&](std::string_view context, std::exception_ptr) {
        CHECK(context.find("trace") != std::string_view::npos);
        ++lost;
    };
    int events = 0;
    const auto body = [&]() -> task<> {
        scripted_server server("api.test");
        server.expect("GET", "/").answer(200, "fine");
        client_session session;
        const auto fail = [&](const trace_event&) {
            ++events;
            throw std::runtime_error("no room");
        };
        auto response = co_await session.get(here).trace(fail);
        const std::string text = co_await response.text();
        CHECK(text == "fine");
    };
    skein::testing::run(body, options);
    CHECK(events == 11);
    CHECK(lost == events);
}

TEST_CASE("secrets in headers are masked") {
    CHECK(masked_value("Authorization", "Bearer abc") == "Bearer ***");
    CHECK(masked_value("proxy-authorization", "abc") == "***");
    CHECK(masked_value("Cookie", "a=1; b; c=x=y") == "a=***; ***; c=***");
    CHECK(masked_value("Set-Cookie", "a=1; Path=/; HttpOnly") == "a=***; Path=/; HttpOnly");
    CHECK(masked_value("X-Api-Key", "k") == "***");
    CHECK(masked_value("X-Auth-Token", "k") == "***");
    CHECK(masked_value("WWW-Authenticate", "Basic realm=\"x\"") == "Basic realm=\"x\"");
    CHECK(masked_value("Accept", "text/html") == "text/html");
}

TEST_CASE("a line for a log has no secrets and no line breaks in it") {
    trace_event e{};
    e.kind = trace_kind::request_end;
    e.request = 7;
    e.method = "GET";
    e.url = "http://api.test/";
    e.status = 200;
    e.text = "O\nK";
    const headers secret = fields("Authorization", "Bearer hidden");
    e.fields = &secret;
    const std::string line = to_string(e);
    CHECK(line.starts_with("[7] request_end GET http://api.test/, status 200"));
    CHECK(line.find("hidden") == std::string::npos);
    CHECK(line.find('\n') == std::string::npos);
}
