// How the parser is used: events, pieces, what it tells, reuse.
#include "http1_outcome.hpp"

#include <skein/detail/recycler.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>

using namespace http1_test;
using namespace std::chrono_literals;

namespace {

const std::string response =
    "HTTP/1.1 200 OK\r\nServer: s\r\nContent-Length: 5\r\nKeep-Alive: max=3, Timeout = 15\r\n\r\nhello";

}  // namespace

TEST_CASE("events come in order, and a piece of the body lies in the input") {
    skein::http1::message m;
    parser p;
    p.begin(request_kind::ordinary, m);
    CHECK(p.head_bytes() == 0);
    const std::string bytes = response + "more";
    auto in = skein::as_bytes(bytes);
    CHECK(p.next(in) == event::head);
    CHECK(p.head().status == 200);
    CHECK(p.head().reason == "OK");
    CHECK(p.head().fields.get("server") == "s");
    CHECK(p.framing() == framing::length);
    CHECK(p.content_length() == 5);
    CHECK(!p.body_until_close());
    CHECK(p.keep_alive_timeout() == 15s);
    CHECK(p.head_bytes() == response.size() - 5);
    CHECK(&p.head() == &m.head);
    CHECK(m.head.fields.size() == 3);
    CHECK(p.next(in) == event::body);
    CHECK(static_cast<const void*>(p.piece().data()) == bytes.data() + response.size() - 5);
    CHECK(p.piece().size() == 5);
    CHECK(!p.reusable());
    CHECK(p.next(in) == event::end);
    CHECK(p.body_bytes() == 5);
    CHECK(p.surplus());
    CHECK(in.size() == 4);
    CHECK(p.next(in) == event::end);
}

TEST_CASE("need_data means that all input is used up, and changes nothing when repeated") {
    for (const std::string& bytes :
         {response, std::string("HTTP/1.1 200 OK\r\nX: a\r\n b\r\nTransfer-Encoding: chunked\r\n\r\n"
                                "5;e\r\nhello\r\n3\r\nabc\r\n0\r\nT: u\r\n\r\n")}) {
        const outcome expected = run(request_kind::ordinary, bytes);
        CHECK(expected.reusable);
        for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
            parser p;
            const std::string_view all = bytes;
            CHECK(run(p, request_kind::ordinary, {all.substr(0, cut), "", "", all.substr(cut)}) == expected);
        }
    }
}

TEST_CASE("one parser serves exchange after exchange, of all kinds, after an error too") {
    parser p;
    const outcome first = run(p, request_kind::ordinary, {response});
    CHECK(first.reusable);
    CHECK(run(p, request_kind::head, {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"}).reusable);
    CHECK(run(p, request_kind::ordinary, {"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\nsurplus"}).ok);
    CHECK(!run(p, request_kind::ordinary, {"HTTP/1.1 200 OK\r\nX: a\r\n\x01: "}).ok);
    CHECK(!run(p, request_kind::ordinary, {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a"},
               then::close)
               .ok);
    CHECK(!run(p, request_kind::ordinary, {"HTTP/1.1 200 OK\r\nX: a\r"}, then::close).ok);
    CHECK(run(p, request_kind::ordinary, {response}) == first);
    CHECK(p.keep_alive_timeout() == 15s);
}

TEST_CASE("a parser that has not begun has nothing to say") {
    parser p;
    skein::byte_view none;
    CHECK(p.next(none) == event::failed);
    CHECK(!p.reusable());
}

TEST_CASE("Keep-Alive is a hint: what it does not say clearly is ignored") {
    const auto timeout = [](const std::string& value) {
        parser p;
        run(p, request_kind::ordinary,
            {"HTTP/1.1 200 OK\r\nKeep-Alive: " + value + "\r\nContent-Length: 0\r\n\r\n"});
        return p.keep_alive_timeout();
    };
    CHECK(timeout("timeout=5") == 5s);
    CHECK(timeout("max=100,timeout=5") == 5s);
    CHECK(timeout("TIMEOUT=0") == 0s);
    CHECK(!timeout(""));
    CHECK(!timeout("timeout"));
    CHECK(!timeout("timeout=5s"));
    CHECK(!timeout("timeout=-1"));
    CHECK(!timeout("timeout=99999999999"));
    CHECK(!timeout("xtimeout=5"));
}

TEST_CASE("a Content-Encoding is noticed, folded or not, in the head of the response and nowhere else") {
    parser p;
    const auto noticed = [&](const std::string& lines,
                             const std::string& rest = "Content-Length: 0\r\n\r\n") {
        CHECK(run(p, request_kind::ordinary, {"HTTP/1.1 200 OK\r\n" + lines + rest}).ok);
        return p.has_content_encoding();
    };
    CHECK(noticed("Content-Encoding: gzip\r\n"));
    CHECK(!noticed(""));
    CHECK(noticed("CONTENT-encoding:\r\n gzip\r\n"));
    CHECK(!noticed("Content-Encodings: gzip\r\nContent_Encoding: gzip\r\n"));
    CHECK(!noticed("Transfer-Encoding: chunked\r\n\r\n0\r\n", "Content-Encoding: gzip\r\n\r\n"));
    CHECK(run(p, request_kind::ordinary,
              {"HTTP/1.1 103 Early Hints\r\nContent-Encoding: gzip\r\n\r\nHTTP/1.1 200 OK\r\n"
               "Content-Length: 0\r\n\r\n"})
              .ok);
    CHECK(!p.has_content_encoding());
}

TEST_CASE("bodies of more than 4 GiB are counted in 64 bits") {
    skein::http1::message m;
    parser p;
    p.begin(request_kind::ordinary, m);
    auto in = skein::as_bytes("HTTP/1.1 200 OK\r\nContent-Length: 5368709120\r\n\r\n");
    CHECK(p.next(in) == event::head);
    const std::string block(64 << 20, 'x');
    for (int i = 0; i < 80; ++i) {
        in = skein::as_bytes(block);
        CHECK(p.next(in) == event::body);
        CHECK(in.empty());
    }
    CHECK(p.next(in) == event::end);
    CHECK(p.body_bytes() == 5368709120);
    CHECK(p.reusable());
}

TEST_CASE("an exchange in steady state needs nothing but the block of its headers") {
    parser p;
    const auto exchange = [&] {
        skein::http1::message m;
        p.begin(request_kind::ordinary, m);
        auto in = skein::as_bytes(response);
        skein::headers fields;
        for (event e = p.next(in); e != event::end; e = p.next(in))
            if (e == event::head) fields = std::move(m.head.fields);
        return fields;
    };
    const void* const first = (*exchange().begin()).first.data();
    if (skein::detail::this_recycler.passes_through) return;
    for (int i = 0; i < 10; ++i) CHECK((*exchange().begin()).first.data() == first);
}
