// What stands between the contents of a multipart body.
#include "http/multipart_framing.hpp"

#include <doctest/doctest.h>

#include <array>
#include <set>
#include <stdexcept>
#include <string>

using namespace skein;

namespace {

std::string head_of(const http::part_head& head) {
    std::string out;
    http::append_part_head(out, "b", head);
    return out;
}

http::part_head named(std::string_view name) {
    http::part_head head;
    head.name = name;
    return head;
}

}  // namespace

TEST_CASE("the head of a part: disposition, type, further fields, an empty line") {
    CHECK(head_of(named("title")) == "--b\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\n");
    headers more;
    more.append("X-One", "1");
    auto head = named("photo");
    head.filename = "a.jpg";
    head.content_type = "image/jpeg";
    head.fields = &more;
    CHECK(head_of(head) ==
          "--b\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\n"
          "Content-Type: image/jpeg\r\nX-One: 1\r\n\r\n");
    head = named("");
    head.filename = "";
    CHECK(head_of(head) == "--b\r\nContent-Disposition: form-data; name=\"\"; filename=\"\"\r\n\r\n");
    std::string end;
    http::append_multipart_end(end, "b");
    CHECK(end == "--b--\r\n");
}

TEST_CASE("names and file names are escaped as browsers do: CR, LF and the double quote, nothing else") {
    for (int i = 0; i < 256; ++i) {
        const char c = static_cast<char>(i);
        const std::string text = std::string("a") + c + "b";
        CAPTURE(i);
        const bool control = (i < 0x20 && c != '\t' && c != '\r' && c != '\n') || i == 0x7f;
        if (control) {
            CHECK_THROWS_AS(http::require_part_text(text, "a name"), std::invalid_argument);
            continue;
        }
        CHECK_NOTHROW(http::require_part_text(text, "a name"));
        std::string escaped = text;
        if (c == '\r') escaped = "a%0Db";
        if (c == '\n') escaped = "a%0Ab";
        if (c == '"') escaped = "a%22b";
        auto head = named(text);
        head.filename = text;
        CHECK(head_of(head) == "--b\r\nContent-Disposition: form-data; name=\"" + escaped +
                                   "\"; filename=\"" + escaped + "\"\r\n\r\n");
    }
}

TEST_CASE("boundaries: the alphabet of RFC 2046, 1 to 70 bytes, no space at the end") {
    for (int i = 0; i < 256; ++i) {
        const char c = static_cast<char>(i);
        const bool good = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c != '\0' && std::string_view("'()+_,-./:=? ").find(c) != std::string_view::npos);
        CAPTURE(i);
        const std::string text = std::string("a") + c + "b";
        if (good)
            CHECK_NOTHROW(http::require_boundary(text));
        else
            CHECK_THROWS_AS(http::require_boundary(text), std::invalid_argument);
    }
    CHECK_NOTHROW(http::require_boundary(std::string(70, 'x')));
    CHECK_THROWS_AS(http::require_boundary(std::string(71, 'x')), std::invalid_argument);
    CHECK_THROWS_AS(http::require_boundary(""), std::invalid_argument);
    CHECK_THROWS_AS(http::require_boundary("a "), std::invalid_argument);
}

TEST_CASE("a boundary carries 128 random bits, and needs no quotes") {
    std::array<std::byte, 16> random{};
    CHECK(http::make_boundary(random) == "skein-00000000000000000000000000000000");
    std::set<std::string> all;
    for (std::size_t bit = 0; bit < 128; ++bit) {
        random = {};
        random[bit / 8] = static_cast<std::byte>(1U << bit % 8);
        all.insert(http::make_boundary(random));
    }
    CHECK(all.size() == 128);
    for (const auto& one : all) {
        CHECK_NOTHROW(http::require_boundary(one));
        CHECK(http::multipart_content_type(one) == "multipart/form-data; boundary=" + one);
    }
    CHECK(http::multipart_content_type("a b:c") == "multipart/form-data; boundary=\"a b:c\"");
}
