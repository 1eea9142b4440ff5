// The scripted server: its answers, whole and broken, and that it tells of what was not as its script says.
#include <skein/skein.hpp>
#include <skein/testing_doctest.hpp>

#include <chrono>
#include <string>

using namespace skein;
using namespace std::chrono_literals;
using skein::testing::elapsed;
using skein::testing::received_request;
using skein::testing::response_text;
using skein::testing::script_error;
using skein::testing::scripted_server;
using skein::testing::server_stream;
using skein::testing::this_network;

namespace {

const char* const here = "http://api.test/";

task<std::string> fetch(client_session& session, std::string url) {
    auto response = co_await session.get(url);
    co_return co_await response.text();
}

/// What a GET ends with: "200 body", or the kind of error.
task<std::string> ending_of(client_session& session, std::string url) {
    try {
        auto response = co_await session.get(url).timeout(1h);
        const std::string text = co_await response.text();
        co_return std::to_string(response.status()) + " " + text;
    } catch (const disconnected_error&) {
        co_return "disconnected";
    } catch (const payload_error&) {
        co_return "payload";
    } catch (const timeout_error&) {
        co_return "timeout";
    }
}

std::string complaint_of(const scripted_server& server) {
    try {
        server.check();
    } catch (const script_error& e) {
        return e.what();
    }
    return {};
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

SKEIN_TEST_CASE("requests are answered in the order of the script, and recorded") {
    scripted_server server("api.test");
    server.expect("POST", "/a?b=c").with_body("data").with_header("X-Test", "1").answer(201, "made");
    server.expect("*", "*");
    client_session session;
    auto made = co_await session.post("http://api.test/a?b=c").body("data").header("X-Test", "1");
    CHECK(made.status() == 201);
    const std::string text = co_await made.text();
    CHECK(text == "made");
    CHECK(contains(complaint_of(server), "* * has not come"));
    auto other = co_await session.del("http://api.test/whatever");
    CHECK(other.status() == 200);
    server.check();
    CHECK(server.connections() == 1);
    REQUIRE(server.requests().size() == 2);
    CHECK(server.requests()[0].method == "POST");
    CHECK(server.requests()[0].target == "/a?b=c");
    CHECK(server.requests()[0].body == "data");
    CHECK(server.requests()[0].headers.get("Host") == "api.test");
    CHECK(server.requests()[1].method == "DELETE");
}

SKEIN_TEST_CASE("a request that is not expected resets its connection, and check() says what came instead") {
    const auto complaint_after = [](auto prepare) -> task<std::string> {
        scripted_server server("api.test");
        prepare(server);
        client_session session;
        try {
            (void)co_await session.post("http://api.test/a").body("x");
            FAIL_CHECK("it was answered");
        } catch (const disconnected_error&) {}
        co_return complaint_of(server);
    };
    const std::string none = co_await complaint_after([](scripted_server&) {});
    CHECK(contains(none, "request 1 was POST /a; expected was nothing"));
    const std::string other = co_await complaint_after([](scripted_server& s) { s.expect("GET", "/b"); });
    CHECK(contains(other, "expected was GET /b"));
    CHECK(contains(other, "GET /b has not come"));
    const std::string body =
        co_await complaint_after([](scripted_server& s) { s.expect("*", "*").with_body("y"); });
    CHECK(contains(body, "the body \"y\", not \"x\""));
    const std::string header =
        co_await complaint_after([](scripted_server& s) { s.expect("*", "*").with_header("A", "b"); });
    CHECK(contains(header, "the header A: b"));
}

SKEIN_TEST_CASE("answers come late, in pieces, or not at all") {
    scripted_server server("api.test");
    server.expect("GET", "/").delay(2s).answer(200, "late");
    server.expect("GET", "/").answer(200, "0123456789").pieces(26, 1s);
    server.expect("GET", "/").hang();
    client_session session;
    const std::string late = co_await fetch(session, here);
    CHECK(late == "late");
    CHECK(elapsed() == 2s);
    const std::string whole = co_await fetch(session, here);
    CHECK(whole == "0123456789");
    CHECK(elapsed() == 3s);
    const std::string never = co_await ending_of(session, here);
    CHECK(never == "timeout");
    server.check();
}

SKEIN_TEST_CASE("answers are cut, connections closed and reset") {
    scripted_server server("api.test");
    server.expect("GET", "/").answer(200, "half of it").cut(45);
    server.expect("GET", "/").cut(0);
    server.expect("GET", "/").reset();
    server.expect("GET", "/").answer(200, "then reset").reset();
    server.expect("GET", "/").answer(200, "closed").close();
    server.expect("GET", "/").answer_bytes("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end").close();
    client_session session;
    std::vector<std::string> all;
    for (int i = 0; i < 6; ++i) all.push_back(co_await ending_of(session, here));
    CHECK(all == std::vector<std::string>{"payload", "disconnected", "disconnected", "200 then reset",
                                          "200 closed", "200 to the end"});
    CHECK(server.connections() == 6);
    server.check();
}

SKEIN_TEST_CASE("a server of one function, and what it reads of a request") {
    this_network().listen("api.test", 80, skein::testing::answer_with([](const received_request& request) {
                              return response_text(
                                  200, request.method + " " + request.target + " " + request.body);
                          }));
    client_session session;
    auto response = co_await session.put("http://api.test/x").body("content");
    const std::string text = co_await response.text();
    CHECK(text == "PUT /x content");
    const std::string again = co_await fetch(session, "http://api.test/y");
    CHECK(again == "GET /y ");
    CHECK(this_network().made_connections() == 1);
}

SKEIN_TEST_CASE("a chunked request is read without its framing") {
    std::string body;
    this_network().listen("api.test", 80, [&](server_stream& client) -> task<> {
        client.unread(
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nA: "
            "b\r\n\r\n");
        auto request = co_await skein::testing::read_request(client);
        body = request->body;
        co_await client.write(response_text(200));
    });
    client_session session;
    (void)co_await session.get(here);
    CHECK(body == "hello!");
}

TEST_CASE("the text of a response") {
    CHECK(response_text(200, "ab") == "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab");
    CHECK(response_text(204) == "HTTP/1.1 204 OK\r\n\r\n");
    headers chunked;
    chunked.append("Transfer-Encoding", "chunked");
    CHECK(response_text(404, "0\r\n\r\n", chunked) ==
          "HTTP/1.1 404 Error\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
}
