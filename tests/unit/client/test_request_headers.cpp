// Which headers go out, and in what order: the request's, the session's, the library's own.
#include <skein/skein.hpp>
#include <skein/testing.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <string>

using namespace skein;
using testing::server_stream;
using testing::this_network;

namespace {

/// The head that a request to http://h.test/ becomes, after its request line.
std::string head_of(
    session_options options, const std::function<void(client_request&)>& change = [](client_request&) {}) {
    options.decompress = false;  // which has a case of its own
    std::string head;
    testing::run([&]() -> task<> {
        const auto serve = [&](server_stream& client) -> task<> {
            head = co_await client.read_until("\r\n\r\n");
            co_await client.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        };
        this_network().listen("h.test", 80, serve);
        client_session session(options);
        auto request = session.get("http://h.test/");
        change(request);
        (void)co_await std::move(request);
    });
    return head.substr(head.find("\r\n") + 2);
}

session_options with_headers() {
    session_options options;
    options.default_headers.append("X-Team", "blue");
    options.default_headers.append("X-Two", "1");
    options.default_headers.append("X-Two", "2");
    return options;
}

const std::string agent = "User-Agent: skein/0.1.0\r\n";

}  // namespace

TEST_CASE("Host comes first, then the session's headers, then the library's") {
    CHECK(head_of({}) == "Host: h.test\r\nAccept: */*\r\n" + agent + "\r\n");
    CHECK(head_of(with_headers()) ==
          "Host: h.test\r\nX-Team: blue\r\nX-Two: 1\r\nX-Two: 2\r\nAccept: */*\r\n" + agent + "\r\n");
}

TEST_CASE("the request's headers come before the session's, and replace all of theirs with that name") {
    CHECK(head_of(with_headers(), [](client_request& r) { r.header("x-two", "3").header("Z", "4"); }) ==
          "Host: h.test\r\nx-two: 3\r\nZ: 4\r\nX-Team: blue\r\nAccept: */*\r\n" + agent + "\r\n");
    CHECK(head_of({}, [](client_request& r) { r.header("User-Agent", "mine").header("accept", "a"); }) ==
          "Host: h.test\r\nUser-Agent: mine\r\naccept: a\r\n\r\n");
}

TEST_CASE("a Host of the caller's takes the place of the URL's, once and in front") {
    CHECK(head_of({}, [](client_request& r) { r.header("X", "1").header("Host", "virtual.test:81"); }) ==
          "Host: virtual.test:81\r\nX: 1\r\nAccept: */*\r\n" + agent + "\r\n");
    CHECK_THROWS_AS(head_of({}, [](client_request& r) { r.header("Host", "a").header("Host", "b"); }),
                    std::invalid_argument);
}

TEST_CASE("what the library adds by itself can be left out, by the session and by one request") {
    session_options quiet;
    quiet.skip_auto_headers = {"user-agent", "Accept"};
    CHECK(head_of(quiet) == "Host: h.test\r\n\r\n");
    CHECK(head_of(quiet, [](client_request& r) { r.header("Accept", "a"); }) ==
          "Host: h.test\r\nAccept: a\r\n\r\n");
    CHECK(head_of({}, [](client_request& r) { r.skip_auto_headers("Accept"); }) ==
          "Host: h.test\r\n" + agent + "\r\n");
    CHECK(head_of({}, [](client_request& r) { r.skip_auto_headers("ACCEPT", "User-Agent"); }) ==
          "Host: h.test\r\n\r\n");
    // Headers of the session's own are not the library's.
    CHECK(head_of(with_headers(), [](client_request& r) {
              r.skip_auto_headers("X-Team");
          }).find("X-Team: blue") != std::string::npos);
}

TEST_CASE("Accept-Encoding can be left out like the others") {
    const auto codings_of = [](const session_options& options, const char* skipped) {
        std::string head;
        testing::run([&]() -> task<> {
            const auto serve = [&](server_stream& client) -> task<> {
                head = co_await client.read_until("\r\n\r\n");
                co_await client.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            };
            this_network().listen("h.test", 80, serve);
            client_session session(options);
            auto request = session.get("http://h.test/").header("X", "1").skip_auto_headers(skipped);
            (void)co_await std::move(request);
        });
        return head.find("\r\nAccept-Encoding: ") != head.npos;
    };
    CHECK(codings_of({}, "User-Agent"));
    CHECK_FALSE(codings_of({}, "accept-encoding"));
    session_options quiet;
    quiet.skip_auto_headers = {"Accept-Encoding"};
    CHECK_FALSE(codings_of(quiet, "User-Agent"));
}
