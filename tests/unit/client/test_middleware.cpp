// Middlewares around attempts: their order, what they may change, answer, repeat and replace, and what of it
// stays. On the simulated network.
#include <skein/skein.hpp>
#include <skein/testing_doctest.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace skein;
using namespace std::chrono_literals;
using skein::testing::received_request;
using skein::testing::response_text;
using skein::testing::scripted_server;
using skein::testing::this_network;

namespace {

/// Notes on the way in and on the way out.
middleware noting(std::vector<std::string>& notes, std::string name) {
    return [&notes, name = std::move(name)](attempt_request& request,
                                            next_handler next) -> task<client_response> {
        notes.push_back(name + " in");
        auto response = co_await next(request);
        notes.push_back(name + " out");
        co_return response;
    };
}

task<std::string> text_of(client_request request) {
    auto response = co_await std::move(request);
    co_return co_await response.text();
}

headers fields(std::string_view name, std::string_view value) {
    headers one;
    one.append(name, value);
    return one;
}

const char* const here = "http://api.test/";

}  // namespace

SKEIN_TEST_CASE(
    "the session's middlewares are outside, the request's inside, each in the order of its list") {
    scripted_server server("api.test");
    server.expect("GET", "/");
    std::vector<std::string> notes;
    session_options options;
    options.middleware = {noting(notes, "a"), noting(notes, "b")};
    client_session session(options);
    (void)co_await session.get(here).middleware(noting(notes, "c")).middleware(noting(notes, "d"));
    CHECK(notes ==
          std::vector<std::string>{"a in", "b in", "c in", "d in", "d out", "c out", "b out", "a out"});
    server.check();
}

SKEIN_TEST_CASE(
    "a request may go without the session's middlewares, and a middleware may make such a request") {
    scripted_server server("api.test");
    server.expect("POST", "/token").answer(200, "t0ken");
    server.expect("GET", "/").with_header("Authorization", "Bearer t0ken");
    std::optional<client_session> session;
    session_options options;
    options.middleware = {[&](attempt_request& request, next_handler next) -> task<client_response> {
        auto token = co_await session->post("http://api.test/token").session_middleware(false);
        const std::string text = co_await token.text();
        request.set_header("Authorization", "Bearer " + text);
        co_return co_await next(request);
    }};
    session.emplace(options);
    (void)co_await session->get(here);
    server.check();
}

SKEIN_TEST_CASE("a middleware sees what will be sent, and what it changes is sent") {
    scripted_server server("api.test");
    server.expect("PUT", "/changed").with_body("new").with_header("X-Added", "1").with_header("X-Set", "2");
    session_options options;
    options.default_headers.append("X-Session", "s");
    client_session session(options);
    session.cookies().set(url(here), "jar", "1");
    const auto change = [](attempt_request& request, next_handler next) -> task<client_response> {
        CHECK(request.method() == "POST");
        CHECK(request.url().str() == "http://api.test/asked");
        CHECK(request.headers().get("X-Session") == "s");
        CHECK(request.headers().get("X-Set") == "1");
        CHECK(request.headers().contains("User-Agent"));
        CHECK(request.body() == "old");
        CHECK(request.cookie_header() == "jar=1; own=2");
        CHECK(request.attempts() == 0);
        CHECK(request.redirects() == 0);
        request.set_method("PUT");
        request.set_url(url("http://api.test/changed"));
        request.set_header("X-Set", "2");
        request.add_header("X-Added", "1");
        request.remove_header("User-Agent");
        request.set_body("new");
        co_return co_await next(request);
    };
    auto response = co_await session.post("http://api.test/asked")
                        .header("X-Set", "1")
                        .cookie("own", "2")
                        .body("old")
                        .middleware(change);
    CHECK(response.url().str() == "http://api.test/changed");
    CHECK(response.report().method == "PUT");
    server.check();
    CHECK_FALSE(server.requests()[0].headers.contains("User-Agent"));
    CHECK(server.requests()[0].headers.get("Cookie") == "jar=1; own=2");
}

SKEIN_TEST_CASE("a middleware runs for each hop, and its changes are for one hop only") {
    scripted_server server("api.test");
    server.expect("GET", "/1").answer(302, "", fields("Location", "/2"));
    server.expect("GET", "/2").answer(302, "", fields("Location", "http://other.test/3"));
    scripted_server other("other.test");
    other.expect("GET", "/3");
    client_session session;
    int runs = 0;
    const auto add = [&](attempt_request& request, next_handler next) -> task<client_response> {
        CHECK(request.redirects() == unsigned(runs));
        CHECK(request.attempts() == unsigned(runs));
        CHECK_FALSE(request.headers().contains("X-Mark"));
        request.add_header("X-Mark", std::to_string(++runs));
        co_return co_await next(request);
    };
    auto response = co_await session.get("http://api.test/1").header("X-Own", "o").middleware(add);
    CHECK(runs == 3);
    CHECK(server.requests()[1].headers.get_all("X-Mark") == std::vector<std::string_view>{"2"});
    CHECK(server.requests()[1].headers.get("X-Own") == "o");
    CHECK(other.requests()[0].headers.get_all("X-Mark") == std::vector<std::string_view>{"3"});
    CHECK_FALSE(other.requests()[0].headers.contains("X-Own"));
    CHECK(response.history().size() == 2);
}

SKEIN_TEST_CASE("asking elsewhere takes along what the middleware leaves in, but no cookies of the request") {
    scripted_server mirror("mirror.test");
    mirror.expect("GET", "/");
    client_session session;
    const auto redirect = [](attempt_request& request, next_handler next) -> task<client_response> {
        request.set_url(url("http://user:pass@mirror.test/"));
        co_return co_await next(request);
    };
    (void)co_await session.get(here).cookie("secret", "1").header("Host", "api.test").middleware(redirect);
    mirror.check();
    const auto& sent = mirror.requests()[0].headers;
    CHECK_FALSE(sent.contains("Cookie"));
    CHECK(sent.get("Host") == "mirror.test");
    CHECK(sent.get("Authorization") == "Basic dXNlcjpwYXNz");
}

SKEIN_TEST_CASE(
    "a redirect from elsewhere is relative to there, and what the program set does not go along") {
    scripted_server mirror("mirror.test");
    mirror.expect("GET", "/a/b").answer(302, "", fields("Location", "c"));
    mirror.expect("GET", "/a/c");
    client_session session;
    const auto once = [](attempt_request& request, next_handler next) -> task<client_response> {
        if (request.url().host() == "api.test") {
            request.set_url(url("http://mirror.test/a/b"));
            request.remove_header("Authorization");
        }
        co_return co_await next(request);
    };
    auto response = co_await session.get(here).bearer("secret").middleware(once);
    mirror.check();
    CHECK_FALSE(mirror.requests()[1].headers.contains("Authorization"));
    CHECK(response.history()[0].url.str() == "http://mirror.test/a/b");
}

SKEIN_TEST_CASE("an answer of a middleware's own is treated as if a server had given it") {
    client_session session;
    const auto answer = [](attempt_request& request, next_handler) -> task<client_response> {
        const bool first = request.url().path() == "/";
        headers added = fields("Set-Cookie", first ? "a=1" : "b=2");
        added.append("X-From", "middleware");
        if (first) added.append("Location", "/next");
        co_return request.respond(first ? 302 : 404, first ? "moved" : "none", std::move(added));
    };
    auto response = co_await session.get(here).middleware(answer);
    CHECK(response.status() == 404);
    CHECK(response.headers().get("X-From") == "middleware");
    CHECK(response.content_length() == 4);
    CHECK(response.url().str() == "http://api.test/next");
    CHECK(response.history().size() == 1);
    const std::string text = co_await response.text();
    CHECK(text == "none");
    CHECK(session.cookies().header_for(url(here), std::chrono::system_clock::time_point()) == "a=1; b=2");
    CHECK(this_network().made_connections() == 0);
    CHECK(session.stats().open == 0);
    CHECK(response.report().attempts == 0);

    bool raised = false;
    try {
        (void)co_await session.get("http://api.test/x").middleware(answer).raise_for_status();
    } catch (const response_error& e) {
        raised = e.status() == 404;
    }
    CHECK(raised);
}

SKEIN_TEST_CASE("an answer may be large, is read in pieces, and has a status that a response can have") {
    client_session session;
    const std::string content(300'000, 'x');
    const auto answer = [&](attempt_request& request, next_handler) -> task<client_response> {
        CHECK_THROWS_AS(request.respond(99), std::invalid_argument);
        CHECK_THROWS_AS(request.respond(600), std::invalid_argument);
        co_return request.respond(200, content);
    };
    auto response = co_await session.get(here).middleware(answer);
    std::size_t size = 0;
    while (auto piece = co_await response.chunk()) size += piece->size();
    CHECK(size == content.size());
}

SKEIN_TEST_CASE("a middleware repeats a request, over the same connection") {
    scripted_server server("api.test");
    server.expect("GET", "/").answer(401, "who?");
    server.expect("GET", "/").with_header("Authorization", "Bearer new").answer(200, "you");
    client_session session;
    const auto renew = [](attempt_request& request, next_handler next) -> task<client_response> {
        auto response = co_await next(request);
        if (response.status() != 401) co_return response;
        (void)co_await response.read();
        request.set_header("Authorization", "Bearer new");
        co_return co_await next(request);
    };
    auto response = co_await session.get(here).bearer("old").middleware(renew);
    const std::string text = co_await response.text();
    CHECK(text == "you");
    server.check();
    CHECK(server.connections() == 1);
    CHECK(response.report().attempts == 2);
    CHECK(session.stats().open == 1);
    CHECK(session.stats().idle == 1);
}

SKEIN_TEST_CASE("the report's clock goes on when a middleware repeats") {
    scripted_server server("api.test");
    server.expect("GET", "/").answer(503);
    server.expect("GET", "/").delay(3s).answer(200);
    client_session session;
    const auto repeat = [](attempt_request& request, next_handler next) -> task<client_response> {
        {
            auto first = co_await next(request);
            (void)co_await first.text();
        }
        co_await sleep(2s);
        co_return co_await next(request);
    };
    auto response = co_await session.get(here).middleware(repeat);
    CHECK(response.report().elapsed == 5s);
    CHECK(response.report().spent(phase::none) == 2s);
    CHECK(response.report().spent(phase::first_byte) == 3s);
}

SKEIN_TEST_CASE("a middleware replaces a response by one that it makes of it") {
    scripted_server server("api.test");
    server.expect("GET", "/").answer(200, "abc", fields("X-Kept", "yes"));
    client_session session;
    const auto upper = [](attempt_request& request, next_handler next) -> task<client_response> {
        auto response = co_await next(request);
        std::string text = co_await response.text();
        for (char& c : text) c = static_cast<char>(c - 'a' + 'A');
        headers kept = response.headers();
        kept.remove("Content-Length");
        co_return request.respond(response.status(), std::move(text), std::move(kept));
    };
    auto response = co_await session.get(here).middleware(upper);
    CHECK(response.headers().get("X-Kept") == "yes");
    const std::string text = co_await response.text();
    CHECK(text == "ABC");
    CHECK(session.stats().idle == 1);
}

SKEIN_TEST_CASE(
    "what a middleware throws is what the request throws, and the connection is not left behind") {
    scripted_server server("api.test");
    server.expect("GET", "/").answer(200, "body");
    client_session session;
    const auto refuse = [](attempt_request& request, next_handler next) -> task<client_response> {
        auto response = co_await next(request);
        throw std::domain_error("not today");
    };
    bool thrown = false;
    try {
        (void)co_await session.get(here).middleware(refuse);
    } catch (const std::domain_error&) {
        thrown = true;
    }
    CHECK(thrown);
    CHECK(session.stats().open == session.stats().idle);
}

SKEIN_TEST_CASE("an error of an attempt goes through the middlewares, which may catch it") {
    client_session session;
    const auto fall_back = [](attempt_request& request, next_handler next) -> task<client_response> {
        try {
            co_return co_await next(request);
        } catch (const connection_error&) {}
        co_return request.respond(200, "offline");
    };
    const std::string text = co_await text_of(session.get("http://nowhere.test/").middleware(fall_back));
    CHECK(text == "offline");
}

SKEIN_TEST_CASE("the total limit holds in a middleware's own waits, and in its attempts") {
    scripted_server server("api.test");
    server.expect("GET", "/").hang();
    client_session session;
    const auto slow = [](attempt_request& request, next_handler next) -> task<client_response> {
        co_await sleep(1h);
        co_return co_await next(request);
    };
    const auto quick = [](attempt_request& request, next_handler next) -> task<client_response> {
        co_return co_await next(request);
    };
    std::vector<phase> phases;
    for (const middleware& around : {middleware(slow), middleware(quick)}) {
        const auto started = skein::testing::elapsed();
        try {
            (void)co_await session.get(here).middleware(around).timeout(5s);
        } catch (const timeout_error& e) {
            CHECK(e.total());
            phases.push_back(e.phase());
        }
        CHECK(skein::testing::elapsed() - started == 5s);
    }
    CHECK(phases == std::vector<phase>{phase::none, phase::first_byte});
    CHECK(session.stats().open == 0);
}

SKEIN_TEST_CASE("misuse is a logic_error: next() twice at once, a response that was moved away") {
    scripted_server server("api.test");
    server.expect("GET", "/").delay(1s);
    client_session session;
    const auto twice = [](attempt_request& request, next_handler next) -> task<client_response> {
        auto [a, b] = co_await gather(next(request), next(request));
        co_return std::move(a);
    };
    const auto nothing = [](attempt_request& request, next_handler) -> task<client_response> {
        auto response = request.respond(200);
        const auto elsewhere = std::move(response);
        co_return response;
    };
    int caught = 0;
    for (const middleware& around : {middleware(twice), middleware(nothing)}) {
        try {
            (void)co_await session.get(here).middleware(around);
        } catch (const std::logic_error&) {
            ++caught;
        }
    }
    CHECK(caught == 2);
    CHECK_THROWS_AS((void)session.get(here).middleware(nullptr), std::invalid_argument);
}

SKEIN_TEST_CASE("set_url and set_method refuse what a request refuses") {
    client_session session;
    const auto wrong = [](attempt_request& request, next_handler) -> task<client_response> {
        CHECK_THROWS_AS(request.set_url(url("ws://api.test/")), invalid_url);
        CHECK_THROWS_AS(request.set_method("A B"), std::invalid_argument);
        CHECK_THROWS_AS(request.set_header("X", "a\r\nb"), std::invalid_argument);
        co_return request.respond(204);
    };
    auto response = co_await session.get(here).middleware(wrong);
    CHECK(response.status() == 204);
}

SKEIN_TEST_CASE("each attempt of a retry begins with the request as the program made it") {
    scripted_server server("api.test");
    server.expect("POST", "/").answer(503);
    server.expect("POST", "/").answer(200);
    client_session session;
    const auto adding = [](attempt_request& request, next_handler next) -> task<client_response> {
        request.add_header("X-Added", "once");
        request.set_body(std::string(*request.body()) + "!");
        co_return co_await next(request);
    };
    retry_policy twice;
    twice.any_method = true;
    auto response = co_await session.post(here).body("content").retry(twice).middleware(adding);
    CHECK(response.status() == 200);
    server.check();
    for (const auto& request : server.requests()) {
        CHECK(request.headers.get_all("X-Added").size() == 1);
        CHECK(request.body == "content!");
    }
}
