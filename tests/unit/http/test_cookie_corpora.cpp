// The jar against the corpora: what a server says to a jar, and what the jar says back. A row may only miss
// where a rule in this file says why.
#include "corpus.hpp"
#include "http/cookie_date.hpp"
#include "http/public_suffix.hpp"
#include "skein_features.hpp"

#include <skein/cookie_jar.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

using nlohmann::json;
using skein::cookie_jar;
using skein::url;

namespace {

// The day on which the corpora were written: their dates are seen from there.
constexpr std::chrono::sys_days today =
    std::chrono::year(2026) / std::chrono::November / std::chrono::day(22);

std::optional<std::chrono::sys_seconds> date(const std::string& text) {
    return skein::http::parse_cookie_date(text);
}

struct score {
    int rows = 0;
    int passed = 0;
    int explained = 0;

    void add(bool pass, const char* reason) {
        ++rows;
        if (pass)
            ++passed;
        else if (reason != nullptr)
            ++explained;
        CHECK((pass || reason != nullptr));
    }
    void report(const std::string& name) const {
        MESSAGE(name << ": " << passed << " of " << rows << " pass, " << explained << " explained by a rule");
    }
};

// Without the list every Domain attribute gives a host-only cookie.
const char* reason_without_list(const json& received) {
    if (skein::http::has_public_suffix_list()) return nullptr;
    for (const auto& line : received)
        if (line.get<std::string>().find("omain") != std::string::npos) return "a Domain attribute, no list";
    return nullptr;
}

}  // namespace

TEST_CASE("our own cases: what is sent after what was set") {
    score result;
    for (const json& row : corpus::load("cookies.json")) {
        CAPTURE(row.at("id").get<std::string>());
        cookie_jar jar;
        json lines = json::array();
        for (const json& step : row.at("steps"))
            for (const json& line : step.at("set_cookie")) {
                lines.push_back(line);
                jar.take(corpus::from_latin1(line.get<std::string>()), url(step.at("url").get<std::string>()),
                         today);
            }
        const auto sent = jar.header_for(url(row.at("request_url").get<std::string>()), today);
        const auto expected = corpus::from_latin1(row.at("expect_cookie").get<std::string>());
        CAPTURE(sent);
        result.add(sent == expected, reason_without_list(lines));
    }
    CHECK(result.rows == 55);
    result.report("cookies");
}

TEST_CASE("the cases of http-state, as RFC 6265bis changed them") {
    std::map<std::string, std::string> changed;
    for (const json& row : corpus::load("http-state/rfc6265bis_overrides.json"))
        changed[row.at("test").get<std::string>()] = row.at("rfc6265bis_expected").get<std::string>();
    score result;
    int overridden = 0;
    for (const json& row : corpus::load("http-state/parser.json")) {
        const auto id = row.at("test").get<std::string>();
        CAPTURE(id);
        const url from("http://home.example.org:8888/cookie-parser?" + id);
        cookie_jar jar;
        for (const json& line : row.at("received")) jar.take(line.get<std::string>(), from, today);
        const url to = from.join(row.value("sent-to", "/cookie-parser-result?" + id));
        std::string expected;
        for (const json& one : row.at("sent")) {
            if (!expected.empty()) expected += "; ";
            expected += one.at("name").get<std::string>() + "=" + one.at("value").get<std::string>();
        }
        if (const auto found = changed.find(id); found != changed.end()) {
            expected = found->second;
            ++overridden;
        }
        const auto sent = jar.header_for(to, today);
        CAPTURE(sent);
        CAPTURE(expected);
        result.add(sent == expected, reason_without_list(row.at("received")));
    }
    CHECK(result.rows == 222);
    CHECK(overridden == 30);
    result.report("http-state");
}

TEST_CASE("dates, as browsers read them") {
    score result;
    for (const char* file : {"http-state/dates-examples.json", "http-state/dates-bsd-examples.json"}) {
        for (const json& row : corpus::load(file)) {
            const auto text = row.at("test").get<std::string>();
            CAPTURE(text);
            const auto got = date(text);
            const json& expected = row.at("expected");
            // That of the corpus is in the form of HTTP, which the algorithm reads too.
            const bool right = expected.is_null() ? !got : got && got == date(expected.get<std::string>());
            result.add(right, nullptr);
        }
    }
    CHECK(result.rows == 70);
    result.report("dates");
    using namespace std::chrono;
    CHECK(date("Wed, 09 Dec 2009 16:27:23 GMT") ==
          sys_days(2009y / December / 9) + hours(16) + minutes(27) + seconds(23));
}

#if SKEIN_HAVE_PSL

namespace {

bool accepts(const std::string& host, const std::string& domain) {
    cookie_jar jar;
    jar.take("a=1; Domain=" + domain, url("http://" + host + "/"), today);
    return !jar.empty() && !jar.begin()->host_only;
}

// "Domain" in U-labels is refused for being so; what is asked here is the list.
std::string ascii(const std::string& name) {
    return std::string(url("http://" + name + "/").host());
}

}  // namespace

TEST_CASE("a cookie may span what somebody can register, and nothing above it") {
    std::ifstream file(std::string(SKEIN_CORPORA) + "/psl/tests.txt");
    REQUIRE(file);
    int rows = 0;
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string domain, registrable;
        if (!(words >> domain >> registrable) || domain == "//" || domain.starts_with("//")) continue;
        if (domain == "null" || domain.starts_with('.')) continue;  // no host
#if !SKEIN_HAVE_ICU
        if (domain.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") !=
                domain.npos ||
            domain.find("xn--") != domain.npos)
            continue;
#endif
        ++rows;
        CAPTURE(line);
        const std::string host = ascii(domain);
        if (registrable == "null") {  // a public suffix itself
            CHECK_FALSE(accepts(host, host));
            CHECK_FALSE(accepts("www." + host, host));
            continue;
        }
        const std::string top = ascii(registrable);
        CHECK(accepts(host, top));
        CHECK(accepts("www." + host, top));
        CHECK_FALSE(accepts(host, top.substr(top.find('.') + 1)));
    }
    CHECK(rows > 40);
    MESSAGE("public suffixes: " << rows << " rows");
}

#endif
