// Compressed bodies through the client: what is asked for, what is undone, and what becomes of the
// connection.
#include "response_fixture.hpp"

#include <chrono>
#include <vector>

using namespace skein;
using namespace skein::response_test;
using namespace std::chrono_literals;
using coding_test::all_codings;
using coding_test::some_text;

namespace {

/// The Accept-Encoding of the last request; "none" if it had none.
std::string accepted(const site& by) {
    const std::string name = "\r\nAccept-Encoding: ";
    const auto found = by.head.find(name);
    if (found == std::string::npos) return "none";
    const auto from = found + name.size();
    return by.head.substr(from, by.head.find("\r\n", from) - from);
}

task<> end_of(future<void> one) {
    co_await one;
}

}  // namespace

SKEIN_TEST_CASE(
    "a request says what can be undone, unless the caller says what is acceptable, or wants none") {
    site server;
    server.answers["/"] = response("", "x");
    std::string ours;
    for (const auto coding : all_codings()) ours.append(ours.empty() ? "" : ", ").append(to_string(coding));
    {
        client_session session;
        (void)co_await session.get(at("/"));
        CHECK(accepted(server) == ours);
        (void)co_await session.get(at("/")).header("X-Other", "1");
        CHECK(accepted(server) == ours);
        (void)co_await session.get(at("/")).header("accept-encoding", "identity");
        CHECK(accepted(server) == "none");
        CHECK(server.head.find("accept-encoding: identity") != std::string::npos);
        (void)co_await session.get(at("/")).decompress(false);
        CHECK(accepted(server) == "none");
        (void)co_await session.get(at("/")).decompress(true);
        CHECK(accepted(server) == ours);
        (void)co_await session.get(at("/")).header("Range", "bytes=5-");
        CHECK(accepted(server) == "none");
        (void)co_await session.get(at("/")).header("Range", "bytes=5-").header("Accept-Encoding", "gzip");
        CHECK(accepted(server) == "gzip");
    }
    session_options off;
    off.decompress = false;
    {
        client_session session(off);
        (void)co_await session.get(at("/"));
        CHECK(accepted(server) == "none");
        (void)co_await session.get(at("/")).decompress(true);
        CHECK(accepted(server) == ours);
    }
    session_options own;
    own.default_headers.append("Accept-Encoding", "br;q=1");
    {
        client_session session(own);
        (void)co_await session.get(at("/"));
        CHECK(accepted(server) == "br;q=1");
        (void)co_await session.get(at("/")).decompress(false);
        CHECK(accepted(server) == "br;q=1");
    }
    session_options range;
    range.default_headers.append("Range", "bytes=5-");
    client_session session(range);
    (void)co_await session.get(at("/"));
    CHECK(accepted(server) == "none");
}

SKEIN_TEST_CASE("each coding is undone for every way of reading, however it arrives") {
    site server;
    const std::string text = some_text(200'000);
    testing::link one_by_one;
    one_by_one.random_pieces = true;
    for (const bool cut : {false, true}) {
        if (cut) this_network().set_link(one_by_one);
        client_session session;
        for (const auto coding : all_codings()) {
            server.answers["/"] = coded(coding, text);
            auto pieces = co_await session.get(at("/"));
            CHECK(pieces.headers().get("Content-Encoding") == to_string(coding));
            std::string got;
            while (auto piece = co_await pieces.chunk()) {
                CHECK(piece->size() <= 64 * 1024);
                got += as_text(*piece);
            }
            CHECK(got == text);
            const auto& report = pieces.report();
            CHECK(report.response_decoded_bytes == text.size());
            CHECK(report.response_body_bytes == pieces.content_length());
            CHECK(report.response_body_bytes < text.size());

            auto whole = co_await session.get(at("/"));
            const auto bytes = co_await whole.read();
            CHECK(as_text(bytes) == text);
            server.answers["/json"] = coded(coding, R"({"a": [1, 2]})");
            auto json = co_await session.get(at("/json"));
            const nlohmann::json value = co_await json.json();
            CHECK(value["a"][1] == 2);
        }
        CHECK(session.stats().open == 1);
    }
}

SKEIN_TEST_CASE("what is unknown, unwanted or a part stays as it came; no body is no error") {
    site server;
    client_session session;
    const std::string gzip = coding_test::encode(content_coding::gzip, "text");
    server.answers["/unknown"] = response("Content-Encoding: gzip, secret\r\n", "raw");
    server.answers["/identity"] = response("Content-Encoding: identity\r\n", "raw");
    server.answers["/gzip"] = coded(content_coding::gzip, "text");
    server.answers["/empty"] = response("Content-Encoding: gzip\r\n", "");
    server.answers["/head"] = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 99\r\n\r\n";
    server.answers["/part"] =
        "HTTP/1.1 206 Partial Content\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nraw";
    for (const auto* raw : {"/unknown", "/identity", "/part"}) {
        auto got = co_await session.get(at(raw));
        const std::string body = co_await got.text();
        CHECK(body == "raw");
    }
    auto unwanted = co_await session.get(at("/gzip")).decompress(false);
    const auto bytes = co_await unwanted.read();
    CHECK(as_text(bytes) == gzip);
    CHECK(unwanted.report().response_decoded_bytes == gzip.size());
    auto empty = co_await session.get(at("/empty"));
    const std::string nothing = co_await empty.text();
    CHECK(nothing.empty());
    auto head = co_await session.head(at("/head"));
    const std::string none = co_await head.text();
    CHECK(none.empty());
    CHECK(this_network().made_connections() == 1);
}

SKEIN_TEST_CASE(
    "a damaged body is payload_error, and its connection is not used again, whoever has it by then") {
    site server;
    server.answers["/bad"] = response("Content-Encoding: gzip\r\n", "hello");
    server.answers["/good"] = response("", "good");
    client_session session;
    auto bad = co_await session.get(at("/bad"));
    CHECK(session.stats().idle == 1);  // all of it has come
    const auto error = co_await error_of<payload_error>(bad.text());
    CHECK(mentions(error, "malformed gzip at byte 0"));
    CHECK(mentions(error, at("/bad")));
    CHECK(error->report() != nullptr);
    CHECK(session.stats().open == 0);

    auto worse = co_await session.get(at("/bad"));
    server.answers["/slow"] = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha";
    server.later["/slow"] = "st";
    auto other = co_await session.get(at("/slow"));
    CHECK(this_network().made_connections() == 2);
    CHECK(co_await error_of<payload_error>(worse.chunk()));
    CHECK(co_await error_of<payload_error>(worse.chunk()));  // as often as it is asked
    CHECK(session.stats().open == 1);                        // its new user goes on
    const std::string text = co_await other.text();
    CHECK(text == "hast");
    CHECK(session.stats().open == 0);
    (void)co_await session.get(at("/good"));
    CHECK(this_network().made_connections() == 3);
}

SKEIN_TEST_CASE("a body that ends too early is an error of the wire, or of the coding, whichever it is") {
    site server;
    const std::string gzip = coding_test::encode(content_coding::gzip, some_text(5000));
    server.answers["/coding"] = response("Content-Encoding: gzip\r\n", gzip.substr(0, 1000));
    client_session session;
    auto short_coding = co_await session.get(at("/coding"));
    const auto first = co_await error_of<payload_error>(short_coding.text());
    CHECK(mentions(first, "incomplete gzip: it ends at byte 1000"));
    this_network().listen("cut.test", 80, [&](server_stream& client) -> task<> {
        (void)co_await client.read_until("\r\n\r\n");
        const std::string all = response("Content-Encoding: gzip\r\n", gzip);
        co_await client.write(all.substr(0, all.size() - 100));
    });
    auto short_wire = co_await session.get("http://cut.test/");
    const auto second = co_await error_of<payload_error>(short_wire.text());
    CHECK(mentions(second, "incomplete or malformed"));
}

SKEIN_TEST_CASE("the connection is free when the message has come, though most of the body is not decoded") {
    site server;
    server.answers["/bomb"] = coded(content_coding::gzip, std::string(8 << 20, 'x'));
    server.answers["/other"] = response("", "other");
    session_options options;
    options.connector.limit = 1;
    client_session session(options);
    auto bomb = co_await session.get(at("/bomb"));
    auto piece = co_await bomb.chunk();
    auto other = co_await session.get(at("/other"));
    const std::string text = co_await other.text();
    CHECK(text == "other");
    std::size_t size = piece->size();
    while (auto next = co_await bomb.chunk()) size += next->size();
    CHECK(size == 8 << 20);
    CHECK(this_network().made_connections() == 1);
}

SKEIN_TEST_CASE("limits count what is decoded, and other tasks have their turns meanwhile") {
    site server;
    server.answers["/bomb"] = coded(content_coding::gzip, std::string(40 << 20, '\0'));
    client_session session;
    auto whole = co_await session.get(at("/bomb"));
    CHECK(
        mentions(co_await error_of<payload_error>(whole.text()), "longer than the limit of 33554432 bytes"));
    auto some = co_await session.get(at("/bomb"));
    CHECK(mentions(co_await error_of<payload_error>(some.read(1000)), "longer than the limit of 1000 bytes"));

    int turns = 0;
    const auto count = [&]() -> task<> {
        for (;; ++turns) co_await yield();
    };
    auto counting = create_task(count());
    auto streamed = co_await session.get(at("/bomb"));
    const int before = turns;
    std::size_t size = 0;
    while (auto piece = co_await streamed.chunk()) size += piece->size();
    CHECK(size == 40 << 20);
    CHECK(turns >= before + 39);
    counting.cancel();
    CHECK(co_await error_of<cancelled_error>(end_of(counting)));

    session_options strict;
    strict.decoding.max_ratio = 100;
    strict.decoding.max_codings = 1;
    client_session careful(strict);
    auto refused = co_await careful.get(at("/bomb"));
    CHECK(mentions(co_await error_of<payload_error>(refused.text()), "more than 100 times as long"));
    server.answers["/two"] = response("Content-Encoding: gzip, gzip\r\n", "");
    auto two = co_await careful.get(at("/two"));
    CHECK(mentions(co_await error_of<payload_error>(two.text()), "over the limit of 1"));
}
