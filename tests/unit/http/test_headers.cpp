// What headers promise: order, case, views, refusals, one block of memory.
#include <skein/headers.hpp>

#include "http/headers_writer.hpp"

#include <doctest/doctest.h>

#include <iterator>
#include <stdexcept>
#include <string>
#include <type_traits>

using namespace std::string_view_literals;
using skein::headers;

static_assert(std::forward_iterator<headers::const_iterator>);
static_assert(std::is_nothrow_move_constructible_v<headers> && std::is_nothrow_move_assignable_v<headers>);
static_assert(std::is_nothrow_swappable_v<headers>);

namespace {

std::string dump(const headers& h) {
    std::string out;
    for (auto [name, value] : h) out.append(name).append("=").append(value).append(";");
    return out;
}

std::string refusal(std::string_view name, std::string_view value) {
    headers h;
    try {
        h.append(name, value);
    } catch (const std::invalid_argument& e) {
        CHECK(h.empty());
        return e.what();
    }
    return "";
}

}  // namespace

TEST_CASE("headers keep order, spelling and repeats; names are found in any case") {
    headers h;
    CHECK(h.empty());
    CHECK(!h.get("a"));
    h.append("Set-Cookie", "a=1, b");
    h.append("X-One", "1");
    h.append("set-cookie", "c=2");
    CHECK(dump(h) == "Set-Cookie=a=1, b;X-One=1;set-cookie=c=2;");
    CHECK(h.size() == 3);
    CHECK(h.contains("SET-COOKIE"));
    CHECK(h.get("x-one") == "1");
    CHECK(h.get("set-COOKIE") == "a=1, b");
    CHECK(h.get_all("SET-cookie") == std::vector{"a=1, b"sv, "c=2"sv});
    CHECK(h.get_joined("set-cookie") == "a=1, b, c=2");
    CHECK(h.get_all("none").empty());
    CHECK(!h.get_joined("none"));
    CHECK(!h.contains("X-On"));
    CHECK(!h.contains("X-One "));
}

TEST_CASE("a list of fields is appended in its order, and refused as append refuses") {
    const headers h{{"Accept", "*/*"}, {"X-A", " 1 "}, {"accept", "text/html"}};
    CHECK(h.size() == 3);
    CHECK(h.get_joined("Accept") == "*/*, text/html");
    CHECK(h.get("x-a") == "1");
    CHECK(headers{} == headers());
    CHECK(headers{h} == h);  // a copy, no list
    CHECK_THROWS_AS((headers{{"X", "a\r\nY: z"}}), std::invalid_argument);
}

TEST_CASE("only ASCII letters are equal in both cases") {
    headers h;
    h.append("a^b~", "1");
    CHECK(!h.contains("a~b^"));
    CHECK(!h.contains("A>b~"));
    CHECK(h.contains("A^B~"));
}

TEST_CASE("set replaces every field of the name, in the place of the first") {
    headers h;
    h.append("a", "1");
    h.append("B", "2");
    h.append("c", "3");
    h.append("b", "4");
    h.append("d", "5");
    h.set("b", "six");
    CHECK(dump(h) == "a=1;b=six;c=3;d=5;");
    h.set("e", "7");
    CHECK(dump(h) == "a=1;b=six;c=3;d=5;e=7;");
    h.set("D", "");
    CHECK(dump(h) == "a=1;b=six;c=3;D=;e=7;");
}

TEST_CASE("remove takes every field of the name and says how many there were") {
    headers h;
    h.append("a", "1");
    h.append("A", "2");
    h.append("b", "3");
    h.append("a", "4");
    CHECK(h.remove("A") == 3);
    CHECK(dump(h) == "b=3;");
    CHECK(h.remove("A") == 0);
    h.clear();
    CHECK(h.empty());
    CHECK(h.remove("b") == 0);
    h.append("c", "5");
    CHECK(dump(h) == "c=5;");
}

TEST_CASE("every byte that a name or a value may not contain is refused, with its place") {
    const auto token = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"sv;
    for (int c = 0; c < 256; ++c) {
        const std::string text = std::string("ab") + static_cast<char>(c) + "d";
        const bool in_token = token.find(static_cast<char>(c)) != token.npos;
        const bool in_value = c == '\t' || (c >= 0x20 && c != 0x7f);
        CAPTURE(c);
        CHECK(refusal(text, "v").empty() == in_token);
        CHECK(refusal("n", text).empty() == in_value);
    }
    CHECK(refusal("X Y", "v") == "header name: byte 0x20 at position 1 is not allowed: \"X Y\"");
    CHECK(refusal("X", "a\r\nEvil: 1") ==
          "header value: byte 0x0d at position 1 is not allowed: \"a\\r\\nEvil: 1\"");
    CHECK(refusal("", "v") == "header name: must not be empty");
}

TEST_CASE("blanks around a value are dropped, those inside stay") {
    headers h;
    h.append("a", " \t x \t y \t");
    h.append("b", "  ");
    CHECK(dump(h) == "a=x \t y;b=;");
}

TEST_CASE("copies are equal and independent; a moved-from object is empty and usable") {
    headers h;
    for (int i = 0; i < 40; ++i) h.append("Name-" + std::to_string(i), std::string(30, 'v'));
    headers copy = h;
    CHECK(copy == h);
    copy.append("x", "y");
    CHECK(copy != h);
    CHECK(copy.size() == 41);
    copy = h;
    CHECK(copy == h);
    const std::string_view value = *h.get("name-7");
    headers moved = std::move(h);
    CHECK(moved.get("Name-7")->data() == value.data());  // views follow a move
    h.append("again", "1");
    CHECK(dump(h) == "again=1;");
    swap(h, moved);
    CHECK(h == copy);
    CHECK(dump(moved) == "again=1;");
    const headers& self = h;
    h = self;
    CHECK(h == copy);
    const headers none;
    CHECK(headers(none).empty());
}

TEST_CASE("equality looks at order and values, not at the case of names") {
    headers a;
    headers b;
    a.append("One", "1");
    a.append("Two", "2");
    b.append("ONE", "1");
    CHECK(a != b);
    b.append("two", "2");
    CHECK(a == b);
    b.set("two", "II");
    CHECK(a != b);
}

TEST_CASE("arguments may be views into the object, even when it grows") {
    headers h;
    h.append("source", std::string(100, 's'));
    for (int i = 0; i < 200; ++i) h.append("copy", *h.get("source"));
    CHECK(h.get_all("copy").back() == std::string(100, 's'));
    for (int i = 0; i < 200; ++i) h.set("source", *h.get("source"));
    CHECK(h.get("source") == std::string(100, 's'));
    CHECK(h.size() == 201);
    auto [name, value] = *h.begin();
    h.set(name, value);
    CHECK(h.get("source") == std::string(100, 's'));
    h.remove((*h.begin()).first);
    CHECK(h.size() == 200);
    CHECK(!h.contains("source"));
}

TEST_CASE("setting one field for ever does not grow the object") {
    headers h;
    h.append("other", "x");
    for (int i = 0; i < 100'000; ++i) h.set("counter", std::to_string(i));
    CHECK(dump(h) == "other=x;counter=99999;");
    const headers copy = h;  // its size is what is in use
    CHECK(copy == h);
}

TEST_CASE("a value that arrives in pieces is one value, wherever the growth falls") {
    for (std::size_t before = 0; before < 40; ++before) {
        headers h;
        for (std::size_t i = 0; i < before; ++i) h.append("filler", "0123456789");
        const skein::detail::headers_writer writer{h};
        constexpr std::string_view line = "Name: ";
        writer.append(line, 4, line.substr(6));
        std::string expected;
        for (int i = 0; i < 100; ++i) {
            const std::string piece(static_cast<std::size_t>(i % 7), static_cast<char>('a' + i % 26));
            writer.extend_last(piece);
            expected += piece;
        }
        CHECK(h.get("name") == expected);
        CHECK(h.size() == before + 1);
    }
}

TEST_CASE("a value can be extended though it is not the last text of the block") {
    headers h;
    h.append("a", "1");
    h.append("b", "2");
    h.set("a", "3");  // its text is now behind that of b
    const skein::detail::headers_writer writer{h};
    writer.extend_last("+");
    CHECK(dump(h) == "a=3;b=2+;");
}
