// Multipart bodies as a server sees them, taken apart by rules of their own.
#include "request_bodies.hpp"
#include "temporary_file.hpp"
#include "virtual_loop.hpp"

#include <skein/client_session.hpp>
#include <skein/error.hpp>
#include <skein/multipart.hpp>
#include <skein/sleep.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

using namespace skein;
using test::received_part;
using test::received_request;
using test::value_of;

namespace {

struct received : received_request {
    std::vector<received_part> parts;
};

/// Posts it in a simulation; what arrived.
received post(const multipart& body) {
    received got;
    const auto serve = [&](testing::server_stream& client) -> task<> {
        static_cast<received_request&>(got) = co_await test::take_request(client);
        got.parts = test::parse_multipart(value_of(got.head, "Content-Type"), got.body);
        co_await client.write("HTTP/1.1 204 No Content\r\n\r\n");
    };
    const auto main = [&]() -> task<> {
        testing::this_network().listen("h", 80, serve);
        client_session session;
        auto answer = co_await session.post("http://h/").multipart(body);
        CHECK(answer.status() == 204);
    };
    tests::run_virtual(main);
    return got;
}

body_source stream_of(std::string text) {
    const auto write = [](body_writer& out, const std::string& what) -> task<> {
        co_await yield();
        co_await out.write(what);
    };
    return body_source(write, std::move(text));
}

}  // namespace

TEST_CASE("parts in their order, with what is said of each") {
    const test::temporary_file file("from a file");
    multipart body;
    body.text("title", "Holiday\r\n2026").text("title", "");
    body.bytes("data", as_bytes("\x01\x02"), "data.bin");
    body.file("file", file.path());
    body.add(multipart::part("json", std::string("{}"))
                 .content_type("application/json")
                 .header("X-One", "1")
                 .header("X-One", "2"));
    const auto got = post(body);
    CHECK(value_of(got.head, "Content-Length") == std::to_string(got.body.size()));
    REQUIRE(got.parts.size() == 5);
    CHECK(got.parts[0].disposition() == "form-data; name=\"title\"");
    CHECK(value_of(got.parts[0].head, "Content-Type").empty());
    CHECK(got.parts[0].content == "Holiday\r\n2026");  // as it is
    CHECK(got.parts[1].content.empty());
    CHECK(got.parts[2].disposition() == "form-data; name=\"data\"; filename=\"data.bin\"");
    CHECK(value_of(got.parts[2].head, "Content-Type") == "application/octet-stream");
    CHECK(got.parts[2].content == "\x01\x02");
    CHECK(got.parts[3].disposition() ==
          "form-data; name=\"file\"; filename=\"" + file.path().filename().string() + "\"");
    CHECK(got.parts[3].content == "from a file");
    CHECK(got.parts[4].head.ends_with("\r\nContent-Type: application/json\r\nX-One: 1\r\nX-One: 2\r\n"));
    CHECK(got.parts[4].content == "{}");
}

TEST_CASE("the length is announced if all parts have one; else the body comes in chunks") {
    const auto one = [](body_source source, std::optional<std::uint64_t> size) {
        return post(multipart().text("a", "b").add(multipart::part("s", std::move(source), size)));
    };
    const auto known = one(stream_of("12345"), 5);
    CHECK(value_of(known.head, "Content-Length") == std::to_string(known.body.size()));
    CHECK(known.parts.at(1).content == "12345");
    const auto unknown = one(stream_of("12345"), {});
    CHECK(value_of(unknown.head, "Content-Length").empty());
    CHECK(value_of(unknown.head, "Transfer-Encoding") == "chunked");
    CHECK(unknown.parts.at(1).content == "12345");
}

TEST_CASE("small parts leave together; large ones are not copied together") {
    multipart small;
    for (int i = 0; i < 50; ++i) small.text("n" + std::to_string(i), std::string(100, 'x'));
    small.add(multipart::part("s", stream_of("end")));  // has it come in chunks, which can be counted
    const auto got = post(small);
    CHECK(got.parts.size() == 51);
    CHECK(got.chunks == 3);
    const std::string large(20'000, 'y');
    const auto two = post(multipart()
                              .add(multipart::part("a", std::string(large)))
                              .add(multipart::part("b", std::string(large)))
                              .add(multipart::part("s", stream_of("end"))));
    CHECK(two.parts.at(1).content == large);
    CHECK(two.chunks == 7);
}

TEST_CASE("no parts, and nothing in them") {
    CHECK(post(multipart().text("", "")).parts.at(0).disposition() == "form-data; name=\"\"");
    CHECK(multipart().empty());
    CHECK(post(multipart()).body.size() == 44);  // the end alone
}

TEST_CASE("a part that has another size than announced fails the request") {
    const auto error_of = [](body_source source, std::uint64_t size) {
        try {
            post(multipart()
                     .add(multipart::part("photo", std::move(source), size))
                     .add(multipart::part("rest", stream_of("12345"), 5)));
        } catch (const payload_error& e) {
            return std::string(e.what());
        }
        return std::string();
    };
    CHECK(error_of(stream_of("123"), 4).find("part \"photo\" was announced with 4 bytes and has only 3") !=
          std::string::npos);
    CHECK(error_of(stream_of("12345"), 4).find("has at least 5") != std::string::npos);
    CHECK(error_of(body_source("memory"), 4).find("has 6") != std::string::npos);
}

TEST_CASE("each request has a boundary of its own; one that was chosen stays") {
    std::set<std::string> seen;
    const auto main = [&]() -> task<> {
        for (int i = 0; i < 10; ++i) seen.insert(multipart().text("a", "b").to_body().second);
        co_return;
    };
    tests::run_virtual(main);
    CHECK(seen.size() == 10);
    for (int i = 0; i < 10; ++i) seen.insert(multipart().text("a", "b").to_body().second);  // the system's
    CHECK(seen.size() == 20);
    const auto got = post(multipart().text("a", "b").boundary("a (b)"));
    CHECK(value_of(got.head, "Content-Type") == "multipart/form-data; boundary=\"a (b)\"");
    CHECK(got.parts.at(0).content == "b");
}

TEST_CASE("what would say where a part ends, or what it is, has setters of its own") {
    auto part = multipart::part("n", std::string("v"));
    for (const char* name :
         {"content-disposition", "Content-Type", "CONTENT-LENGTH", "Transfer-Encoding", "X Y", "X:"})
        CHECK_THROWS_AS(part.header(name, "v"), std::invalid_argument);
    CHECK_THROWS_AS(multipart().text(std::string("a\0b", 3), "v"), std::invalid_argument);
    CHECK_THROWS_AS(part.filename("a\x7f"), std::invalid_argument);
    CHECK_THROWS_AS(part.content_type("text/plain\r\nX: y"), std::invalid_argument);
}
