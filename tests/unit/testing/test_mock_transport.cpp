// The mock transport: which rule a request meets, what it answers, and what it says when nothing fits.
#include <skein/skein.hpp>
#include <skein/testing_doctest.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace skein;
using namespace std::chrono_literals;
using skein::testing::mock_request;
using skein::testing::mock_response;
using skein::testing::mock_transport;
using skein::testing::unexpected_request;

namespace {

session_options over(const mock_transport& mock) {
    session_options options;
    options.middleware = {mock};
    return options;
}

task<std::string> fetch(client_session& session, std::string url) {
    auto response = co_await session.get(url);
    const std::string text = co_await response.text();
    co_return std::to_string(response.status()) + " " + text;
}

std::string complaint_of(const mock_transport& mock) {
    try {
        mock.check();
    } catch (const std::logic_error& e) {
        return e.what();
    }
    return {};
}

headers fields(std::string_view name, std::string_view value) {
    headers one;
    one.append(name, value);
    return one;
}

}  // namespace

SKEIN_TEST_CASE("the first rule counts that fits and is not used up") {
    mock_transport mock;
    mock.on("GET", "https://api.test/users/1").respond(200, "one").times(1);
    mock.on("GET", "https://api.test/users/*").respond(200, "any");
    mock.on("*", "/health").respond(200, "well");
    mock.on("GET", "*/a*b*c").respond(200, "stars");
    client_session session(over(mock));
    const std::vector<std::pair<const char*, const char*>> table = {
        {"https://api.test/users/1", "200 one"}, {"https://api.test/users/1", "200 any"},
        {"https://api.test/users/", "200 any"},  {"http://other.test:8080/health", "200 well"},
        {"http://x.test/abc", "200 stars"},      {"http://x.test/a-b-b-c#part", "200 stars"},
    };
    for (const auto& [url, expected] : table) {
        const std::string got = co_await fetch(session, url);
        CHECK(got == expected);
    }
    mock.check();
    CHECK(mock.requests().size() == table.size());
    CHECK(session.stats().open == 0);
}

SKEIN_TEST_CASE("what no rule is for is a logic_error that lists the rules, and check() tells of it") {
    mock_transport mock;
    auto& rule = mock.on("POST", "http://api.test/a").times(2);
    client_session session(over(mock));
    std::string what;
    for (const char* url : {"http://api.test/a", "http://api.test/ab", "http://user:pass@api.test/?q=1"}) {
        try {
            (void)co_await session.get(url);
            FAIL_CHECK("it was answered");
        } catch (const unexpected_request& e) {
            what = e.what();
        }
    }
    CHECK(what.find("GET http://api.test/?q=1") != std::string::npos);
    CHECK(what.find("POST http://api.test/a, asked 0 times of 2") != std::string::npos);
    (void)co_await session.post("http://api.test/a");
    CHECK(rule.asked() == 1);
    const std::string complaint = complaint_of(mock);
    CHECK(complaint.find("unexpected: GET http://api.test/ab") != std::string::npos);
    CHECK(complaint.find("asked 1 times of 2") != std::string::npos);
}

SKEIN_TEST_CASE("requests are recorded as they would have been sent") {
    mock_transport mock;
    mock.on("PUT", "/x*").respond(200, "", fields("Set-Cookie", "jar=2"));
    client_session session(over(mock));
    (void)co_await session.put("http://api.test/x#f")
        .param("q", "1")
        .body("data")
        .bearer("t")
        .cookie("own", "1");
    (void)co_await session.put("http://api.test/x");
    REQUIRE(mock.requests().size() == 2);
    const mock_request& first = mock.requests()[0];
    CHECK(first.method == "PUT");
    CHECK(first.url.target() == "/x?q=1");
    CHECK(first.body == "data");
    CHECK(first.headers.get("Authorization") == "Bearer t");
    CHECK(first.headers.get("Cookie") == "own=1");
    CHECK(mock.requests()[1].headers.get("Cookie") == "jar=2");
}

SKEIN_TEST_CASE("answers made of the request, late ones, failures, redirects, HEAD") {
    mock_transport mock;
    mock.on("POST", "/echo").respond_with([](const mock_request& request) {
        mock_response made;
        made.status = 202;
        made.body = request.body + "!";
        return made;
    });
    mock.on("GET", "/late").delay(3s);
    mock.on("GET", "/broken").fail<connect_error>("no way", "api.test", std::uint16_t{80});
    mock.on("GET", "/from").respond(302, "", fields("Location", "/to"));
    mock.on("*", "/to").respond(200, "there");
    client_session session(over(mock));
    auto echoed = co_await session.post("http://api.test/echo").body("hey");
    const std::string text = co_await echoed.text();
    CHECK(text == "hey!");
    CHECK(echoed.status() == 202);
    const std::string late = co_await fetch(session, "http://api.test/late");
    CHECK(late == "200 ");
    CHECK(skein::testing::elapsed() == 3s);
    bool failed = false;
    try {
        (void)co_await session.get("http://api.test/broken");
    } catch (const connect_error& e) {
        failed = e.host() == "api.test";
    }
    CHECK(failed);
    const std::string there = co_await fetch(session, "http://api.test/from");
    CHECK(there == "200 there");
    auto head = co_await session.head("http://api.test/to");
    const std::string nothing = co_await head.text();
    CHECK(nothing.empty());
    mock.check();
}

TEST_CASE("it works without a simulation, and outlives its handle") {
    const auto body = []() -> task<> {
        session_options options;
        {
            mock_transport mock;
            mock.on("GET", "*").respond(200, "fine");
            options = over(mock);
        }
        client_session session(options);
        const std::string got = co_await fetch(session, "http://anywhere.test/");
        CHECK(got == "200 fine");
    };
    skein::run(body());
}
