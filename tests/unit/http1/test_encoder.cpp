// What the request encoder writes, and what it refuses to write.
#include "corpus.hpp"
#include "http1/encoder.hpp"

#include <doctest/doctest.h>

#include <map>
#include <stdexcept>
#include <string>

using namespace std::string_view_literals;
using namespace skein::http1;
using skein::headers;

namespace {

std::string encode(const request_head& head) {
    std::string out;
    encode_head(out, head);
    return out;
}

// True if the head is refused and nothing was written.
bool refuses(const request_head& head) {
    std::string out = "before";
    try {
        encode_head(out, head);
    } catch (const std::invalid_argument&) {
        CHECK(out == "before");
        return true;
    }
    return false;
}

headers one(std::string_view name, std::string_view value) {
    headers h;
    h.append(name, value);
    return h;
}

bool refuses_field(std::string_view name, std::string_view value, request_body body = {}) {
    const headers fields = one(name, value);
    return refuses({.method = "POST", .target = "/", .host = "h", .fields = &fields, .body = body});
}

}  // namespace

TEST_CASE("fields that were encoded before are sent as they would be otherwise, unless they mean something") {
    skein::headers fields;
    fields.append("Accept", "*/*");
    fields.append("X-Two", "a");
    fields.append("X-Two", "b");
    request_head head;
    head.method = "GET";
    head.target = "/a?b";
    head.host = "example.org";
    head.fields = &fields;
    std::string expected;
    encode_head(expected, head);

    const auto lines = encode_plain_fields(fields);
    REQUIRE(lines);
    head.fields = nullptr;
    head.plain_lines = *lines;
    std::string out;
    encode_head(out, head);
    CHECK(out == expected);

    for (const char* name : {"Host", "connection", "Content-Length", "Transfer-Encoding", "TRAILER"}) {
        CAPTURE(name);
        skein::headers special = fields;
        special.append(name, "1");
        CHECK_FALSE(encode_plain_fields(special));
    }
}

TEST_CASE("a head is the request line, Host, the caller's fields in order, framing, Connection") {
    headers fields;
    fields.append("Accept", "*/*");
    fields.append("X-B", "2");
    fields.append("x-a", "1");
    fields.append("X-B", "3");
    std::string out = "kept|";
    const auto meaning = encode_head(out, {.method = "POST",
                                           .target = "/a?b",
                                           .host = "example.org:8080",
                                           .fields = &fields,
                                           .body = request_body::sized(12),
                                           .close = true});
    CHECK(out ==
          "kept|POST /a?b HTTP/1.1\r\nHost: example.org:8080\r\nAccept: */*\r\nX-B: 2\r\nx-a: 1\r\nX-B: 3\r\n"
          "Content-Length: 12\r\nConnection: close\r\n\r\n");
    CHECK(meaning.close);
    CHECK(!meaning.upgrade);
}

TEST_CASE("without a body only POST, PUT and PATCH announce its length") {
    for (const auto method : {"GET"sv, "HEAD"sv, "DELETE"sv, "OPTIONS"sv, "post"sv, "M-SEARCH"sv})
        CHECK(encode({.method = method, .target = "/", .host = "h"}) ==
              std::string(method) + " / HTTP/1.1\r\nHost: h\r\n\r\n");
    for (const auto method : {"POST"sv, "PUT"sv, "PATCH"sv})
        CHECK(encode({.method = method, .target = "/", .host = "h"}) ==
              std::string(method) + " / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("a body is framed by its length or in chunks, for any method that may have one") {
    CHECK(encode({.method = "GET", .target = "/", .host = "h", .body = request_body::sized(0)}) ==
          "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    CHECK(encode({.method = "GET", .target = "/", .host = "h", .body = request_body::sized(1ull << 40)}) ==
          "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1099511627776\r\n\r\n");
    CHECK(encode({.method = "PUT", .target = "/", .host = "h", .body = request_body::chunked()}) ==
          "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    CHECK(refuses({.method = "CONNECT", .target = "h:1", .host = "h:1", .body = request_body::sized(1)}));
    CHECK(refuses({.method = "TRACE", .target = "/", .host = "h", .body = request_body::chunked()}));
    CHECK(refuses({.method = "PUT", .target = "/", .host = "h", .body = request_body::sized(1ull << 63)}));
    CHECK(refuses({.method = "PUT",
                   .target = "/",
                   .host = "h",
                   .body = request_body::chunked(),
                   .version = skein::http_version::http_1_0}));
}

TEST_CASE("the caller may repeat what the library decides about framing, but not contradict it") {
    const headers agrees = one("content-LENGTH", "5");
    CHECK(encode({.method = "PUT",
                  .target = "/",
                  .host = "h",
                  .fields = &agrees,
                  .body = request_body::sized(5)}) ==
          "PUT / HTTP/1.1\r\nHost: h\r\ncontent-LENGTH: 5\r\n\r\n");
    for (const auto wrong : {"4"sv, "05"sv, "+5"sv, "5, 5"sv, ""sv})
        CHECK(refuses_field("Content-Length", wrong, request_body::sized(5)));
    CHECK(refuses_field("Content-Length", "5"));
    CHECK(refuses_field("Content-Length", "5", request_body::chunked()));
    CHECK(refuses_field("Content-Length", "0", request_body::chunked()));
    CHECK(!refuses_field("Content-Length", "0"));
    headers twice = one("Content-Length", "5");
    twice.append("Content-length", "5");
    CHECK(refuses(
        {.method = "PUT", .target = "/", .host = "h", .fields = &twice, .body = request_body::sized(5)}));
    CHECK(refuses_field("transfer-encoding", "chunked", request_body::chunked()));
    CHECK(refuses_field("Trailer", "X"));
    CHECK(!refuses_field("Trailer", "X", request_body::chunked()));
}

TEST_CASE("Connection is written by the library, once, at the end") {
    headers fields = one("Connection", "Upgrade");
    CHECK(refuses({.method = "GET", .target = "/", .host = "h", .fields = &fields}));
    fields.append("Upgrade", "websocket");
    fields.append("connection", ", CLOSE");
    std::string out;
    const auto meaning = encode_head(out, {.method = "GET", .target = "/", .host = "h", .fields = &fields});
    CHECK(out == "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: close, upgrade\r\n\r\n");
    CHECK(meaning.close);
    CHECK(meaning.upgrade);
    CHECK(refuses_field("Connection", "keep-alive, X-Secret"));
    CHECK(refuses_field("Connection", "close, keep-alive"));
    CHECK(refuses_field("Connection", "TE"));
    const headers keep_alive = one("Connection", "keep-alive");
    CHECK(encode({.method = "GET",
                  .target = "/",
                  .host = "h",
                  .fields = &keep_alive,
                  .version = skein::http_version::http_1_0}) ==
          "GET / HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n");
    CHECK(refuses({.method = "GET", .target = "/", .host = "h", .fields = &keep_alive, .close = true}));
}

TEST_CASE("a Host of the caller's takes the place of the URL's") {
    headers fields = one("X", "1");
    fields.append("HOST", "other.example:81");
    CHECK(encode({.method = "GET", .target = "/", .host = "h", .fields = &fields}) ==
          "GET / HTTP/1.1\r\nHost: other.example:81\r\nX: 1\r\n\r\n");
    fields.append("Host", "third");
    CHECK(refuses({.method = "GET", .target = "/", .host = "h", .fields = &fields}));
    for (const auto good : {"[::1]:8080"sv, "xn--a.b-c"sv, "127.0.0.1"sv, "a_b"sv})
        CHECK(!refuses({.method = "GET", .target = "/", .host = good}));
    for (const auto bad : {""sv, "a b"sv, "a/b"sv, "user@h"sv, "h?x"sv, "h#x"sv, "h\\x"sv, "\xc3\xa9"sv})
        CHECK(refuses({.method = "GET", .target = "/", .host = bad}));
}

TEST_CASE("no byte that could split the message gets into any part of it") {
    for (int c = 0; c < 256; ++c) {
        const std::string text = std::string("a") + static_cast<char>(c) + "b";
        CAPTURE(c);
        const bool control = c < 0x20 || c == 0x7f;
        if (control || c == ' ' || c > 0x7e || c == '#')
            CHECK(refuses({.method = "GET", .target = text, .host = "h"}));
        else
            CHECK(!refuses({.method = "GET", .target = text, .host = "h"}));
        if (control || c == ' ' || c > 0x7e) {
            CHECK(refuses({.method = text, .target = "/", .host = "h"}));
            CHECK(refuses({.method = "GET", .target = "/", .host = text}));
        }
    }
}

TEST_CASE("chunks: head, data, tail; the end with its trailers") {
    std::string out;
    encode_chunk_head(out, 5);
    out.append("hello").append(chunk_tail);
    encode_chunk_head(out, 0xFFFFFFFFFFull);
    CHECK(out == "5\r\nhello\r\nffffffffff\r\n");
    out.clear();
    encode_last_chunk(out);
    CHECK(out == "0\r\n\r\n");
    out.clear();
    encode_last_chunk(out, one("Digest", "x"));
    CHECK(out == "0\r\nDigest: x\r\n\r\n");
    for (const auto name : {"content-length"sv, "Transfer-Encoding"sv, "HOST"sv, "Authorization"sv, "TE"sv}) {
        out.clear();
        CHECK_THROWS_AS(encode_last_chunk(out, one(name, "x")), std::invalid_argument);
        CHECK(out.empty());
    }
}

namespace {

// Sends the row's text through the part of a request that its `api` names; what came out, or nothing if it
// was refused.
std::string send(const std::string& api, const nlohmann::json& row, const std::string& text) {
    if (api == "method") return encode({.method = text, .target = "/", .host = "h"});
    if (api == "target") return encode({.method = "GET", .target = text, .host = "h"});
    if (api == "host_override") {
        const headers fields = one("Host", text);
        return encode({.method = "GET", .target = "/", .host = "h", .fields = &fields});
    }
    if (api == "trailer_value") {
        std::string out;
        encode_last_chunk(out, one("X", text));
        return out;
    }
    static const std::map<std::string, std::string> names = {
        {"header_value", "X"},     {"cookie_value", "Cookie"},
        {"cookie_name", "Cookie"}, {"user_agent", "User-Agent"},
        {"range_header", "Range"}, {"upgrade", "Upgrade"},
        {"proxy_header", "X"},     {"ws_subprotocol", "Sec-WebSocket-Protocol"}};
    std::string name = api == "header_name" ? text : row.value("name", "");
    if (const auto it = names.find(api); it != names.end()) name = it->second;
    const std::string value = api == "header_name" ? "v" : api == "cookie_value" ? "n=" + text : text;
    const headers fields = one(name, value);
    return encode({.method = "GET", .target = "/", .host = "h", .fields = &fields});
}

// What a row that is not refused must look like on the wire.
std::string expected_bytes(const std::string& api, const std::string& text) {
    std::string trimmed = text;
    while (!trimmed.empty() && trimmed.front() == ' ') trimmed.erase(0, 1);
    if (api == "method") return text + " / HTTP/1.1\r\nHost: h\r\n\r\n";
    if (api == "target") return "GET " + text + " HTTP/1.1\r\nHost: h\r\n\r\n";
    return "GET / HTTP/1.1\r\nHost: h\r\nX: " + trimmed + "\r\n\r\n";
}

}  // namespace

TEST_CASE("the injection corpus: every row that is of this layer is refused, or sent as it says") {
    const std::map<std::string, std::string> skipped = {{"multipart_field_name", "multipart"},
                                                        {"multipart_filename", "multipart"},
                                                        {"multipart_content_type", "multipart"},
                                                        {"multipart_part_header", "multipart"},
                                                        {"boundary", "multipart"},
                                                        {"basic_user", "authentication"},
                                                        {"basic_password", "authentication"},
                                                        {"bearer_token", "authentication"},
                                                        {"digest_realm_echo", "authentication"},
                                                        {"http_version", "an enumeration: cannot be said"}};
    std::map<std::string, int> skips;
    int passed = 0;
    const auto rows = corpus::load("request_injection.json");
    for (const auto& row : rows) {
        const std::string api = row.at("api");
        if (const auto it = skipped.find(api); it != skipped.end()) {
            ++skips[it->second];
            continue;
        }
        const std::string id = row.at("id");
        const std::string expect = row.at("expect");
        const std::string text = corpus::from_latin1(row.at("value_latin1").get<std::string>());
        CAPTURE(id);
        std::string sent;
        bool refused = false;
        try {
            sent = send(api, row, text);
        } catch (const std::invalid_argument&) {
            refused = true;
        }
        // Encoding a target and dropping its fragment is the URL's work: here, what is left of it is refused.
        const bool must_refuse = expect.rfind("reject", 0) == 0 || expect == "percent_encode" ||
                                 expect == "fragment not sent" || expect == "ok only with chunked";
        CHECK(refused == must_refuse);
        if (!must_refuse) CHECK(sent == expected_bytes(api, text));
        ++passed;
    }
    std::string text;
    int skipped_rows = 0;
    for (const auto& [reason, count] : skips) {
        text += ", " + std::to_string(count) + " skipped (" + reason + ')';
        skipped_rows += count;
    }
    MESSAGE("injection corpus: " << passed << " rows checked" << text);
    CHECK(passed + skipped_rows == static_cast<int>(rows.size()));
    CHECK(passed > skipped_rows);
}
