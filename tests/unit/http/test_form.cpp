// Forms as text.
#include <skein/form.hpp>

#include <doctest/doctest.h>

#include <string>

using skein::form;

TEST_CASE("fields keep their order, and names may repeat") {
    const form fields = {{"b", "2"}, {"a", "1"}, {"b", "3"}};
    CHECK(fields.encoded() == "b=2&a=1&b=3");
    CHECK(fields.size() == 3);
    CHECK(fields.begin()->first == "b");
    CHECK(form().add("a", "1").add("a", "1").encoded() == "a=1&a=1");
    CHECK(form().encoded().empty());
    CHECK(form().empty());
    CHECK(form{{"", ""}}.encoded() == "=");
    CHECK(form{{"", ""}, {"", ""}}.encoded() == "=&=");
}

TEST_CASE("every byte is encoded as WHATWG has it") {
    for (int i = 0; i < 256; ++i) {
        const char c = static_cast<char>(i);
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           c == '*' || c == '-' || c == '.' || c == '_';
        constexpr std::string_view digits = "0123456789ABCDEF";
        std::string expected(1, c == ' ' ? '+' : c);
        if (!plain && c != ' ') {
            expected = '%';
            expected += digits[static_cast<std::size_t>(i) >> 4];
            expected += digits[static_cast<std::size_t>(i) & 15];
        }
        CAPTURE(i);
        const std::string text(1, c);
        const std::string encoded = form().add(text, text).encoded();
        CHECK(encoded.substr(0, expected.size()) == expected);
        CHECK(encoded.substr(expected.size(), 1) == "=");
        CHECK(encoded.substr(expected.size() + 1) == expected);
    }
    CHECK(form().add("name", "Zoë & Ünal\r\n").encoded() == "name=Zo%C3%AB+%26+%C3%9Cnal%0D%0A");
}
