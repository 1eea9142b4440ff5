// Redirects through the public API, over the simulated network, with TLS where the URL says so: what is one,
// and a chain with cookies and a fault at each wait. The corpus has a test of its own.
#include "corpus.hpp"
#include "https_server.hpp"

#include <chrono>
#include <map>
#include <set>
#include <vector>

using namespace simulation;
using namespace std::chrono_literals;
using nlohmann::json;
using skein::invalid_url;
using skein::url;

namespace {

struct answer_rule {
    const char* status_and_fields;
    bool is_followed;
};

}  // namespace

TEST_CASE("what is a redirect, on the wire") {
    const std::vector<answer_rule> rules = {
        {"200 OK\r\nLocation: /n\r\n", false},           {"201 Created\r\nLocation: /n\r\n", false},
        {"300 Choices\r\nLocation: /n\r\n", false},      {"301 Moved\r\n", false},
        {"301 Moved\r\nLocation: /n\r\n", true},         {"302 Found\r\nURI: /n\r\n", false},
        {"304 Not\r\nLocation: /n\r\n", false},          {"305 Proxy\r\nLocation: /n\r\n", false},
        {"306 Unused\r\nLocation: /n\r\n", false},       {"307 Temporary\r\nlocation: /n\r\n", true},
        {"308 Permanent\r\nLocation:   /n  \r\n", true}, {"399 What\r\nLocation: /n\r\n", false},
        {"401 Who\r\nLocation: /n\r\n", false},
    };
    for (const auto& rule : rules) {
        CAPTURE(rule.status_and_fields);
        skein::testing::run([&]() -> task<> {
            const auto serve_one = [&](server_stream& client) -> task<> {
                co_await client.read_until("\r\n\r\n");
                co_await client.write(std::string("HTTP/1.1 ") + rule.status_and_fields +
                                      "Content-Length: 0\r\n\r\n");
                co_await client.read_until("\r\n\r\n");
                co_await client.write(response("here"));
            };
            this_network().listen("a.test", 80, serve_one);
            client_session session;
            auto got = co_await session.get("http://a.test/");
            CHECK((got.url().path() == "/n") == rule.is_followed);
            CHECK(got.history().size() == (rule.is_followed ? 1 : 0));
        });
    }
}

TEST_CASE("a redirect chain over three hosts with cookies and a body, and a fault at each wait") {
    sweep("redirect chain", []() -> task<> {
        this_network().set_link(slow_link());
        const auto serve_first = [](server_stream& client) -> task<> {
            web_stream web(client, "");
            for (;;) {
                const auto request = co_await web.request();
                const bool logs_in = request.starts_with("POST /login");
                CHECK((logs_in || field_of(request, "Cookie") == "id=1; own=x"));
                CHECK(request.ends_with("\r\n\r\nname=me"));
                const std::string to = logs_in ? "/step" : "http://b.test/";
                std::string answer = "HTTP/1.1 307 See\r\nLocation: " + to + "\r\nContent-Length: 5\r\n";
                if (logs_in) answer += "Set-Cookie: id=1\r\n";
                co_await web.respond(answer + "\r\nover!");
            }
        };
        const auto serve_second = [](server_stream& client) -> task<> {
            web_stream web(client, "");
            for (;;) {
                const auto request = co_await web.request();
                CHECK(field_of(request, "Cookie").empty());
                CHECK(field_of(request, "X-Key").empty());
                CHECK(request.ends_with("\r\n\r\nname=me"));
                co_await web.respond(
                    "HTTP/1.1 303 See\r\nLocation: http://a.test:81/end\r\nContent-Length: 0\r\n\r\n");
            }
        };
        const auto serve_third = [](server_stream& client) -> task<> {
            web_stream web(client, "");
            for (;;) {
                const auto request = co_await web.request();
                CHECK(request.starts_with("GET /end HTTP/1.1\r\n"));
                CHECK(field_of(request, "Cookie") == "id=1");  // cookies know no ports
                CHECK(request.ends_with("\r\n\r\n"));
                co_await web.respond(response("here"));
            }
        };
        this_network().listen("a.test", 80, serve_first);
        this_network().listen("b.test", 80, serve_second);
        this_network().listen("a.test", 81, serve_third);
        client_session session;
        const pool_check check(session);
        auto request =
            session.post("http://a.test/login").body("name=me").cookie("own", "x").header("X-Key", "k");
        auto got = co_await std::move(request);
        const auto text = co_await got.text();
        CHECK(text == "here");
        CHECK(got.history().size() == 3);
        if (untouched) CHECK(this_network().made_connections() == 3);
    });
}

TEST_CASE("the body of a redirect is read if that is little, and never waited for if it is much") {
    struct long_body {
        const char* fields;
        bool comes;
    };
    for (const auto& body : {long_body{"Content-Length: 1000000\r\n", false},
                             long_body{"Transfer-Encoding: chunked\r\n", true}}) {
        CAPTURE(body.fields);
        skein::testing::run([&]() -> task<> {
            std::size_t sent = 0;
            const auto serve = [&](server_stream& client) -> task<> {
                const auto target = target_of(co_await client.read_until("\r\n\r\n"));
                if (target == "/n") {
                    co_await client.write(response("there"));
                    co_return;
                }
                co_await client.write("HTTP/1.1 302 Found\r\nLocation: /n\r\n" + std::string(body.fields) +
                                      "\r\n");
                const std::string chunk = "3e8\r\n" + std::string(1000, 'x') + "\r\n";
                for (; body.comes; sent += chunk.size()) {
                    co_await client.write(chunk);
                    co_await skein::sleep(1ms);
                }
                co_await skein::sleep(1h);
            };
            this_network().listen("a.test", 80, serve);
            client_session session;
            auto got = co_await session.get("http://a.test/");
            const auto text = co_await got.text();
            CHECK(text == "there");
            CHECK(skein::testing::elapsed() < 200ms);
            CHECK(sent < 100'000);
            CHECK(this_network().made_connections() == 2);
        });
    }
}
