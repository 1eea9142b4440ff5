// A body that goes on never has a byte that is not the file's.
#include "cut_file.hpp"

#include <chrono>
#include <string>
#include <vector>

using namespace simulation;
using namespace std::chrono_literals;

TEST_CASE("without an ETag, the date of the last change will do if it is older than the response") {
    const std::string changed = "Last-Modified: Mon, 31 Dec 2029 23:00:00 GMT\r\n";
    simulate([&]() -> task<> {
        const auto f = put({.fields = changed + "Date: Mon, 31 Dec 2029 23:00:01 GMT\r\n", .cuts = {10}});
        client_session session;
        const auto text = co_await read(session);
        CHECK(text == f->content);
        CHECK(field_of(f->last_head, "If-Range") == "Mon, 31 Dec 2029 23:00:00 GMT");
    });
    for (const std::string& fields : {std::string(), changed, std::string("ETag: W/\"one\"\r\n"),
                                      changed + "Date: Mon, 31 Dec 2029 23:00:00 GMT\r\n"}) {
        simulate([&]() -> task<> {
            const auto f = put({.fields = fields, .cuts = {10}});
            client_session session;
            const pool_check check(session);
            const auto words = co_await error_of(session);
            CHECK(mentions(words, "10 of 36"));
            CHECK(mentions(words, "; it cannot be resumed: it has no strong validator (GET "));
            CHECK(f->requests == 1);
        });
    }
}

TEST_CASE("a file that has changed meanwhile is an error, whatever the server sends of it") {
    for (const bool ranges : {false, true}) {
        simulate([&]() -> task<> {
            const auto f = put({.cuts = {10}, .ranges = ranges});
            client_session session;
            const pool_check check(session);
            auto got = co_await ask(session);
            f->fields = "ETag: \"two\"\r\n";
            std::string words;
            try {
                (void)co_await got.text();
            } catch (const skein::payload_error& e) {
                words = e.what();
            }
            CHECK(
                mentions(words, "cannot be resumed at byte 10: the server sent another version of the file"));
            CHECK(f->requests == 2);
        });
    }
}

TEST_CASE("a server without ranges sends the same file again, and what was read is skipped") {
    for (const bool chunked : {false, true}) {
        for (std::size_t cut = 0; cut < file().content.size(); ++cut) {
            simulate([&]() -> task<> {
                const auto f = put({.cuts = {cut, cut / 2, cut + 1}, .ranges = false, .chunked = chunked});
                client_session session;
                const pool_check check(session);
                const auto text = co_await read(session);
                CHECK(text == f->content);
            });
        }
    }
}

TEST_CASE("a wrong part is never put into the file") {
    const auto part = [](const std::string& fields, const std::string& body) {
        return "HTTP/1.1 206 Partial\r\n" + fields + "Content-Length: " + std::to_string(body.size()) +
               "\r\n\r\n" + body;
    };
    const std::string rest = file().content.substr(10);
    for (const auto& wrong : {
             part("Content-Range: bytes 9-35/36\r\n", "9" + rest),
             part("Content-Range: bytes 11-35/36\r\n", rest.substr(1)),
             part("Content-Range: bytes 10-36/37\r\n", rest + "!"),
             part("Content-Range: bytes 10-35/35\r\n", rest),
             part("Content-Range: bytes 10-34/36\r\n", rest),
             part("", rest),
             part("Content-Type: multipart/byteranges; boundary=x\r\n", rest),
             part("Content-Range: bytes 10-35/36\r\nETag: \"two\"\r\n", rest),
             part("Content-Range: bytes 10-35/36\r\nContent-Encoding: gzip\r\n", rest),
             // Chunked, and longer or shorter than it says.
             std::string("HTTP/1.1 206 Partial\r\nContent-Range: bytes 10-11/36\r\nTransfer-Encoding: "
                         "chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
             std::string("HTTP/1.1 206 Partial\r\nContent-Range: bytes 10-35/36\r\nTransfer-Encoding: "
                         "chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
             std::string("HTTP/1.1 416 No\r\nContent-Range: bytes */10\r\nContent-Length: 0\r\n\r\n"),
             std::string("HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n"),
             std::string("HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n"),
             std::string("HTTP/1.1 204 Nothing\r\n\r\n"),
         }) {
        simulate([&]() -> task<> {
            const auto f = put({.cuts = {10}, .rest = wrong});
            client_session session;
            const pool_check check(session);
            auto got = co_await ask(session);
            std::string text;
            bool refused = false;
            try {
                while (auto piece = co_await got.chunk()) text += skein::as_text(*piece);
            } catch (const skein::payload_error&) {
                refused = true;
            }
            CHECK_MESSAGE(refused, wrong);
            CHECK(f->content.compare(0, text.size(), text) == 0);
            CHECK(f->requests == 2);
        });
    }
}

TEST_CASE("a server that sends less than was asked for is asked again") {
    simulate([]() -> task<> {
        const auto f =
            put({.cuts = {10},
                 .rest = "HTTP/1.1 206 Partial\r\nContent-Range: bytes 10-12/36\r\nContent-Length: "
                         "3\r\n\r\nabc",
                 .rest_once = true});
        client_session session;
        const auto text = co_await read(session);
        CHECK(text == f->content);
        CHECK(f->requests == 3);
        CHECK(f->asked.back() == "bytes=13-");
    });
}
