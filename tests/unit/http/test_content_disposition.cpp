// Content-Disposition, and the names of downloads: what a server may not make us write.
#include <skein/content_disposition.hpp>

#include "corpus.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <string>
#include <string_view>

using skein::content_disposition;
using skein::download_name;
using skein::url;

namespace {

std::optional<std::string> filename(std::string_view header) {
    const auto parsed = content_disposition::parse(header);
    return parsed ? parsed->filename : std::nullopt;
}

std::string name_of(std::string_view header) {
    return download_name(header, url("http://a.test/dir/file.bin"));
}

std::string name_of_path(const std::string& path) {
    return download_name(std::nullopt, url("http://a.test" + path));
}

// Valid UTF-8 by another way than the library's: nlohmann's writer is strict.
bool is_utf8(const std::string& text) {
    try {
        return !nlohmann::json(text).dump().empty();
    } catch (const nlohmann::json::type_error&) {
        return false;
    }
}

bool is_device(const std::string& name) {
    std::string stem = name.substr(0, name.find('.'));
    while (stem.ends_with(' ')) stem.pop_back();
    for (char& c : stem) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    constexpr std::array<std::string_view, 26> devices = {
        "con",  "prn",  "aux",  "nul",  "conin$", "conout$", "com0", "com1", "com2",
        "com3", "com4", "com5", "com6", "com7",   "com8",    "com9", "lpt0", "lpt1",
        "lpt2", "lpt3", "lpt4", "lpt5", "lpt6",   "lpt7",    "lpt8", "lpt9"};
    return std::find(devices.begin(), devices.end(), stem) != devices.end();
}

void check_safe(const std::string& name) {
    CAPTURE(name);
    CHECK(name.size() >= 1);
    CHECK(name.size() <= 255);
    CHECK(name.find_first_of("/\\:") == std::string::npos);
    CHECK(std::none_of(name.begin(), name.end(), [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; }));
    CHECK(name[0] != '.');
    CHECK(name[0] != '-');
    CHECK(name.back() != '.');
    CHECK(name.back() != ' ');
    CHECK(is_utf8(name));
    CHECK_FALSE(is_device(name));
}

}  // namespace

TEST_CASE("the type and the file name are read") {
    const auto parsed = content_disposition::parse(" Attachment ; filename = \"a b.txt\" ; size=3;");
    REQUIRE(parsed.has_value());
    CHECK(parsed->type == "attachment");
    CHECK(parsed->filename == "a b.txt");
    CHECK(content_disposition::parse("inline")->type == "inline");
    CHECK_FALSE(content_disposition::parse("inline")->filename.has_value());
    CHECK(filename(R"(attachment; filename="a\"b\\c;d")") == "a\"b\\c;d");
    CHECK(filename("attachment; filename=\"\"") == "");
}

TEST_CASE("an extended file name wins if it is good") {
    CHECK(filename("attachment; filename=x; filename*=UTF-8''%e2%82%ac") == "\xe2\x82\xac");
    CHECK(filename("attachment; filename*=utf-8'en'a%20b; filename=x") == "a b");
    CHECK(filename("attachment; filename*=ISO-8859-1''%e9") == "\xc3\xa9");
    for (const char* bad :
         {"UTF-8''%ff", "UTF-8''%c0%af", "UTF-8''%ed%a0%80", "UTF-8''%f5%80%80%80", "UTF-8''%e2%82",
          "UTF-8'a", "UTF-8", "koi8-r''a", "''a", "UTF-8''%4", "UTF-8''%zz", "UTF-8''a*b", "\"UTF-8''a\""}) {
        CAPTURE(bad);
        CHECK(filename("attachment; filename=x; filename*=" + std::string(bad)) == "x");
    }
}

TEST_CASE("a plain file name is UTF-8, or else ISO-8859-1") {
    CHECK(filename("attachment; filename=\"\xc3\xa9\"") == "\xc3\xa9");
    CHECK(filename("attachment; filename=\"\xe9\"") == "\xc3\xa9");
    CHECK(filename("attachment; filename=\"a%20b\"") == "a%20b");
}

TEST_CASE("a header that breaks the grammar is ignored") {
    for (const char* bad :
         {"", ";", "filename=a", "attachment filename=a", "attachment; filename",
          "attachment; filename=", "attachment; =a", "attachment; filename=a b", "attachment; filename=\"a",
          "attachment; filename=\"a\\", "attachment; filename=\"a\"b", "attachment; filename=a/b",
          "attachment; filename=\xc3\xa9", "attachment; filename=a; filename=b",
          "attachment; filename=a; FileName=a", "attachment; x=1; x=2", "attachment;; filename=a",
          "attachment, inline", "\"attachment\""}) {
        CAPTURE(bad);
        CHECK_FALSE(content_disposition::parse(bad).has_value());
    }
}

TEST_CASE("every row of the corpus gives its name") {
    int rows = 0;
    for (const auto& row : corpus::load("download_names.json")) {
        CAPTURE(row["id"].get<std::string>());
        ++rows;
        std::optional<std::string> header;
        if (!row["content_disposition"].is_null()) header = row["content_disposition"].get<std::string>();
        const std::string name = download_name(header, url(row["url"].get<std::string>()));
        CHECK(name == row["expect"].get<std::string>());
        check_safe(name);
    }
    CHECK(rows == 36);
}

TEST_CASE("device names are defused, names like them are left alone") {
    for (const char* device : {"con", "NUL", "Aux.txt", "prn.tar.gz", "com1", "LPT9.x", "CONIN$", "nul .txt",
                               "com0", "COM\xc2\xb9.txt"}) {
        CAPTURE(device);
        CHECK(name_of("attachment; filename=\"" + std::string(device) + "\"") == "_" + std::string(device));
    }
    for (const char* plain : {"console", "com", "com10", "lptx", "null.txt", "x.con", "com1a"}) {
        CHECK(name_of("attachment; filename=" + std::string(plain)) == plain);
    }
}

TEST_CASE("a name that deceives is passed over") {
    CHECK(name_of("attachment; filename*=UTF-8''exe%E2%80%AEtxt.x") == "file.bin");  // right-to-left override
    CHECK(name_of("attachment; filename*=UTF-8''exe%E2%81%A6txt.x") == "file.bin");  // isolate
    CHECK(name_of("attachment; filename*=UTF-8''a%C2%9Bb") == "file.bin");           // C1 control
    CHECK(name_of("attachment; filename*=UTF-8''a%E2%80%A8b") == "file.bin");        // line separator
    CHECK(name_of("attachment; filename*=UTF-8''a%7Fb") == "file.bin");
    CHECK(name_of("attachment; filename=\"a\tb\"") == "file.bin");
    CHECK(name_of("attachment; filename=\"a\\\nb\"") == "file.bin");
    CHECK(name_of("attachment; filename*=UTF-8''%E2%80%8Fa") ==
          "\xe2\x80\x8f"
          "a");  // a mark in honest use
}

TEST_CASE("spaces and dots around a name go") {
    CHECK(name_of("attachment; filename=\"  a b . . \"") == "a b");
    CHECK(name_of("attachment; filename=\" .profile\"") == "_profile");
    for (const char* nothing : {"", " ", ".", "..", ". .", "...", "/", "a/..", "a\\\\", "c:/"}) {
        CHECK(name_of("attachment; filename=\"" + std::string(nothing) + "\"") == "file.bin");
    }
}

TEST_CASE("without a usable header the URL names the file") {
    CHECK(name_of_path("/a/b.txt?x=/y#/z") == "b.txt");
    CHECK(name_of_path("/a%20b%C3%A9") == "a b\xc3\xa9");
    CHECK(name_of_path("/a/") == "index.html");
    CHECK(name_of_path("") == "index.html");
    CHECK(name_of_path("/x%2F") == "index.html");
    CHECK(name_of_path("/%E2%80%AE") == "index.html");
    CHECK(name_of_path("/%ff%0a") == "%ff%0a");
    CHECK(name_of_path("/c%3Anul") == "c_nul");
    CHECK(name_of("attachment") == "file.bin");
}

TEST_CASE("a long name is cut between characters and before its extension") {
    const std::string long_stem(400, 'a');
    CHECK(name_of("attachment; filename=" + long_stem) == std::string(255, 'a'));
    CHECK(name_of("attachment; filename=" + long_stem + ".tar.gz") == std::string(252, 'a') + ".gz");
    CHECK(name_of("attachment; filename=a." + long_stem) == "a." + std::string(253, 'a'));
    CHECK(name_of("attachment; filename=-" + long_stem) == "_-" + std::string(253, 'a'));
    CHECK(name_of("attachment; filename=nul." + long_stem) == "_nul." + std::string(250, 'a'));
    const std::string spaces(300, ' ');
    CHECK(name_of("attachment; filename=\"" + spaces + "x\"") == "x");
    CHECK(name_of("attachment; filename=\"nul" + spaces + "x\"") == "_nul");
    CHECK(name_of("attachment; filename=\"" + std::string(254, 'a') + "\xc3\xa9\"") == std::string(254, 'a'));
}

TEST_CASE("whatever a server sends, the name is safe") {
    constexpr std::array<std::string_view, 36> pieces = {
        "a",      "b.txt",    ".",        "..",        "/",          "\\",       "\\\\",
        "-",      ":",        " ",        "nul",       "com1",       "%",        "%2F",
        "%00",    "%0a",      "%2e",      "%5c",       "%C3%A9",     "\xc3\xa9", "\xe2\x80\xae",
        "\xff",   "\xf0\x9f", "\xc0\xaf", "\n",        "\x1b[",      "\"",       "\\\"",
        "'",      ";",        "=",        "filename=", "filename*=", "UTF-8''",  "\x7f",
        "LPT1 .x"};
    std::mt19937 random(20261122);
    const auto below = [&](std::size_t n) {
        return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
    };
    const std::array<std::string, 4> openings = {
        "attachment; filename=\"", "attachment; filename=", "attachment; filename*=UTF-8''", ""};
    const url requested("http://a.test/dir/file.bin");
    int from_header = 0;
    for (int round = 0; round < 20000; ++round) {
        const std::size_t opening = below(openings.size());
        std::string text;
        std::string path = "/";
        for (std::size_t k = below(12) + 1; k > 0; --k) {
            const std::string piece(pieces[below(pieces.size())]);
            const std::size_t times = below(50) == 0 ? 150 : 1;
            for (std::size_t t = 0; t < times; ++t) text += piece;
            path += piece;
        }
        const std::string header = openings[opening] + text + (opening == 0 ? "\"" : "");
        const std::string name = download_name(header, requested);
        if (name != "file.bin") ++from_header;
        check_safe(name);
        if (const auto odd = url::try_parse("http://a.test" + path))
            check_safe(download_name(std::nullopt, *odd));
    }
    CHECK(from_header > 1000);
}
