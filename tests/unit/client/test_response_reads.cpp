// Bodies by lines, marks and counts; text in charsets; JSON; hooks.
#include "response_fixture.hpp"

#include <chrono>
#include <vector>

using namespace skein;
using namespace skein::response_test;
using namespace std::string_literals;
using coding_test::some_text;

namespace {

task<std::vector<std::string>> lines_of(client_response from, std::size_t limit) {
    std::vector<std::string> lines;
    while (auto line = co_await from.read_line(limit)) lines.push_back(std::move(*line));
    co_return lines;
}

task<std::string> text_of(client_session& session, const char* path) {
    auto got = co_await session.get(at(path));
    co_return co_await got.text();
}

/// The same test with bodies that come whole, and in pieces of any size.
task<> in_any_pieces(std::function<task<>(site&, client_session&)> body) {
    for (const std::size_t largest : {64 * 1024, 1, 3}) {
        testing::link cut;
        cut.largest_piece_bytes = largest;
        this_network().set_link(cut);
        site server;
        client_session session;
        co_await body(server, session);
    }
}

}  // namespace

SKEIN_TEST_CASE("lines end with LF or CR LF, and the last one with the body") {
    const auto body = [](site& server, client_session& session) -> task<> {
        const std::vector<std::pair<std::string, std::vector<std::string>>> cases = {
            {"", {}},
            {"one", {"one"}},
            {"one\ntwo\r\n", {"one", "two"}},
            {"\n\r\n\r\r\n\nx", {"", "", "\r", "", "x"}},
            {"a\rb\n\0c\n"s, {"a\rb", "\0c"s}},
        };
        for (const auto& [text, expected] : cases) {
            server.answers["/"] = response("", text);
            auto got = co_await session.get(at("/"));
            const auto lines = co_await lines_of(std::move(got), 100);
            CHECK(lines == expected);
            server.answers["/"] = coded(content_coding::gzip, text);
            auto again = co_await session.get(at("/"));
            const auto decoded = co_await lines_of(std::move(again), 100);
            CHECK(decoded == expected);
        }
    };
    co_await in_any_pieces(body);
}

SKEIN_TEST_CASE("a line of the limit is given, a longer one is payload_error, wherever it was cut") {
    const auto body = [](site& server, client_session& session) -> task<> {
        server.answers["/"] = response("", "12345678\r\n123456789\r\n");
        auto got = co_await session.get(at("/"));
        const auto line = co_await got.read_line(10);
        CHECK(line == "12345678");
        CHECK(mentions(co_await error_of<payload_error>(got.read_line(10)), "longer than the limit of 10"));
        CHECK_THROWS_AS((void)got.read_line(10), std::logic_error);
    };
    co_await in_any_pieces(body);
}

SKEIN_TEST_CASE("many lines of a large body cost time in proportion") {
    site server;
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += std::to_string(i) + "\n";
    server.answers["/"] = coded(content_coding::gzip, text);
    client_session session;
    auto got = co_await session.get(at("/"));
    int count = 0;
    bool in_order = true;
    while (auto line = co_await got.read_line()) in_order = in_order && *line == std::to_string(count++);
    CHECK(in_order);
    CHECK(count == 100'000);
}

SKEIN_TEST_CASE("marks, counts, lines and pieces in turn") {
    const auto body = [](site& server, client_session& session) -> task<> {
        server.answers["/"] = response("", "head: 1\r\nhead: 2\r\n\r\nabc--ab--abc-\nline\nthe rest");
        auto got = co_await session.get(at("/"));
        auto head = co_await got.read_until("\r\n\r\n");
        CHECK(head == "head: 1\r\nhead: 2\r\n\r\n");
        const auto three = co_await got.read_exactly(3);
        CHECK(as_text(three) == "abc");
        const auto none = co_await got.read_exactly(0);
        CHECK(none.empty());
        head = co_await got.read_until("--abc");
        CHECK(head == "--ab--abc");
        auto line = co_await got.read_line();
        CHECK(line == "-");
        line = co_await got.read_line();
        CHECK(line == "line");
        std::string rest;
        while (auto piece = co_await got.chunk()) rest += as_text(*piece);
        CHECK(rest == "the rest");
        line = co_await got.read_line();
        CHECK_FALSE(line);
        head = co_await got.read_until("x");
        CHECK_FALSE(head);
        CHECK_THROWS_AS((void)got.read(), std::logic_error);
        CHECK_THROWS_AS((void)got.read_until(""), std::invalid_argument);
    };
    co_await in_any_pieces(body);
}

SKEIN_TEST_CASE("what is too short says so, with what came") {
    const auto body = [](site& server, client_session& session) -> task<> {
        server.answers["/"] = response("", "short");
        auto counted = co_await session.get(at("/"));
        const auto first = co_await error_of<incomplete_read>(counted.read_exactly(6));
        REQUIRE(first);
        CHECK(as_text(first->partial()) == "short");
        CHECK(mentions(first, "after 5 of 6 bytes"));
        auto marked = co_await session.get(at("/"));
        const auto second = co_await error_of<incomplete_read>(marked.read_until("tt"));
        REQUIRE(second);
        CHECK(as_text(second->partial()) == "short");
        CHECK(second->report() != nullptr);
    };
    co_await in_any_pieces(body);
}

SKEIN_TEST_CASE("text is UTF-8, from the charset that the server names") {
    site server;
    client_session session;
    const auto typed = [](const std::string& type, const std::string& body) {
        return response("Content-Type: " + type + "\r\n", body);
    };
    server.answers["/plain"] = response("", "\xef\xbb\xbf\u00e9\xff");
    server.answers["/utf8"] = typed("text/plain; charset=UTF-8", "\xef\xbb\xbf\u00e9");
    server.answers["/latin1"] = typed("text/html; charset=\"ISO-8859-1\"", "caf\xe9 \x80");
    server.answers["/utf16"] = typed("text/plain; charset=utf-16", "\xff\xfeh\0\xe9\0"s);
    server.answers["/gzip"] =
        coded(content_coding::gzip, "caf\xe9", "Content-Type: text/x; charset=latin1\r\n");
    server.answers["/unknown"] = typed("text/plain; charset=klingon", "\u00e9");
    server.answers["/worse"] = typed("text/plain; charset=klingon", "\xe9");
    const std::pair<const char*, std::string> expected[] = {
        {"/plain", "\u00e9\xff"}, {"/utf8", "\u00e9"},    {"/latin1", "caf\u00e9 \u20ac"},
        {"/utf16", "h\u00e9"},    {"/gzip", "caf\u00e9"}, {"/unknown", "\u00e9"}};
    for (const auto& [path, text] : expected) {
        const std::string got = co_await text_of(session, path);
        CHECK(got == text);
    }
    CHECK(mentions(co_await error_of<payload_error>(text_of(session, "/worse")), "klingon"));
    auto bounded = co_await session.get(at("/latin1"));
    CHECK(mentions(co_await error_of<payload_error>(bounded.text(5)), "limit of 5"));
}

SKEIN_TEST_CASE("JSON is read whatever its type; what is none is shown") {
    site server;
    client_session session;
    server.answers["/html"] = response("Content-Type: text/html; charset=latin1\r\n", "[\"\u00e9\"]");
    server.answers["/bom"] = response("", "\xef\xbb\xbf{}");
    server.answers["/error"] = response("Content-Type: text/html\r\n", "<h1>no</h1>\n");
    server.answers["/empty"] = response("", "");
    auto html = co_await session.get(at("/html"));
    const nlohmann::json value = co_await html.json();
    CHECK(value[0] == "\u00e9");
    auto bom = co_await session.get(at("/bom"));
    const nlohmann::json object = co_await bom.json();
    CHECK(object.is_object());
    auto error = co_await session.get(at("/error"));
    const auto thrown = co_await error_of<payload_error>(error.json());
    CHECK(mentions(thrown, "the body, text/html, is not JSON"));
    CHECK(mentions(thrown, "it begins: \"<h1>no</h1>\\n\""));
    auto empty = co_await session.get(at("/empty"));
    CHECK(mentions(co_await error_of<payload_error>(empty.json()), "of no type"));
}

SKEIN_TEST_CASE("interim responses are told before the response, to who asks") {
    site server;
    server.answers["/"] =
        "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" +
        response("", "body");
    client_session session;
    std::string told;
    const auto tell = [&](int status, const headers& fields) {
        told += std::to_string(status) + std::string(fields.get("Link").value_or("-")) + " ";
    };
    for (const std::size_t largest : {64 * 1024, 1}) {
        testing::link cut;
        cut.largest_piece_bytes = largest;
        this_network().set_link(cut);
        told.clear();
        client_session fresh;
        auto got = co_await fresh.get(at("/")).on_interim(tell);
        CHECK(told == "103</style.css> 102- ");
        const std::string text = co_await got.text();
        CHECK(text == "body");
    }
    auto unasked = co_await session.get(at("/"));
    CHECK(unasked.status() == 200);
    const auto refuse = [](int, const headers&) { throw std::runtime_error("no hints"); };
    std::string thrown;
    try {
        (void)co_await session.get(at("/")).on_interim(refuse);
    } catch (const std::runtime_error& e) {
        thrown = e.what();
    }
    CHECK(thrown == "no hints");
    CHECK(session.stats().open == session.stats().idle);
}

SKEIN_TEST_CASE("a download tells how far it is: bytes as they came, of how many") {
    site server;
    const std::string gzip = coding_test::encode(content_coding::gzip, some_text(500'000));
    server.answers["/"] = response("Content-Encoding: gzip\r\n", gzip);
    client_session session;
    std::uint64_t last = 0;
    bool growing = true;
    const auto tell = [&](std::uint64_t received, std::optional<std::uint64_t> total) {
        growing = growing && received >= last && total == gzip.size();
        last = received;
    };
    auto got = co_await session.get(at("/")).on_download(tell);
    const auto bytes = co_await got.read();
    CHECK(bytes.size() == 500'000);
    CHECK(growing);
    CHECK(last == gzip.size());
}
