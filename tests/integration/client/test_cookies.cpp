// Cookies over sockets: what servers set comes back to them, and to nobody else. The rules of the jar itself
// are tested where it lies.
#include "client_test.hpp"
#include "over_tls.hpp"

#include <skein/cookie_jar.hpp>

#include <memory>
#include <mutex>

using namespace client_test;
using namespace skein;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

// Sets what the target names: "/set?NAME=VALUE"; "/go?URL" redirects, and sets `hop` before.
std::string answer(const std::string& request) {
    const auto target = request.substr(request.find(' ') + 1, request.find(" HTTP/") - request.find(' ') - 1);
    const auto query = target.substr(std::min(target.find('?'), target.size() - 1) + 1);
    if (target.starts_with("/set?")) return response("", "200 OK", "Set-Cookie: " + query + "\r\n");
    if (target.starts_with("/go?"))
        return response("", "302 Found", "Set-Cookie: hop=1; Path=/\r\nLocation: " + query + "\r\n");
    if (target.starts_with("/bad?")) return response("", "404 No", "Set-Cookie: " + query + "\r\n");
    return response("");
}

evil_server::script cookie_server() {
    return [](evil_peer& peer) {
        while (auto request = peer.read_request()) peer.send(answer(*request));
    };
}

std::string last_cookies(const evil_server& server) {
    return field_of(server.seen().back(), "Cookie");
}

}  // namespace

TEST_CASE("a session tells a server again what it was told to keep, and its responses show it") {
    evil_server server(cookie_server());
    const auto body = [&]() -> task<> {
        client_session session;
        auto got = co_await session.get(server.url("/set?a=1;Path=/"));
        CHECK(field_of(server.seen().at(0), "Cookie").empty());
        CHECK(got.headers().get("Set-Cookie") == "a=1;Path=/");
        CHECK(session.cookies().size() == 1);
        (void)co_await session.get(server.url("/set?b=2;Path=/;Max-Age=1000"));
        CHECK(last_cookies(server) == "a=1");
        (void)co_await session.get(server.url("/bad?c=3"));
        (void)co_await session.get(server.url("/x"));
        CHECK(last_cookies(server) == "a=1; b=2; c=3");
        (void)co_await session.get(server.url("/set?a=;Max-Age=0;Path=/"));
        (void)co_await session.get(server.url("/"));
        CHECK(last_cookies(server) == "b=2; c=3");
        (void)co_await session.get(server.url("/", "localhost"));
        CHECK(last_cookies(server).empty());
    };
    run(body);
}

TEST_CASE("what a redirect sets counts for the request that follows it") {
    evil_server server(cookie_server());
    const auto body = [&]() -> task<> {
        client_session session;
        auto got = co_await session.get(server.url("/go?/go?/end"));
        CHECK(got.history().size() == 2);
        const auto seen = server.seen();
        CHECK(field_of(seen.at(0), "Cookie").empty());
        CHECK(field_of(seen.at(1), "Cookie") == "hop=1");
        CHECK(field_of(seen.at(2), "Cookie") == "hop=1");
    };
    run(body);
}

TEST_CASE("the header is made anew for every hop: paths and hosts decide each time") {
    evil_server other(cookie_server());
    evil_server server(cookie_server());
    const auto body = [&]() -> task<> {
        client_session session;
        auto jar_entry = [&](const std::string& at, const char* name, const char* path) {
            cookie one;
            one.name = name;
            one.value = "1";
            one.domain = at;
            one.path = path;
            session.cookies().set(one);
        };
        jar_entry("127.0.0.1", "first", "/go");
        jar_entry("127.0.0.1", "all", "/");
        jar_entry("localhost", "theirs", "/");
        (void)co_await session.get(server.url("/go?" + other.url("/end", "localhost")));
        CHECK(last_cookies(server) == "first=1; all=1");
        CHECK(last_cookies(other) == "theirs=1");
    };
    run(body);
}

TEST_CASE("a request's own cookies and header go with it, within its first origin only") {
    evil_server other(cookie_server());
    evil_server server(cookie_server());
    std::string target;
    std::string expected;
    SUBCASE("same origin") {
        target = server.url("/end");
        expected = "h=1; jar=3; hop=1; own=4";
    }
    SUBCASE("another port of the same host, which the jar does not tell apart") {
        target = other.url("/end");
        expected = "jar=3; hop=1";
    }
    SUBCASE("another host") {
        target = other.url("/end", "localhost");
    }
    const auto body = [&]() -> task<> {
        client_session session;
        session.cookies().set(url(server.url()), "jar", "3");
        auto request = session.get(server.url("/go?" + target));
        request.header("Cookie", "h=1; jar=2").cookie("own", "0").cookie("own", "4");
        (void)co_await std::move(request);
        CHECK(field_of(server.seen().at(0), "Cookie") == "h=1; jar=3; own=4");
        evil_server& last = other.requests() == 0 ? server : other;
        CHECK(last_cookies(last) == expected);
        (void)co_await session.get(server.url());
        CHECK(last_cookies(server) == "jar=3; hop=1");
    };
    run(body);
}

TEST_CASE("a Cookie header that stands alone goes out as it is written") {
    evil_server server(cookie_server());
    const auto body = [&]() -> task<> {
        session_options options;
        options.default_headers.append("Cookie", "session=default");
        client_session session(options);
        session.cookies().set(url("http://elsewhere.test/"), "x", "1");
        (void)co_await session.get(server.url()).header("Cookie", "a=1;b;;  c = 2");
        CHECK(last_cookies(server) == "a=1;b;;  c = 2");
        (void)co_await session.get(server.url());
        CHECK(last_cookies(server) == "session=default");
        (void)co_await session.get(server.url()).cookie("a", "1");
        CHECK(last_cookies(server) == "session=default; a=1");
    };
    run(body);
}

TEST_CASE("a jar to begin with, shared between sessions, or none") {
    evil_server server(cookie_server());
    const auto body = [&]() -> task<> {
        session_options options;
        options.cookies = std::make_shared<cookie_jar>();
        options.cookies->set(url(server.url()), "given", "1");
        client_session one(options);
        client_session two(options);
        (void)co_await one.get(server.url("/set?a=1"));
        CHECK(last_cookies(server) == "given=1");
        (void)co_await two.get(server.url());
        CHECK(last_cookies(server) == "given=1; a=1");
        CHECK(&one.cookies() == options.cookies.get());

        session_options without;
        without.cookies = no_cookies();
        client_session none(without);
        (void)co_await none.get(server.url("/set?a=1"));
        (void)co_await none.get(server.url()).cookie("own", "1");
        CHECK(none.cookies().empty());
        CHECK(last_cookies(server) == "own=1");
    };
    run(body);
}

TEST_CASE("a secure cookie goes over TLS only, and only TLS can set one") {
    const auto root = skein::test::make_root("The Root");
    skein::test::recipe leaf;
    leaf.names = {"DNS:localhost"};
    evil_server plain(cookie_server());
    std::mutex guard;
    std::string seen;
    const auto note = [&](const std::string& request) {
        const std::lock_guard lock(guard);
        seen = field_of(request, "Cookie");
        return answer(request);
    };
    evil_server secure(over_tls(skein::test::issue(leaf, &root), note));
    const auto base = secure_url(secure);
    const auto body = [&]() -> task<> {
        session_options options;
        options.tls = tls_context().ca_pem(skein::test::to_pem(root));
        client_session session(options);
        (void)co_await session.get(base + "set?s=1;Secure;Path=/");
        (void)co_await session.get(base + "set?both=1;Path=/");
        (void)co_await session.get(plain.url("/set?s=2;Path=/", "localhost"));
        CHECK(last_cookies(plain) == "both=1");
        (void)co_await session.get(plain.url("/set?t=2;Secure;Path=/", "localhost"));
        (void)co_await session.get(base + "go?" + plain.url("/", "localhost")).allow_downgrade(true);
        CHECK(last_cookies(plain) == "both=1; hop=1");
        (void)co_await session.get(base);
        const std::lock_guard lock(guard);
        CHECK(seen == "s=1; both=1; hop=1");
    };
    run(body);
}
