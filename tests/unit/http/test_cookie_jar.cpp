// What a jar takes and what it sends, beyond what the corpora ask (RFC 6265bis 5.7 and 5.8).
#include "cookie_fixture.hpp"
#include "http/public_suffix.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>

using namespace cookie_test;
using namespace std::chrono_literals;
using namespace std::string_literals;
using skein::cookie_jar_options;
using skein::same_site;

// ---- what is taken

TEST_CASE("everything that a cookie says is kept") {
    auto jar = with({"n=v; Domain=.SITE.test; Path=/p; Max-Age=5; Secure; HttpOnly; SameSite=Strict"});
    REQUIRE(jar.size() == 1);
    const cookie& one = *jar.begin();
    CHECK(one.name == "n");
    CHECK(one.value == "v");
    CHECK(one.path == "/p");
    CHECK(one.expires == std::chrono::floor<std::chrono::seconds>(now) + 5s);
    CHECK(one.secure);
    CHECK(one.http_only);
    CHECK(one.same_site == same_site::strict);
    CHECK(one.host_only == !skein::http::has_public_suffix_list());
    CHECK(one.domain == (one.host_only ? "www.site.test" : "site.test"));
}

TEST_CASE("a cookie is for the host that set it, unless it names a domain of that host") {
    if (!skein::http::has_public_suffix_list()) return;
    const auto reaches = [](const std::string& attribute, std::string_view host) {
        auto jar = with({("a=1" + attribute).c_str()});
        return !sent(jar, "https://" + std::string(host) + "/").empty();
    };
    CHECK(reaches("", "www.site.test"));
    CHECK_FALSE(reaches("", "deep.www.site.test"));
    CHECK_FALSE(reaches("", "site.test"));
    CHECK(reaches("; Domain=www.site.test", "deep.www.site.test"));
    CHECK(reaches("; Domain=site.test", "site.test"));
    CHECK(reaches("; Domain=site.test", "other.site.test"));
    CHECK_FALSE(reaches("; Domain=site.test", "evilsite.test"));
    CHECK_FALSE(reaches("; Domain=deep.www.site.test", "deep.www.site.test"));
    CHECK_FALSE(reaches("; Domain=ite.test", "www.site.test"));
    CHECK_FALSE(reaches("; Domain=test", "www.site.test"));
    CHECK_FALSE(reaches("; Domain=site.test.", "www.site.test"));
    CHECK_FALSE(reaches("; Domain=b\xc3\xbc.site.test", "www.site.test"));
}

TEST_CASE("an empty Domain attribute is the last word too") {
    auto jar = with({"a=1; Domain=other.test; Domain="});
    CHECK(sent(jar, "https://www.site.test/") == "a=1");
    auto dot = with({"a=1; Domain=."});
    CHECK(sent(dot, "https://www.site.test/") == "a=1");
    CHECK(sent(dot, "https://x.www.site.test/").empty());
}

TEST_CASE("without a list of public suffixes no cookie leaves its host") {
    if (skein::http::has_public_suffix_list()) return;
    auto jar = with({"a=1; Domain=site.test"});
    CHECK(sent(jar, "https://www.site.test/") == "a=1");
    CHECK(sent(jar, "https://site.test/").empty());
}

TEST_CASE("ports do not matter; schemes do not, but for secure cookies") {
    auto jar = with({"a=1", "b=2; Secure"});
    CHECK(sent(jar, "https://www.site.test:8443/") == "a=1; b=2");
    CHECK(sent(jar, "wss://www.site.test/") == "a=1; b=2");
    CHECK(sent(jar, "http://www.site.test:8080/") == "a=1");
    CHECK(sent(jar, "ws://www.site.test/") == "a=1");
}

TEST_CASE("an address has cookies for itself, and is no domain") {
    for (const char* host : {"127.0.0.1", "[::1]"}) {
        CAPTURE(host);
        const url from("http://"s + host + "/");
        auto jar =
            with({"a=1", ("b=2; Domain="s + host).c_str(), "c=3; Domain=0.0.1", "d=4; Domain=1"}, from);
        CHECK(jar.header_for(from, now) == "a=1; b=2");
        CHECK(std::all_of(jar.begin(), jar.end(), [](const cookie& one) { return one.host_only; }));
    }
    auto jar = with({"a=1"}, url("http://0x7f.1/"));
    CHECK(sent(jar, "http://127.0.0.1/") == "a=1");
}

TEST_CASE("an international host is one host in all its spellings") {
    auto jar = with({"a=1"}, url("http://xn--bcher-kva.test/"));
    const auto other = url::try_parse(
        "http://B\xc3\xbc"
        "cher.test/");
    if (other) CHECK(jar.header_for(*other, now) == "a=1");
}

TEST_CASE("an insecure origin sets no secure cookie; trust has to be given, to localhost too") {
    const url plain("http://localhost:8080/");
    auto jar = with({"a=1; Secure"}, plain);
    CHECK(jar.empty());
    cookie_jar_options options;
    options.treat_as_secure_origin.emplace_back("http://localhost:8080/");
    cookie_jar trusting(options);
    CHECK(trusting.take("a=1; Secure", plain, now));
    CHECK_FALSE(trusting.take("b=2; Secure", url("http://localhost/"), now));
    CHECK(trusting.header_for(plain, now) == "a=1");
    CHECK(sent(trusting, "http://localhost/").empty());
}

TEST_CASE("an insecure origin neither replaces nor hides a secure cookie") {
    auto jar = with({"a=secret; Secure; Path=/login"});
    const auto attempt = [&](std::string_view from, std::string_view text) {
        return jar.take(text, url(from), now);
    };
    CHECK_FALSE(attempt("http://www.site.test/", "a=2; Path=/login"));
    CHECK_FALSE(attempt("http://www.site.test/", "a=2; Path=/login/deeper"));
    CHECK_FALSE(attempt("http://www.site.test/", "a=2; Max-Age=0; Path=/login"));
    CHECK_FALSE(attempt("http://x.www.site.test/", "a=2; Path=/login"));
    CHECK(attempt("http://www.site.test/", "a=2; Path=/"));
    CHECK(attempt("http://www.site.test/", "b=2; Path=/login"));
    CHECK(attempt("http://other.test/", "a=2; Path=/login"));
    CHECK(attempt("https://www.site.test/", "a=2; Path=/login"));
}

TEST_CASE("prefixes hold what they promise, in any case of letters") {
    const auto taken = [](const std::string& text, const url& from = site) {
        return !with({text.c_str()}, from).empty();
    };
    for (const std::string prefix : {"__Secure-", "__secure-", "__SECURE-"}) {
        CAPTURE(prefix);
        CHECK(taken(prefix + "a=1; Secure; Domain=www.site.test"));
        CHECK_FALSE(taken(prefix + "a=1"));
        CHECK_FALSE(taken("=" + prefix + "a; Secure"));
        CHECK_FALSE(taken(prefix + "a"));
        CHECK_FALSE(taken(prefix + "a=1; Secure", url("http://www.site.test/")));
    }
    for (const std::string prefix : {"__Host-", "__host-", "__HOST-"}) {
        CAPTURE(prefix);
        CHECK(taken(prefix + "a=1; Secure; Path=/"));
        CHECK_FALSE(taken(prefix + "a=1; Secure"));
        CHECK_FALSE(taken(prefix + "a=1; Path=/"));
        CHECK_FALSE(taken(prefix + "a=1; Secure; Path=/x"));
        CHECK_FALSE(taken("=" + prefix + "a; Secure; Path=/"));
    }
    if (skein::http::has_public_suffix_list())
        CHECK_FALSE(taken("__Host-a=1; Secure; Path=/; Domain=www.site.test"));
    CHECK(taken("__Hosta=1"));
    CHECK(taken("x__Host-a=1"));
}

TEST_CASE("SameSite is kept; None wants a secure cookie") {
    CHECK(with({"a=1; SameSite=None"}).empty());
    CHECK(with({"a=1; SameSite=None; Secure"}).begin()->same_site == same_site::none);
    CHECK(with({"a=1; SameSite=Lax"}).begin()->same_site == same_site::lax);
}

TEST_CASE("a cookie without a name is sent as its value, and there is one for a host and path") {
    auto jar = with({"one", "=two", "a=1"});
    CHECK(jar.size() == 2);
    CHECK(sent(jar, "https://www.site.test/") == "two; a=1");
}

TEST_CASE("the value comes back as the bytes that came") {
    for (const std::string value : {"\"quoted\"", "a%20b", "a b", "a,b", "\\", "\xff\xfe", "caf\xc3\xa9",
                                    "a=b==", "tab\there", "{\"json\":[1]}"}) {
        CAPTURE(value);
        auto jar = with({("n=" + value).c_str()});
        CHECK(sent(jar, "https://www.site.test/") == "n=" + value);
    }
}

TEST_CASE("of one response 50 Set-Cookie headers are looked at, and other headers not at all") {
    skein::headers response;
    response.append("Cookie", "no=1");
    for (int i = 0; i < 60; ++i) response.append(i % 2 == 0 ? "Set-Cookie" : "set-cookie", numbered(i));
    cookie_jar_options options;
    options.max_per_domain = 1000;
    cookie_jar jar(options);
    CHECK(jar.take_all(response, site, now) == 50);
    CHECK(jar.size() == 50);
    CHECK(names(jar).find("n50") == std::string::npos);
}

// ---- paths

TEST_CASE("a path is a whole number of segments") {
    const auto reaches = [](const std::string& path, const std::string& request) {
        auto jar = with({("a=1; Path=" + path).c_str()});
        return !sent(jar, "https://www.site.test" + request).empty();
    };
    CHECK(reaches("/a", "/a"));
    CHECK(reaches("/a", "/a/b"));
    CHECK(reaches("/a", "/a?query"));
    CHECK(reaches("/a/", "/a/"));
    CHECK_FALSE(reaches("/a/", "/a"));
    CHECK_FALSE(reaches("/a", "/ab"));
    CHECK_FALSE(reaches("/a", "/A"));
    CHECK_FALSE(reaches("/a%62", "/ab"));
    CHECK(reaches("/b", "/a/../b"));
}

TEST_CASE("the default path is that of the request without its last part") {
    const auto path = [](const std::string& request, const std::string& attribute = "") {
        return with({("a=1" + attribute).c_str()}, url("https://www.site.test" + request)).begin()->path;
    };
    CHECK(path("") == "/");
    CHECK(path("/") == "/");
    CHECK(path("/a") == "/");
    CHECK(path("/a/") == "/a");
    CHECK(path("/a/b/c?d/e") == "/a/b");
    CHECK(path("/a/b", "; Path=relative") == "/a");
    CHECK(path("/a/b", "; Path=") == "/a");
    CHECK(path("/a/b", "; Path=/x; Path=") == "/a");
}

TEST_CASE("longer paths go first, then older cookies; one that is replaced keeps its age") {
    auto jar = with({"a=1; Path=/", "b=1; Path=/x", "c=1; Path=/", "d=1; Path=/x", "a=2; Path=/"});
    CHECK(sent(jar, "https://www.site.test/x") == "b=1; d=1; a=2; c=1");
    if (!skein::http::has_public_suffix_list()) return;
    auto mixed = with({"a=1; Domain=site.test", "b=2", "c=3; Domain=site.test"});
    CHECK(sent(mixed, "https://www.site.test/") == "a=1; b=2; c=3");
}

TEST_CASE("name, domain, path and host-only make a cookie; with any of them different it is another") {
    auto jar = with({"a=1", "A=2", "a=3; Path=/x"});
    CHECK(jar.size() == 3);
    if (!skein::http::has_public_suffix_list()) return;
    auto two = with({"a=1", "a=2; Domain=www.site.test"});
    CHECK(two.size() == 2);
    two.take("a=3; Max-Age=0", site, now);
    CHECK(sent(two, "https://www.site.test/") == "a=2");
}

TEST_CASE("a Cookie header has at most 8190 bytes; what does not fit is left out") {
    cookie_jar jar;
    jar.take("a=" + std::string(4000, 'a'), site, now);
    jar.take("b=" + std::string(4000, 'b'), site, now);
    jar.take("c=" + std::string(4000, 'c'), site, now);
    jar.take("d=1", site, now);
    const auto header = jar.header_for(site, now);
    CHECK(header.size() == 4002 + 2 + 4002 + 2 + 3);
    CHECK(header.ends_with("; d=1"));
    cookie_jar full;
    full.take("a=" + std::string(4092, 'a'), site, now);
    full.take("b=" + std::string(4092, 'b'), site, now);
    CHECK(full.header_for(site, now).size() == 8190);
    full.take("b=" + std::string(4093, 'b'), site, now);
    CHECK(full.header_for(site, now).size() == 4094);
}
