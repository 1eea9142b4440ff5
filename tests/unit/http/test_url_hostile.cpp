// What url refuses and what its refusals say: hostile texts, limits, names of doubtful spelling.
#include "corpus.hpp"
#include "skein_features.hpp"

#include <skein/error.hpp>
#include <skein/url.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using skein::url;

namespace {

// The message of the refusal; empty if the text was taken.
std::string refusal(std::string_view text) {
    try {
        const url parsed(text);
        return {};
    } catch (const skein::invalid_url& error) {
        CHECK_FALSE(url::try_parse(text).has_value());
        return error.what();
    }
}

std::string repeat(std::string_view text, std::size_t times) {
    std::string out;
    for (std::size_t k = 0; k < times; ++k) out += text;
    return out;
}

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

// The word after "name=" in the prose of the corpus.
std::string value_of(const std::string& prose, const std::string& name) {
    const std::size_t begin = prose.find(name + '=');
    if (begin == std::string::npos) return {};
    const std::size_t from = begin + name.size() + 1;
    return prose.substr(from, prose.find_first_of(" ,;", from) - from);
}

}  // namespace

TEST_CASE("hosts that are none are refused") {
    for (const std::string_view host : {"",
                                        ":80",
                                        "a b",
                                        "a<b",
                                        "a%00b",
                                        "a%20b",
                                        "a%",
                                        "%zz",
                                        "a|b",
                                        "a^b",
                                        "[::1",
                                        "::1",
                                        "[::1]a",
                                        "[]",
                                        "[:]",
                                        "[:1]",
                                        "[1:]",
                                        "[::1::2]",
                                        "[1:2:3:4:5:6:7]",
                                        "[1:2:3:4:5:6:7:8:9]",
                                        "[1:2:3:4:5:6:7:8::]",
                                        "[12345::]",
                                        "[::1.2.3]",
                                        "[::1.2.3.4.5]",
                                        "[::01.2.3.4]",
                                        "[::256.2.3.4]",
                                        "[::1.2.3.4:5]",
                                        "[1:2:3:4:5:6:7:1.2.3.4]",
                                        "[fe80::1%25eth0]",
                                        "[fe80::1%eth0]",
                                        "[g::]",
                                        "1.2.3.4.5",
                                        "256.1.1.1",
                                        "1.256.1.1",
                                        "1.2.3.256",
                                        "4294967296",
                                        "0x100000000",
                                        "1..2",
                                        "09",
                                        "a.09",
                                        "1.2.3.08"}) {
        CAPTURE(host);
        CHECK_FALSE(url::try_parse("http://" + std::string(host) + "/").has_value());
    }
}

TEST_CASE("tabs and line breaks are refused wherever they stand") {
    const std::string text = "http://u:p@a.test:81/p?q#f";
    const url base("http://a.test/");
    for (const char* c : {"\t", "\r", "\n", "\r\n"}) {
        for (std::size_t at = 0; at <= text.size(); ++at) {
            CAPTURE(at);
            const std::string broken = std::string(text).insert(at, c);
            CHECK_FALSE(url::try_parse(broken).has_value());
            CHECK_FALSE(url::try_parse(broken, base).has_value());
        }
        CHECK_FALSE(url::try_parse("/a" + std::string(c), base).has_value());
    }
    CHECK(has(refusal("http://a.test/\r\nX: y"), "a tab or a line break, at byte 14"));
    CHECK(url("  http://a.test/  ").str() == "http://a.test/");
}

TEST_CASE("a refusal quotes the text and says what is wrong and where") {
    CHECK(refusal("http://h:8a/") ==
          "invalid URL \"http://h:8a/\": it has a port that is no number, at byte 10");
    CHECK(refusal("a.test/") ==
          "invalid URL \"a.test/\": it has no scheme (it should begin with http:// or https://), at byte 0");
    CHECK(has(refusal("http+unix://x/"), "not supported (only http, https, ws and wss are): \"http+unix\""));
    CHECK(has(refusal("http:///"), "has no host, at byte 8"));
    CHECK(has(refusal("http://a\x01\xff\"\x1b[2J"), "\"http://a\\x01\\xff\\\"\\x1b[2J\""));
    const std::string long_text = "ftp://" + std::string(5000, '\x01');
    CHECK(refusal(long_text).size() < 256 + 150);
    CHECK(has(refusal(long_text), "...\""));
}

TEST_CASE("no message has a password") {
    for (const char* text :
         {"http://user:secret@h:99999/", "http://secret@h:x/", "http://user:secret@", "user:secret@h",
          "http://user:sec/ret@h/", "http://u:a#secret@h:p/", "ftp://u:secret@h/"}) {
        CAPTURE(text);
        const std::string message = refusal(text);
        CHECK_FALSE(message.empty());
        CHECK_FALSE(has(message, "secret"));
        CHECK_FALSE(has(message, "ret@"));
    }
    CHECK(url("https://user:secret@h/p?q#f").redacted() == "https://***:***@h/p?q#f");
    CHECK(url("https://token@h/").redacted() == "https://***@h/");
    CHECK(url("https://:secret@h/").redacted() == "https://:***@h/");
    CHECK(url("https://h:1/p").redacted() == "https://h:1/p");
}

TEST_CASE("limits: text, normal form, host and label") {
    const std::string fits = "http://h/" + std::string(url::max_bytes - 9, 'a');
    CHECK(url(fits).str().size() == url::max_bytes);
    CHECK(has(refusal(fits + 'a'), "longer than 64 KiB"));
    CHECK(
        has(refusal("http://h/" + std::string(30000, ' ') + 'x'), "longer than 64 KiB when percent-encoded"));
    CHECK_THROWS_AS((void)url(fits).with_param("a", "b"), skein::invalid_url);
    CHECK_THROWS_AS((void)url(fits).with_fragment("f"), skein::invalid_url);
    CHECK_THROWS_AS((void)url(fits + "/").join("longer"), skein::invalid_url);

    const std::string label(63, 'a');
    const std::string host = label + '.' + label + '.' + label + '.' + std::string(61, 'a');  // 253
    for (const std::string upper : {"", "A"}) {  // by the short way and by the long one
        CHECK(url::try_parse("http://" + host + "/" + upper).has_value());
        CHECK(url::try_parse("http://" + host + "./ " + upper).has_value());
        CHECK(has(refusal("http://" + host + upper + "a/"), "host longer than 253 bytes"));
        CHECK(url::try_parse("http://" + label + ".test/").has_value());
        CHECK(has(refusal("http://" + label + upper + "a.test/"), "label longer than 63 bytes"));
    }
}

TEST_CASE("64 KiB of anything is dealt with in linear time") {
    const url base("http://h/" + repeat("a/", 32000));
    for (const std::string_view unit : {"@", ":", "/", "\\", "../", "a/../", "%2e%2e/", "%", "[", "]", ".",
                                        "a.", "1.", "0x", "\xc3\xa9", "xn--", " "}) {
        CAPTURE(unit);
        const std::string run = repeat(unit, 65000 / unit.size());
        const auto whole = url::try_parse(run);
        const auto in_authority = url::try_parse("http://" + run.substr(0, 64000) + "h/");
        const auto in_path = url::try_parse("http://h/" + run.substr(0, 64000));
        const auto relative = url::try_parse(run, base);
        CHECK_FALSE(whole.has_value());
        for (const auto& parsed : {in_authority, in_path, relative}) {
            if (parsed) CHECK(url(parsed->str()) == *parsed);
        }
    }
    CHECK(base.join(repeat("../", 21000)).path() == "/" + repeat("a/", 11000));
}

TEST_CASE("URLs made to confuse are read in the one right way") {
    int rows = 0;
    for (const auto& row : corpus::load("url_confusion.json")) {
        const auto text = row["url"].get<std::string>();
        const auto expect = row["expect"].get<std::string>();
        CAPTURE(text.substr(0, 100));
        CAPTURE(expect);
        ++rows;
        const auto parsed = url::try_parse(text);
        if (expect.starts_with("failure") || expect == "API: reject" || expect == "unsupported scheme" ||
            expect == "bounded time") {
            CHECK_FALSE(parsed.has_value());
            if (expect == "unsupported scheme") CHECK(has(refusal(text), "not supported"));
            if (expect == "bounded time") CHECK(has(refusal(text), "longer than 64 KiB"));
            continue;
        }
#if !SKEIN_HAVE_ICU
        if (!parsed && has(refusal(text), "no support for them")) continue;
#endif
        REQUIRE(parsed.has_value());
        bool understood = false;
        const auto check = [&](const char* name, std::string_view found) {
            const std::string wanted = value_of(expect, name);
            if (wanted.empty()) return;
            understood = true;
            CHECK(found == wanted);
        };
        check("host", parsed->host());
        check("path", parsed->path());
        check("userinfo", parsed->username());
        if (expect == "port default") {
            understood = true;
            CHECK(parsed->port() == 80);
            CHECK_FALSE(parsed->has_explicit_port());
        } else if (expect.starts_with("port 0 ")) {
            understood = true;
            CHECK(parsed->port() == 0);
            CHECK(parsed->has_explicit_port());
        } else if (expect.starts_with("userinfo -> ")) {
            understood = true;
            CHECK(parsed->has_credentials());
            CHECK_FALSE(has(parsed->redacted(), "u:p"));
            CHECK_FALSE(has(parsed->host_header(), "@"));
            CHECK_FALSE(has(parsed->target(), "@"));
        }
        CHECK(understood);
    }
    CHECK(rows == 26);
    MESSAGE("URL confusion corpus: " << rows << " rows");
}

#if SKEIN_HAVE_ICU
TEST_CASE("international names become punycode, false punycode is refused") {
    CHECK(url("http://B\xc3\xbc"
              "cher.test/")
              .host() == "xn--bcher-kva.test");
    CHECK(url("http://xn--bcher-kva.test/").host() == "xn--bcher-kva.test");
    CHECK(url("http://r3---sn-x.test/").host() == "r3---sn-x.test");
    CHECK(url("http://fa%C3%9F.test/").host() == "xn--fa-hia.test");
    CHECK(url("http://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.1/").host() == "127.0.0.1");  // full-width digits
    for (const char* host : {"xn--", "xn--a", "xn--example-", "xn--example-.org", "XN--abc-", "a.xn--.b",
                             "\xff", "a\xef\xbf\xbd", "xn--\xc3\xbc",
                             "\xef\xbc\x85"
                             "41",
                             "%FF",
                             "a\xc2\xa0"
                             "b"}) {
        CAPTURE(host);
        CHECK_FALSE(url::try_parse("http://" + std::string(host) + "/").has_value());
    }
    const std::string soft_hyphens = repeat("\xc2\xad", 500);  // ignored, so a long text may be a short name
    CHECK(url("http://" + soft_hyphens + "a/").host() == "a");
    CHECK(has(refusal("http://" + repeat("\xc3\xa9", 507) + "/"), "host longer than 253 bytes"));
    CHECK(has(refusal("http://xn--a/"), "no valid international domain name, at byte 7"));
}
#else
TEST_CASE("without ICU international names are refused by name") {
    CHECK(has(refusal("http://b\xc3\xbc"
                      "cher.test/"),
              "this build of skein has no support"));
    CHECK(has(refusal("http://xn--bcher-kva.test/"), "this build of skein has no support"));
    CHECK(url("http://r3---sn-x.test/").host() == "r3---sn-x.test");
}
#endif
