// Text in the charsets of the web, and the header that names them.
#include "http/charset.hpp"
#include "http/media_type.hpp"
#include "http/utf8.hpp"
#include "skein_features.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace skein::http;
using namespace std::string_literals;

TEST_CASE("ISO-8859-1 and ASCII are windows-1252, as everywhere on the web") {
    for (const auto* label : {"iso-8859-1", "latin1", "us-ascii", "windows-1252", "cp1252"}) {
        CHECK(to_utf8("caf\xe9 \x80 \x93quoted\x94", label) == "caf\u00e9 \u20ac \u201cquoted\u201d");
        CHECK(to_utf8("\x81\x9d", label) == "\u0081\u009d");
    }
    std::string all;
    for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
    CHECK(is_utf8(*to_utf8(all, "latin1")));
}

TEST_CASE("UTF-16 in both orders, with pairs, halves of pairs and half units") {
    CHECK(to_utf8("\0h\0\xe9\xd8\x3d\xde\0"s, "utf-16be") == "h\u00e9\U0001f600");
    CHECK(to_utf8("h\0\xe9\0\x3d\xd8\0\xde"s, "utf-16le") == "h\u00e9\U0001f600");
    CHECK(to_utf8("h\0"s, "utf-16") == "h");
    CHECK(to_utf8("\xff\xfeh\0"s, "utf-16be") == "h");
    CHECK(to_utf8("\xfe\xff\0h"s, "utf-16") == "h");
    CHECK(to_utf8("\xd8\x3d\0h"s, "utf-16be") == "\ufffdh");
    CHECK(to_utf8("\xde\0\0h"s, "utf-16be") == "\ufffdh");
    CHECK(to_utf8("\xd8\x3d"s, "utf-16be") == "\ufffd");
    CHECK(to_utf8("\0h\0"s, "utf-16be") == "h\ufffd");
}

TEST_CASE("a byte order mark of UTF-8 overrides the label") {
    CHECK(to_utf8("\xef\xbb\xbf\u00e9", "latin1") == "\u00e9");
    CHECK(to_utf8("\xef\xbb\xbf\u00e9", "no-such-charset") == "\u00e9");
}

TEST_CASE("labels stand for UTF-8, for what is known, or for nothing") {
    CHECK(is_utf8_label("utf-8"));
    CHECK(is_utf8_label("utf8"));
    CHECK_FALSE(is_utf8_label("utf-16"));
    CHECK_FALSE(is_utf8_label(""));
    for (const auto* label :
         {"", "no-such-charset", "utf-7", "hz-gb-2312", "latin1,swaplfnl", "../x", "x\0y"})
        CHECK_FALSE(to_utf8("x", label).has_value());
}

#if SKEIN_HAVE_ICU
TEST_CASE("ICU knows the rest, by the labels of the web") {
    CHECK(to_utf8("\x93\xfa\x96\x7b", "shift_jis") == "\u65e5\u672c");
    CHECK(to_utf8("\x93\xfa\x96\x7b", "x-sjis") == "\u65e5\u672c");
    CHECK(to_utf8("\xc6\xfc\xcb\xdc", "euc-jp") == "\u65e5\u672c");
    CHECK(to_utf8("\xd6\xd0\x81\x30\x81\x30", "gb2312") == "\u4e2d\u0080");  // which is gb18030
    CHECK(to_utf8("\xb0\xa1\x81\x41", "euc-kr") == "\uac00\uac02");          // which is windows-949
    CHECK(to_utf8("\xa4\xa4", "big5") == "\u4e2d");
    CHECK(to_utf8("\xf0\xd2", "koi8-r") == "\u041f\u0440");
    CHECK(to_utf8("\xcf\xf0", "x-cp1251") == "\u041f\u0440");
    CHECK(to_utf8("\xa4", "iso-8859-15") == "\u20ac");
    CHECK(to_utf8("\xdd", "latin5") == "\u0130");
    CHECK(to_utf8("a\x81 b", "shift_jis")->find("\ufffd") != std::string::npos);
    const std::string many(100'000, '\xcf');
    CHECK(to_utf8(many, "windows-1251")->size() == 2 * many.size());
    CHECK(to_utf8("", "koi8-r") == "");
}
#endif

TEST_CASE("the type and charset of a Content-Type") {
    CHECK(media_type_of("Text/HTML") == "text/html");
    CHECK(media_type_of(" text/html ; charset=x") == "text/html");
    for (const auto* none : {"", "text", "text/", "/html", "text /html", "a/b/c", ";charset=x"})
        CHECK(media_type_of(none) == "");
    CHECK(charset_of("text/html; charset=UTF-8") == "utf-8");
    CHECK(charset_of("text/html;CharSet=\"Latin1\"") == "latin1");
    CHECK(charset_of("text/html; a=\"; charset=x\"; charset=y") == "y");
    CHECK(charset_of("text/html; a; ; charset=y ; charset=z") == "y");
    CHECK(charset_of("text/html; charset= y") == "y");
    CHECK(charset_of("; charset=y") == "y");
    for (const auto* none : {"", "text/html", "text/html; charset", "text/html; charset=", "charset=x",
                             "text/html; charset=\"", "text/html; charset=\"\"", "text/html; xcharset=y"})
        CHECK_FALSE(charset_of(none).has_value());
}
