// What llhttp would let through, rule by rule, in several segmentations each.
#include "corpus.hpp"
#include "http/field_grammar.hpp"
#include "http1_outcome.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace http1_test;
using namespace std::string_literals;

namespace {

const std::string ok_head = "HTTP/1.1 200 OK\r\n";
const std::string chunked_head = ok_head + "Transfer-Encoding: chunked\r\n\r\n";
const std::string five = "Content-Length: 5\r\n\r\nhello";

std::string repeat(std::string_view text, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += text;
    return out;
}

struct judged : outcome {
    std::string message;
};

// The outcome, after it has been seen to be the same whole, byte by byte and cut at random.
judged judge(const std::string& bytes, then last = then::stay_open,
             request_kind kind = request_kind::ordinary, const parser_limits& limits = parser_limits()) {
    judged j;
    parser p(limits);
    static_cast<outcome&>(j) = run(p, kind, corpus::whole(bytes), last, &j.message);
    CHECK(run(p, kind, corpus::byte_by_byte(bytes), last) == j);
    for (std::uint32_t seed = 1; seed <= 20; ++seed)
        CHECK(run(p, kind, corpus::at_random(bytes, seed), last) == j);
    return j;
}

bool refused(const std::string& bytes, std::string_view why = "") {
    const judged j = judge(bytes);
    CAPTURE(j.message);
    CHECK(j.message.find(why) != std::string::npos);
    return !j.ok && !j.waiting;
}

bool accepted(const std::string& bytes) {
    return judge(bytes).ok;
}

}  // namespace

TEST_CASE("the first byte of a response is H: blank lines before it are not skipped") {
    CHECK(refused("\r\n" + ok_head + five, "must begin with HTTP/"));
    CHECK(refused("\n", "must begin with HTTP/"));
    CHECK(refused("HTTP/1.1 100 Continue\r\n\r\n\r\n" + ok_head + five, "must begin with HTTP/"));
}

TEST_CASE("a line ends with CR LF, and has no other CR or LF in it") {
    CHECK(refused("HTTP/1.1 200 OK\r\r\n" + five));
    CHECK(refused("HTTP/1.1 200 OK\r\r" + five));
    CHECK(refused("HTTP/1.1 200 OK\r\rX: a\r\n" + five));
    CHECK(refused("HTTP/1.1 200 OK\rX: a\r\n" + five));
    CHECK(refused("HTTP/1.1 200 OK\n" + five));
    CHECK(refused(ok_head + "X: a\n" + five));
    CHECK(refused(ok_head + "X: a\r\r\n" + five));
    CHECK(refused(ok_head + "X: a\rb\r\n" + five));
    CHECK(refused(ok_head + "X:\rEvil: 1\r\n" + five));
    CHECK(refused(ok_head + "Content-Length: 5\r\n\rhello"));
}

TEST_CASE("a status line is of HTTP/1.0 or 1.1, with a status from 100 on and a clean reason") {
    for (const auto* line :
         {"HTTP/0.9 200 OK", "HTTP/2.0 200 OK", "HTTP/1.2 200 OK", "HTTP/1.1 000 OK", "HTTP/1.1 099 OK",
          "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1  200 OK", "HTTP/1.1 200OK", "HTTP/1.1\t200 OK",
          "HTTP/1.1 2x0 OK", "HTTP/11 200 OK", "HTTP", "HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1 200 O\x01K",
          "HTTP/1.1 200 O\x7fK", "HTTP/1.1 200 O\x1bK"}) {
        CAPTURE(line);
        CHECK(refused(line + "\r\n"s + five));
    }
    CHECK(refused("HTTP/1.1 000 OK\r\n\r\n", "status code below 100"));
    CHECK(refused("HTTP/0.9 200 OK\r\n\r\n", "HTTP/1.0 or 1.1"));
    CHECK(refused("HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.0 or 1.1"));
    CHECK(refused("HTTP/1.1 200 O\0K\r\n"s + five));
    for (const auto* line : {"HTTP/1.1 200 OK", "HTTP/1.1 200 ", "HTTP/1.1 200", "HTTP/1.1 200 a\tb \xe9",
                             "HTTP/1.1 600 Odd", "HTTP/1.1 999 "}) {
        CAPTURE(line);
        CHECK(accepted(line + "\r\n"s + five));
    }
    CHECK(judge("HTTP/1.0 404 Not  Found \r\n" + five).head ==
          "HTTP/1.0 404 Not  Found \nContent-Length: 5\n");
}

TEST_CASE("each limit of the head holds to the byte, and names its number") {
    const parser_limits limits{.max_status_line_bytes = 40,
                               .max_field_line_bytes = 60,
                               .max_head_bytes = 200,
                               .max_headers = 4,
                               .max_interims = 2};
    const auto with = [&](const std::string& bytes) {
        return judge(bytes, then::close, request_kind::ordinary, limits);
    };
    const std::string start = "HTTP/1.1 200 ";
    CHECK(with(start + repeat("r", 40 - start.size() - 2) + "\r\n" + five).ok);
    CHECK(with(start + repeat("r", 41 - start.size() - 2) + "\r\n" + five).message ==
          "status line of more than 40 bytes");
    CHECK(with(ok_head + "X:" + repeat(" ", 55) + "a\r\n" + five).ok);
    CHECK(with(ok_head + "X:" + repeat(" ", 56) + "a\r\n" + five).message ==
          "field line of more than 60 bytes: X");
    const std::string long_name = repeat("n", 61);
    CHECK(with(ok_head + long_name + ": a\r\n" + five).message == "field line of more than 60 bytes");
    CHECK(with(ok_head + repeat("a: b\r\n", 3) + five).ok);
    CHECK(with(ok_head + repeat("a: b\r\n", 4) + five).message == "message of more than 4 fields");
    const auto field = [](std::size_t bytes) { return "F: " + repeat("f", bytes - 5) + "\r\n"; };
    REQUIRE(ok_head.size() + 60 + 60 + 40 + 21 + 2 == 200);
    CHECK(with(ok_head + field(60) + field(60) + field(40) + field(21) + "\r\n").ok);
    CHECK(with(ok_head + field(60) + field(60) + field(40) + field(22) + "\r\n").message ==
          "head of more than 200 bytes");
    const std::string interim = "HTTP/1.1 103 \r\nF: " + repeat("f", 40) + "\r\n\r\n";
    CHECK(with(interim + interim + ok_head + five).ok);
    CHECK(with(interim + interim + ok_head + field(45) + five).message == "head of more than 200 bytes");
    const std::string tiny = "HTTP/1.1 100 \r\n\r\n";
    CHECK(with(repeat(tiny, 2) + ok_head + five).ok);
    CHECK(with(repeat(tiny, 3) + ok_head + five).message == "exchange of more than 2 interim responses");
    // An error of syntax before the limit is the one reported, and what is cut short is only that.
    CHECK(with(ok_head + "X\x01: " + repeat("a", 100)).message.find("more than") == std::string::npos);
    CHECK(with(ok_head + repeat("a", 60)).kind == failure_kind::disconnected);
}

TEST_CASE("blanks that llhttp skips silently are counted") {
    CHECK(refused(ok_head + "X:" + repeat(" ", 100'000) + "a\r\n" + five, "field line of more than 65536"));
    CHECK(refused(ok_head + "X: a\r\n " + repeat(" ", 100'000) + "a\r\n" + five,
                  "field line of more than 65536"));
    CHECK(refused(ok_head + "X: a" + repeat("\r\n ", 50'000) + "b\r\n" + five, "head of more than 131072"));
}

TEST_CASE("folding is undone, and refused where it could change the framing") {
    CHECK(judge(ok_head + "X: a\r\n b\r\n" + five).head == "HTTP/1.1 200 OK\nX: a b\nContent-Length: 5\n");
    CHECK(judge(ok_head + "X: a \t\r\n\t \tb \r\n" + five).head ==
          "HTTP/1.1 200 OK\nX: a b\nContent-Length: 5\n");
    CHECK(judge(ok_head + "X:\r\n b\r\n" + five).head == "HTTP/1.1 200 OK\nX: b\nContent-Length: 5\n");
    CHECK(judge(ok_head + "X: a\r\n \r\n  c\r\n \r\n" + five).head ==
          "HTTP/1.1 200 OK\nX: a c\nContent-Length: 5\n");
    CHECK(judge(ok_head + "X: a\r\n Content-Length: 9\r\n" + five).head ==
          "HTTP/1.1 200 OK\nX: a Content-Length: 9\nContent-Length: 5\n");
    CHECK(judge(ok_head + "Content-Length: 5\r\nX: a\r\n b\r\n\r\nhello").body == "hello");
    for (const auto* field : {"Content-Length: 5\r\n ", "Content-Length: 5\r\n 5", "Content-Length:\r\n 5",
                              "Transfer-Encoding: chunked\r\n ", "Transfer-Encoding:\r\n chunked",
                              "Connection: close\r\n ", "Connection:\r\n close", "Upgrade: a\r\n b"}) {
        CAPTURE(field);
        CHECK(refused(ok_head + field + "\r\n\r\n"));
    }
    CHECK(refused(ok_head + " X: a\r\n" + five));
    CHECK(refused(ok_head + "\tX: a\r\n" + five));
    CHECK(refused(ok_head + "X: a\r b\r\n" + five));
    CHECK(refused(ok_head + "X: a\r\n b\x01\r\n" + five));
    CHECK(refused(chunked_head + "0\r\nX: a\r\n b\r\n\r\n"));
    CHECK(refused(chunked_head + "0\r\n X: a\r\n\r\n"));
}

TEST_CASE("Content-Length is one number of digits up to 2^63-1") {
    CHECK(judge(ok_head + "Content-Length: \t 5  \r\n\r\nhello").body == "hello");
    CHECK(judge(ok_head + "Content-Length:00005\r\n\r\nhello").body == "hello");
    CHECK(judge(ok_head + "Content-Length: 9223372036854775807\r\n\r\nhello").waiting);
    for (const auto* value : {"9223372036854775808", "18446744073709551616", "18446744073709551621", "", " ",
                              "+5", "-5", "5,5", "5 5", "0x5", "5.0", "5\v"}) {
        CAPTURE(value);
        CHECK(refused(ok_head + "Content-Length: " + value + "\r\n\r\nhello"));
    }
    CHECK(refused(ok_head + "Content-Length: 5\r\n" + five));
}

TEST_CASE("Transfer-Encoding is chunked and nothing else, in HTTP/1.1, without Content-Length") {
    const std::string body = "5\r\nhello\r\n0\r\n\r\n";
    CHECK(judge(chunked_head + body).body == "hello");
    CHECK(judge(ok_head + "transfer-encoding:\t CHUNKED \r\n\r\n" + body).body == "hello");
    for (const auto* value : {"", "gzip", "gzip, chunked", "chunked, chunked", "chunked,", ",chunked",
                              "identity", "chunkedx", "chunked;q=1", "\"chunked\""}) {
        CAPTURE(value);
        CHECK(refused(ok_head + "Transfer-Encoding: " + value + "\r\n\r\n" + body));
    }
    // llhttp does not see this one: two parsers that disagree have no message.
    CHECK(refused(ok_head + "Transfer-Encoding: chunked\t\r\n\r\n" + body));
    CHECK(refused(ok_head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + body));
    CHECK(refused(ok_head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: \r\n\r\n" + body));
    CHECK(refused(ok_head + "Transfer-Encoding: chunked\r\n" + five));
    CHECK(refused(ok_head + "Transfer-Encoding:\r\n" + five));
    CHECK(refused(ok_head + "Content-Length: 5\r\nTransfer-Encoding: \r\n\r\nhello"));
    CHECK(refused("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body, "HTTP/1.0"));
}

TEST_CASE("a control byte in a field is refused, in those too in which llhttp looks for words") {
    for (const auto c : {'\x01', '\x0b', '\x7f', '\0'}) {
        const std::string value = "a"s + c + "b";
        CHECK(refused(ok_head + "Connection: " + value + "\r\n" + five));
        CHECK(refused(ok_head + "Connection: close" + c + "\r\n" + five));
        CHECK(refused(ok_head + "Connection: keep-alive, " + value + "\r\n" + five));
        CHECK(refused(ok_head + "Upgrade: " + value + "\r\n" + five));
        CHECK(refused(ok_head + "Keep-Alive: " + value + "\r\n" + five));
        CHECK(refused(ok_head + "X: " + value + "\r\n" + five));
        CHECK(refused(ok_head + value + ": x\r\n" + five));
    }
}

TEST_CASE("whether the connection goes on is read from every Connection field; close wins") {
    const auto reusable = [](const std::string& fields, const std::string& version = "HTTP/1.1") {
        const judged j = judge(version + " 200 OK\r\n" + fields + five);
        CHECK(j.body == "hello");
        return j.reusable;
    };
    CHECK(reusable(""));
    CHECK(reusable("Connection: keep-alive\r\n"));
    CHECK(reusable("Connection: closed\r\n"));
    CHECK(!reusable("Connection: close\r\n"));
    CHECK(!reusable("Connection: close\t\r\n"));
    CHECK(!reusable("Connection: Close\r\n"));
    CHECK(!reusable("Connection: x,\tclose ,y\r\n"));
    CHECK(!reusable("Connection: close\r\nConnection: keep-alive\r\n"));
    CHECK(!reusable("Connection: keep-alive\r\nConnection: close\r\n"));
    CHECK(!reusable("", "HTTP/1.0"));
    CHECK(reusable("Connection: Keep-Alive\r\n", "HTTP/1.0"));
    CHECK(reusable("Connection: x, keep-alive\r\n", "HTTP/1.0"));
    CHECK(!reusable("Connection: close, keep-alive\r\n", "HTTP/1.0"));
}

TEST_CASE("a response that has no body has none, whatever it says; what follows is surplus") {
    const auto none = [](const std::string& bytes, request_kind kind = request_kind::ordinary) {
        const judged j = judge(bytes, then::stay_open, kind);
        CHECK(j.ok);
        CHECK(j.body.empty());
        return j.reusable;
    };
    const std::string no_content = "HTTP/1.1 204 No Content\r\n";
    const std::string not_modified = "HTTP/1.1 304 Not Modified\r\n";
    CHECK(none(no_content + "\r\n"));
    CHECK(none(no_content + "Content-Length: 0\r\n\r\n"));
    CHECK(!none(no_content + "Content-Length: 1\r\n\r\n"));
    CHECK(!none(no_content + "Transfer-Encoding: chunked\r\n\r\n"));
    CHECK(none(not_modified + "Content-Length: 5\r\n\r\n"));
    CHECK(none(not_modified + "Transfer-Encoding: chunked\r\n\r\n"));
    CHECK(!none(not_modified + five));
    CHECK(none(ok_head + "Content-Length: 5\r\n\r\n", request_kind::head));
    CHECK(none(chunked_head, request_kind::head));
    CHECK(none(ok_head + "\r\n", request_kind::head));
    CHECK(!none(ok_head + five, request_kind::head));
    CHECK(judge(ok_head + five, then::stay_open, request_kind::head).rest == "hello");
}

TEST_CASE("bytes behind a response leave it good and the connection unusable, whenever they come") {
    for (const auto* more : {"X", "\r\n", "HTTP/1.1 200 OK\r\n\r\n"}) {
        for (const std::string& response : {ok_head + five, chunked_head + "0\r\n\r\n"}) {
            const judged j = judge(response + more);
            CHECK(j.ok);
            CHECK(j.surplus);
            CHECK(!j.reusable);
            CHECK(j.rest == more);
        }
    }
    CHECK(!judge(ok_head + five, then::close).reusable);
    CHECK(judge(ok_head + five, then::reset).ok);
}

TEST_CASE("interim responses are passed over, their fields with them") {
    const std::string interim = "HTTP/1.1 103 Early Hints\r\nLink: x\r\nConnection: close\r\n\r\n";
    const judged j = judge(interim + "HTTP/1.1 100 Continue\r\n\r\n" + ok_head + five);
    CHECK(j.ok);
    CHECK(j.reusable);
    CHECK(j.head == "HTTP/1.1 200 OK\nContent-Length: 5\n");
    CHECK(j.interims == "HTTP/1.1 103 Early Hints\nLink: x\nConnection: close\nHTTP/1.1 100 Continue\n");
    CHECK(j.body == "hello");
    CHECK(judge("HTTP/1.1 100 \r\nTransfer-Encoding: chunked\r\n\r\n" + ok_head + five).reusable);
    CHECK(judge("HTTP/1.1 100 \r\nContent-Length: 9\r\n\r\n" + ok_head + five).reusable);
    CHECK(accepted(repeat("HTTP/1.1 100 \r\n\r\n", 64) + ok_head + five));
    CHECK(refused(repeat("HTTP/1.1 100 \r\n\r\n", 65) + ok_head + five, "64 interim"));
    const std::string large = "HTTP/1.1 103 \r\nLink: " + repeat("x", 4096) + "\r\n\r\n";
    CHECK(refused(repeat(large, 64) + ok_head + five, "head of more than 131072 bytes"));
    CHECK(judge("HTTP/1.1 100 \r\n\r\n", then::close).kind == failure_kind::disconnected);
}

TEST_CASE("101 is an answer only to a request for an upgrade; then it opens a tunnel") {
    const std::string switching =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    CHECK(refused(switching, "101"));
    CHECK(!judge(switching, then::stay_open, request_kind::connect).ok);
    const judged j = judge(switching + "\x81\x01x", then::stay_open, request_kind::upgrade);
    CHECK(j.ok);
    CHECK(j.tunnel);
    CHECK(!j.surplus);
    CHECK(!j.reusable);
    CHECK(j.rest == "\x81\x01x");
    const judged plain = judge(ok_head + five, then::stay_open, request_kind::upgrade);
    CHECK(plain.reusable);
    CHECK(!plain.tunnel);
}

TEST_CASE("a 2xx to CONNECT opens a tunnel and has no body; anything else is a response") {
    const judged j =
        judge(ok_head + "Content-Length: 5\r\n\r\nhello", then::stay_open, request_kind::connect);
    CHECK(j.ok);
    CHECK(j.tunnel);
    CHECK(!j.surplus);
    CHECK(!j.reusable);
    CHECK(j.rest == "hello");
    const judged refusal = judge("HTTP/1.1 403 No\r\n" + five, then::stay_open, request_kind::connect);
    CHECK(!refusal.tunnel);
    CHECK(refusal.body == "hello");
    CHECK(refusal.reusable);
}

TEST_CASE("chunk sizes: hex, padded or not, up to 2^63-1") {
    CHECK(judge(chunked_head + "A\r\n0123456789\r\n00\r\n\r\n").body == "0123456789");
    CHECK(judge(chunked_head + "7fffffffffffffff\r\nhello").waiting);
    CHECK(refused(chunked_head + "8000000000000000\r\nhello", "2^63-1"));
    CHECK(refused(chunked_head + "ffffffffffffffff\r\nhello", "2^63-1"));
    CHECK(refused(chunked_head + "10000000000000000\r\nhello"));
    for (const auto* line : {"", " 5", "5 ", "5\t", "+5", "0x5", "g", "5,", "5\n", "-1"}) {
        CAPTURE(line);
        CHECK(refused(chunked_head + line + "\r\nhello\r\n0\r\n\r\n"));
    }
    CHECK(refused(chunked_head + "5\r\nhello!\r\n0\r\n\r\n"));
    CHECK(refused(chunked_head + "5\r\nhello0\r\n\r\n"));
}

TEST_CASE("what is not data in a chunked body is limited, in raw bytes") {
    const parser_limits limits{.max_chunk_extension_bytes = 100};
    const auto with = [&](const std::string& body) {
        return judge(chunked_head + body, then::close, request_kind::ordinary, limits);
    };
    const std::string end = "\r\nhello\r\n0\r\n\r\n";
    const std::string over = "chunk extensions of more than 100 bytes";
    CHECK(with("5;" + repeat("a", 99) + end).ok);
    CHECK(with("5;" + repeat("a", 100) + end).message == over);
    CHECK(with("5;" + repeat("a", 1000)).message == over);
    CHECK(with(repeat("0", 100) + "5" + end).ok);
    CHECK(with(repeat("0", 101) + "5" + end).message == over);
    CHECK(with("0" + repeat("0", 101) + "\r\n\r\n").message == over);
    CHECK(with("1;" + repeat("a", 59) + "\r\nx\r\n5;" + repeat("a", 39) + end).ok);
    CHECK(with("1;" + repeat("a", 59) + "\r\nx\r\n5;" + repeat("a", 40) + end).message == over);
    // Padding to a fixed width is not an extension, however many chunks have it ...
    CHECK(with(repeat("0000000000000010\r\n0123456789abcdef\r\n", 500) + "0\r\n\r\n").ok);
    // ... but may not be most of what is sent.
    CHECK(with(repeat("0000000000000001\r\nx\r\n", 500) + "0\r\n\r\n").message ==
          "more than 8 bytes of chunk overhead for a byte of body");
    CHECK(refused(chunked_head + repeat("0", 100'000) + "5\r\nhello", "16384 bytes"));
    CHECK(refused(chunked_head + "5" + repeat(";", 100'000) + "\r\nhello"));
    CHECK(refused(chunked_head + repeat("1;aaaaaaaa\r\nx\r\n", 5'000), "16384 bytes"));
}

TEST_CASE("trailers are kept apart and limited") {
    const judged j = judge(chunked_head + "5\r\nhello\r\n0\r\nDigest: x\r\nX:\t y \r\n\r\n");
    CHECK(j.ok);
    CHECK(j.reusable);
    CHECK(j.trailers == "Digest: x\nX: y\n");
    CHECK(j.head == "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n");
    const parser_limits limits{.max_headers = 3, .max_trailer_bytes = 30};
    const auto with = [&](const std::string& trailers) {
        return judge(chunked_head + "0\r\n" + trailers, then::close, request_kind::ordinary, limits);
    };
    CHECK(with("a: " + repeat("x", 23) + "\r\n\r\n").ok);
    CHECK(with("a: " + repeat("x", 24) + "\r\n\r\n").message == "trailers of more than 30 bytes");
    CHECK(with(repeat("a: b\r\n", 2) + "\r\n").ok);
    CHECK(with(repeat("a: b\r\n", 3) + "\r\n").message == "message of more than 3 fields");
    const judged cut = with("a: b\r\n");
    CHECK(cut.kind == failure_kind::payload);
    CHECK(cut.trailers.empty());
    CHECK(refused(chunked_head + "0\r\nX: a\x01\r\n\r\n"));
    CHECK(refused(chunked_head + "0\r\nX a\r\n\r\n"));
    CHECK(refused(chunked_head + "0\r\nX: a\n\r\n"));
    // A trailer that looks like Connection has no say.
    CHECK(judge(chunked_head + "0\r\nConnection: close\r\n\r\n").reusable);
}

TEST_CASE("the end of the input ends a body that has no length, if it is orderly, and nothing else") {
    const judged j = judge(ok_head + "\r\nhello", then::close);
    CHECK(j.ok);
    CHECK(j.body == "hello");
    CHECK(!j.reusable);
    CHECK(judge(ok_head + "\r\n", then::close).ok);
    CHECK(judge(ok_head + "\r\nhello").waiting);
    CHECK(judge(ok_head + "\r\nhello", then::reset).message ==
          "connection reset after 5 bytes of body (without a length)");
    CHECK(judge(ok_head + "Content-Length: 9\r\n\r\nhello", then::close).message ==
          "connection closed after 5 of 9 bytes of body (Content-Length)");
    CHECK(judge(chunked_head + "5\r\nhello\r\n0\r\n", then::close).message ==
          "connection closed after 5 bytes of body, before its last chunk was complete");
    CHECK(judge(chunked_head + "5\r\nhello\r\n", then::close).kind == failure_kind::payload);
    CHECK(judge(chunked_head + "5\r\nhel", then::close).kind == failure_kind::payload);
    CHECK(judge("", then::close).message == "connection closed before the first byte of a response");
    CHECK(judge("", then::reset).kind == failure_kind::disconnected);
    for (const auto* part : {"H", "HTTP/1.1 200 OK\r", "HTTP/1.1 200 OK\r\nX", "HTTP/1.1 200 OK\r\nX: a\r\n",
                             "HTTP/1.1 200 OK\r\nX: a\r\n\r"}) {
        CAPTURE(part);
        CHECK(judge(part, then::close).kind == failure_kind::disconnected);
    }
}

TEST_CASE("a failure says what it is, with foreign bytes escaped and cut") {
    CHECK(judge("SSH-2.0-OpenSSH_9.2 \x1b[31m\r\n").message ==
          "a response must begin with HTTP/: \"SSH-2.0-OpenSSH_\"");
    const judged j = judge(ok_head + "X: \x1b[31m" + repeat("a", 5000) + "\r\n\r\n");
    CHECK(j.message.size() < 400);
    CHECK(skein::http::find_bad_value_byte(j.message) == std::string::npos);
    CHECK(j.message.find("\\x1b") != std::string::npos);
    const judged reason = judge("HTTP/1.1 200 \x1b" + repeat("a", 5000) + "\r\n\r\n");
    CHECK(reason.message.size() < 400);

    skein::http1::message m;
    parser p;
    p.begin(request_kind::ordinary, m);
    auto in = skein::as_bytes("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello");
    while (p.next(in) != event::need_data) {}
    CHECK(p.finish(ending::orderly) == event::failed);
    CHECK(p.why().kind == failure_kind::payload);
    CHECK(p.why().received_bytes == 5);
    CHECK(p.why().expected_bytes == 9);
    CHECK(p.why().framing == framing::length);
    CHECK(p.next(in) == event::failed);
    CHECK(p.finish(ending::orderly) == event::failed);
}
