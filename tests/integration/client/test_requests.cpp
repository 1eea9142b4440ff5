// What a request looks like on the wire.
#include "client_test.hpp"

#include <nlohmann/json.hpp>

using namespace client_test;
using namespace skein;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

// The bytes that a request becomes.
template <class Fn>
std::string wire_of(Fn make, const session_options& options = {}) {
    evil_server server(always(response("")));
    const auto body = [&]() -> task<> {
        client_session session(options);
        auto request = make(session, server);
        (void)co_await std::move(request);
    };
    run(body);
    REQUIRE(server.requests() == 1);
    return server.seen()[0];
}

}  // namespace

TEST_CASE("a plain GET says no more than it must") {
    evil_server server(always(response("")));
    const auto body = [&]() -> task<> {
        client_session session;
        (void)co_await session.get(server.url("/path?q=1#fragment"));
    };
    run(body);
    const std::string codings = std::string("gzip, deflate") +
                                (is_supported(content_coding::br) ? ", br" : "") +
                                (is_supported(content_coding::zstd) ? ", zstd" : "");
    CHECK(server.seen().at(0) ==
          "GET /path?q=1 HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
              "\r\nAccept: */*\r\nAccept-Encoding: " + codings + "\r\nUser-Agent: skein/0.1.0\r\n\r\n");
}

TEST_CASE("every method has its name") {
    evil_server server(always(response("")));
    const auto body = [&]() -> task<> {
        client_session session;
        (void)co_await session.get(server.url());
        (void)co_await session.post(server.url());
        (void)co_await session.put(server.url());
        (void)co_await session.patch(server.url());
        (void)co_await session.del(server.url());
        (void)co_await session.options(server.url());
        (void)co_await session.request("QUERY", server.url());
        CHECK_THROWS_AS((void)session.request("GET /x HTTP/1.1\r\nX:", server.url()), std::invalid_argument);
        CHECK_THROWS_AS((void)session.request("", server.url()), std::invalid_argument);
    };
    run(body);
    std::string methods;
    for (const auto& request : server.seen()) methods += request.substr(0, request.find(' ')) + " ";
    CHECK(methods == "GET POST PUT PATCH DELETE OPTIONS QUERY ");
    CHECK(field_of(server.seen()[1], "Content-Length") == "0");
}

TEST_CASE("parameters are added to the query, encoded") {
    const auto wire = wire_of([](client_session& session, evil_server& server) {
        return session.get(server.url("/a?b=c")).param("x y", "1&2").param("ü", "");
    });
    CHECK(wire.starts_with("GET /a?b=c&x+y=1%262&%C3%BC= HTTP/1.1\r\n"));
}

TEST_CASE("a base URL, and URLs seen from it") {
    evil_server server(always(response("")));
    const auto body = [&]() -> task<> {
        session_options options;
        options.base_url = server.url("/api/v1/");
        client_session session(options);
        (void)co_await session.get("users");
        (void)co_await session.get("/root");
        (void)co_await session.get("?q");
        (void)co_await session.get(server.url("/absolute", "localhost"));
    };
    run(body);
    const auto seen = server.seen();
    CHECK(seen.at(0).starts_with("GET /api/v1/users HTTP"));
    CHECK(seen.at(1).starts_with("GET /root HTTP"));
    CHECK(seen.at(2).starts_with("GET /api/v1/?q HTTP"));
    CHECK(field_of(seen.at(3), "Host") == "localhost:" + std::to_string(server.port()));
}

TEST_CASE("default headers go with each request, unless it has its own") {
    session_options options;
    options.default_headers.append("X-Team", "blue");
    options.default_headers.append("User-Agent", "ours/1");
    options.default_headers.append("Accept", "text/plain");
    const auto wire = wire_of(
        [](client_session& session, evil_server& server) {
            return session.get(server.url()).header("accept", "text/html").header("Accept", "text/csv");
        },
        options);
    CHECK(field_of(wire, "X-Team") == "blue");
    CHECK(field_of(wire, "User-Agent") == "ours/1");
    CHECK(wire.find("text/plain") == wire.npos);
    CHECK(wire.find("accept: text/html\r\n") != wire.npos);
    CHECK(wire.find("Accept: text/csv\r\n") != wire.npos);
}

TEST_CASE("bodies: as they are, and as JSON") {
    const auto plain = wire_of([](client_session& session, evil_server& server) {
        return session.post(server.url()).body("a\0b"s);
    });
    CHECK(field_of(plain, "Content-Length") == "3");
    CHECK(field_of(plain, "Content-Type").empty());
    CHECK(plain.ends_with("\r\n\r\na\0b"s));
    const auto as_json = wire_of([](client_session& session, evil_server& server) {
        const nlohmann::json value = {{"a", 1}};
        return session.post(server.url()).json(value);
    });
    CHECK(field_of(as_json, "Content-Type") == "application/json");
    CHECK(as_json.ends_with("\r\n\r\n{\"a\":1}"));
    const auto own_type = wire_of([](client_session& session, evil_server& server) {
        return session.post(server.url()).header("Content-Type", "application/problem+json").json(1);
    });
    CHECK(field_of(own_type, "Content-Type") == "application/problem+json");
}

TEST_CASE("credentials of the URL become a header, and no part of the target") {
    const auto wire = wire_of([](client_session& session, evil_server& server) {
        return session.get("http://us%20er:p%40ss@127.0.0.1:" + std::to_string(server.port()) + "/x");
    });
    CHECK(field_of(wire, "Authorization") == "Basic dXMgZXI6cEBzcw==");  // "us er:p@ss"
    CHECK(wire.starts_with("GET /x HTTP/1.1\r\n"));
    const auto own = wire_of([](client_session& session, evil_server& server) {
        return session.get("http://a:b@127.0.0.1:" + std::to_string(server.port()) + "/").bearer("token");
    });
    CHECK(field_of(own, "Authorization") == "Bearer token");
    const auto basic = wire_of([](client_session& session, evil_server& server) {
        return session.get(server.url()).basic_auth("user", "pass");
    });
    CHECK(field_of(basic, "Authorization") == "Basic dXNlcjpwYXNz");
}

TEST_CASE("what could split a request never reaches the wire") {
    evil_server server(always(response("")));
    const auto body = [&]() -> task<> {
        client_session session;
        CHECK_THROWS_AS((void)session.get(server.url("/a b\r\nX: y")), invalid_url);
        CHECK_THROWS_AS(session.get(server.url()).header("X", "a\r\nY: b"), std::invalid_argument);
        CHECK_THROWS_AS(session.get(server.url()).header("X: y\r\nZ", "a"), std::invalid_argument);
        CHECK_THROWS_AS(session.get(server.url()).bearer("a\r\nb"), std::invalid_argument);
        CHECK_THROWS_AS((void)session.get("ftp://127.0.0.1/"), invalid_url);
        CHECK_THROWS_AS((void)session.get("/relative"), invalid_url);
        auto length = session.post(server.url()).header("Content-Length", "7").body("four");
        CHECK_THROWS_AS((void)co_await std::move(length), std::invalid_argument);
        CHECK(session.stats().open == session.stats().idle);
    };
    run(body);
    CHECK(server.requests() == 0);
}

TEST_CASE("a request is sent once") {
    evil_server server(always(response("")));
    const auto body = [&]() -> task<> {
        client_session session;
        auto request = session.get(server.url());
        (void)co_await std::move(request);
        CHECK_THROWS_AS(request.header("a", "b"), std::logic_error);
    };
    run(body);
}
