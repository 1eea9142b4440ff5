// The URL parser against the web's own test data. A row may only miss where a rule in this file says why.
#include "http/url_parser.hpp"

#include "corpus.hpp"
#include "skein_features.hpp"

#include <skein/error.hpp>
#include <skein/url.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#if SKEIN_HAVE_ICU
#include <unicode/uvernum.h>
#endif

using nlohmann::json;
using skein::url;

namespace {

bool is_supported_scheme(std::string_view scheme) {
    constexpr std::array<std::string_view, 4> schemes = {"http:", "https:", "ws:", "wss:"};
    return std::find(schemes.begin(), schemes.end(), scheme) != schemes.end();
}

std::optional<url> parse(const std::string& input, const json& base) {
    if (base.is_string()) {
        if (const auto parsed =
                skein::detail::url_parser::parse_as_browser(base.get<std::string>(), nullptr)) {
            return skein::detail::url_parser::parse_as_browser(input, &*parsed);
        }
    }
    // With a base of another scheme only an absolute URL can give one of ours, whatever the base.
    return skein::detail::url_parser::parse_as_browser(input, nullptr);
}

// "?x" of a URL as the tests have it: nothing if there is nothing after the mark.
std::string marked(char mark, std::string_view text) {
    return text.empty() ? std::string() : mark + std::string(text);
}

// The getters as the tests name them.
json describe(const url& u) {
    return {
        {"href", u.str()},
        {"origin", u.origin()},
        {"protocol", std::string(u.scheme()) + ':'},
        {"username", u.username()},
        {"password", u.password()},
        {"host", u.host_header()},
        {"hostname", u.host()},
        {"port", u.has_explicit_port() ? std::to_string(u.port()) : ""},
        {"pathname", u.path()},
        {"search", marked('?', u.query())},
        {"hash", marked('#', u.fragment())},
    };
}

// ---- the rules by which a row may miss ----

template <class Fn>
bool any_label(std::string_view host, Fn holds) {
    for (std::size_t begin = 0; begin <= host.size();) {
        const std::size_t end = std::min(host.find('.', begin), host.size());
        if (holds(host.substr(begin, end - begin))) return true;
        begin = end + 1;
    }
    return false;
}

// Browsers take any ASCII label since 2025, these too. We do not: two programs would read them differently.
bool is_false_punycode(std::string_view label) {
    constexpr std::array<std::string_view, 8> labels = {
        "xn--",           // encodes nothing
        "xn--a",          // no valid punycode
        "xn--0",          // no valid punycode
        "xn--pokxncvks",  // no valid punycode: overflows
        "xn--ls8h=",      // no valid punycode: has an equals sign
        "xn--zn7c",       // encodes U+FFFD
        "xn--1ug",        // a joiner with nothing to join
        "xn--a-yoc",      // mixes directions of writing
    };
    return std::find(labels.begin(), labels.end(), label) != labels.end();
}

// Why we refuse a host that browsers take; null if there is no reason.
const char* reason_to_refuse(std::string_view host) {
    if (host.size() > 253 + (host.ends_with('.') ? 1u : 0u)) return "host over 253 bytes";
    if (any_label(host, [](std::string_view label) { return label.size() > 63; }))
        return "label over 63 bytes";
    if (any_label(host, is_false_punycode)) return "label that begins with xn-- but is no valid punycode";
    return nullptr;
}

#if SKEIN_HAVE_ICU && U_ICU_VERSION_MAJOR_NUM < 76
constexpr bool is_icu_up_to_date = false;
#else
constexpr bool is_icu_up_to_date = true;
#endif

// Unicode 15.1 and 16 changed what becomes of a few characters; ICU has those tables since version 76.
const char* reason_of_older_tables([[maybe_unused]] std::string_view input) {
#if SKEIN_HAVE_ICU && U_ICU_VERSION_MAJOR_NUM < 76
    for (const std::string_view changed : {"\u180e", "\u206b", "\u04c0", "\U0002f868", "\u2183", "\u1e9e"}) {
        if (input.find(changed) != std::string_view::npos)
            return "character that Unicode 16 treats otherwise";
    }
#endif
    return nullptr;
}

// A build without ICU refuses what only ICU can judge.
const char* reason_without_icu([[maybe_unused]] std::string_view input) {
#if !SKEIN_HAVE_ICU
    const bool ascii = std::none_of(input.begin(), input.end(), [](char c) { return (c & 0x80) != 0; });
    for (const std::string_view sign : {"xn--", "XN--", "Xn--", "xN--", "%"}) {
        if (!ascii || input.find(sign) != std::string_view::npos) return "international name, without ICU";
    }
#endif
    return nullptr;
}

struct score {
    int rows = 0;
    int passed = 0;
    int explained = 0;

    void report(const std::string& name) const {
        MESSAGE(name << ": " << passed << " of " << rows << " as browsers do (" << 100.0 * passed / rows
                     << " %), " << explained << " explained by a rule");
        CHECK(passed + explained == rows);
    }
};

}  // namespace

TEST_CASE("URLs of our schemes parse as the web's tests say") {
    score valid;
    score failures;
    for (const json& row : corpus::load("wpt-url/urltestdata.json")) {
        if (!row.is_object()) continue;
        const bool fails = row.value("failure", false);
        score& result = fails ? failures : valid;
        if (!fails && !is_supported_scheme(row["protocol"].get<std::string>())) continue;
        const auto input = row["input"].get<std::string>();
        CAPTURE(row.dump());
        ++result.rows;
        const auto parsed = parse(input, row["base"]);
        if (!fails && !parsed) {
            const char* reason = reason_to_refuse(row["hostname"].get<std::string>());
            if (!reason) reason = reason_without_icu(input);
            CHECK(reason);
            if (reason) ++result.explained;
            continue;
        }
        CHECK(parsed.has_value() == !fails);
        if (parsed.has_value() == fails) continue;
        bool same = true;
        if (parsed) {
            const json found = describe(*parsed);
            for (const auto& [name, value] : found.items()) {
                if (!row.contains(name)) continue;
                CHECK_MESSAGE(row[name] == value, name);
                same = same && row[name] == value;
            }
        }
        if (same) ++result.passed;
    }
    CHECK(valid.rows > 250);
    CHECK(failures.rows > 250);
    valid.report("urltestdata, http, https, ws and wss");
    failures.report("urltestdata, failures");
}

TEST_CASE("the normal form of a URL parses to itself") {
    for (const json& row : corpus::load("wpt-url/urltestdata.json")) {
        if (!row.is_object() || row.value("failure", false)) continue;
        const auto parsed = parse(row["input"].get<std::string>(), row["base"]);
        if (!parsed) continue;
        const auto again = url::try_parse(parsed->str());
        CHECK(again == parsed);
        if (again) CHECK(describe(*again) == describe(*parsed));
    }
}

TEST_CASE("a text in normal form is read alike by the short way and the long way") {
    constexpr std::array<std::string_view, 44> pieces = {
        "a",        "b.c",  ".",     "..",   "/",   "//",   "/.",       "/..",       "/%2e",
        "/%41",     "?",    "#",     "?q",   "#f",  ":",    ":80",      ":443",      ":8080",
        ":0",       ":080", "@",     "u:p@", "\\",  " ",    "'",        "`",         "{",
        "^",        "|",    "[::1]", "xn--", "xn-", "1",    "0x1",      "127.0.0.1", "1.2.3.256",
        "01.2.3.4", "A",    "_",     "-",    "%",   "\x7f", "\xc3\xa9", "~"};
    std::mt19937 random(20261122);
    const auto below = [&](std::size_t n) {
        return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
    };
    int parsed = 0;
    for (int round = 0; round < 50000; ++round) {
        std::string text = below(2) == 0 ? "http://h" : "https://";
        for (std::size_t k = below(7); k > 0; --k) text += pieces[below(pieces.size())];
        while (text.ends_with(' ')) text.pop_back();  // the long way drops those, and the space in front
        const auto quick = url::try_parse(text);
        const auto thorough = url::try_parse(' ' + text);
        const bool same =
            quick.has_value() == thorough.has_value() && (!quick || describe(*quick) == describe(*thorough));
        if (!same) CHECK_MESSAGE(same, text);
        if (quick) ++parsed;
    }
    CHECK(parsed > 5000);
}

TEST_CASE("hosts become ASCII as the web's tests say" * doctest::skip(!SKEIN_HAVE_ICU)) {
    score result;
    for (const json& row : corpus::load("wpt-url/toascii.json")) {
        if (!row.is_object()) continue;
        CAPTURE(row.dump());
        ++result.rows;
        const auto parsed = url::try_parse("http://" + row["input"].get<std::string>() + "/x");
        if (row["output"].is_null()) {
            CHECK_FALSE(parsed);
            if (!parsed) ++result.passed;
            continue;
        }
        const auto expected = row["output"].get<std::string>();
        if (parsed && parsed->host() == expected) {
            ++result.passed;
            continue;
        }
        const char* reason = reason_of_older_tables(row["input"].get<std::string>());
        if (!reason && !parsed) reason = reason_to_refuse(expected);
        CHECK(reason);
        if (reason) ++result.explained;
    }
    result.report("toascii");
}

// The rows' comments name the rules of UTS 46 that an input breaks.
TEST_CASE("of the hosts in Unicode's own tests none is taken that must be refused" *
          doctest::skip(!SKEIN_HAVE_ICU)) {
    score result;
    int of_older_tables = 0;
    for (const json& row : corpus::load("wpt-url/IdnaTestV2.json")) {
        const auto input = row.is_object() ? row["input"].get<std::string>() : std::string();
        if (input.empty()) continue;
        CAPTURE(row.dump());
        ++result.rows;
        const auto parsed = url::try_parse("http://" + input + "/x");
        const auto expected = row["output"].is_null() ? std::string() : row["output"].get<std::string>();
        if (parsed ? parsed->host() == expected : expected.empty()) {
            ++result.passed;
            continue;
        }
        CHECK_FALSE(expected.empty());
        // Browsers take every ASCII label since 2025; we refuse those whose punycode is false.
        const bool ascii = std::all_of(input.begin(), input.end(), [](char c) { return (c & 0x80) == 0; });
        const bool is_false =
            !parsed && ascii && expected.find("xn--") != expected.npos && row.contains("comment");
        const bool is_explained = is_false || (!parsed && reason_to_refuse(expected) != nullptr);
        ++(is_explained ? result.explained : of_older_tables);
    }
    MESSAGE(of_older_tables << " where the tables of this ICU are older");
    CHECK(of_older_tables <= (is_icu_up_to_date ? 0 : result.rows * 3 / 100));
    result.explained += of_older_tables;
    result.report("IdnaTestV2");
}

TEST_CASE("a query is percent-encoded as the web's tests say") {
    for (const json& row : corpus::load("wpt-url/percent-encoding.json")) {
        if (!row.is_object()) continue;
        const auto expected = row["output"]["utf-8"].get<std::string>();
        CHECK(url("http://a.test/?" + row["input"].get<std::string>()).query() == expected);
    }
}
