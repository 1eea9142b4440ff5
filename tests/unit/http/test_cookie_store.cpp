// The jar as a store: time, limits, and what a program does to it.
#include "cookie_fixture.hpp"
#include "http/public_suffix.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>

using namespace cookie_test;
using namespace std::chrono_literals;
using namespace std::string_literals;
using skein::cookie_jar_options;
using skein::same_site;

// ---- time

TEST_CASE("a cookie is gone from the second on in which it expires") {
    auto jar = with({"a=1; Max-Age=10", "b=2"});
    CHECK(sent(jar, "https://www.site.test/", now + 9999ms) == "a=1; b=2");
    CHECK(sent(jar, "https://www.site.test/", now + 10s) == "b=2");
    CHECK(jar.size() == 1);
}

TEST_CASE("what has expired is removed where it lies, or all at once") {
    auto jar = with({"a=1; Max-Age=10", "b=2"});
    jar.take("c=3; Max-Age=10", url("https://other.test/"), now);
    jar.expire(now + 9s);
    CHECK(jar.size() == 3);
    jar.expire(now + 10s);
    CHECK(names(jar) == "b ");
}

TEST_CASE("a date in the past removes, and is no refusal") {
    auto jar = with({"a=1"});
    CHECK(jar.take("a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", site, now));
    CHECK(jar.empty());
    CHECK(jar.take("never-there=; Max-Age=0", site, now));
    CHECK(jar.empty());
}

// ---- limits

TEST_CASE("of a domain 50 are kept: first go those not secure, then those longest without use") {
    cookie_jar jar;
    for (int i = 0; i < 25; ++i) jar.take(numbered(i) + "; Secure; Path=/s", site, now);
    for (int i = 25; i < 50; ++i) jar.take(numbered(i) + "; Path=/u", site, now);
    REQUIRE(jar.size() == 50);
    jar.take("n25=2; Path=/u", site, now);  // used
    jar.take("new=1; Secure; Path=/new", site, now);
    CHECK(jar.size() == 50);
    CHECK(names(jar).find("n26 ") == std::string::npos);  // the oldest that is not secure
    (void)sent(jar, "https://www.site.test/s");
    for (int i = 100; i < 124; ++i) jar.take(numbered(i) + "; Secure", site, now);
    CHECK(names(jar).find("n25 ") == std::string::npos);
    CHECK(names(jar).find("n0 ") != std::string::npos);
    jar.take("last=1; Secure", site, now);  // all are secure now, and those of /s were used later than `new`
    CHECK(names(jar).find("new ") == std::string::npos);
    CHECK(names(jar).find("n0 ") != std::string::npos);
    CHECK(jar.take("plain=1", site, now));  // goes at once
    CHECK(names(jar).find("plain ") == std::string::npos);
}

TEST_CASE("what has expired makes room before what is alive") {
    cookie_jar_options options;
    options.max_per_domain = 2;
    cookie_jar jar(options);
    jar.take("plain=1", site, now);
    jar.take("short=1; Secure; Max-Age=5", site, now);
    jar.take("new=1; Secure", site, now + 10s);
    CHECK(names(jar) == "new plain ");
}

TEST_CASE("all told 3000 are kept, and other domains lose the longest unused") {
    cookie_jar jar;
    const auto host = [](int i) { return url("http://h" + std::to_string(i) + ".test/"); };
    for (int i = 0; i < 3000; ++i) jar.take("a=1", host(i), now);
    CHECK(jar.size() == 3000);
    CHECK(jar.header_for(host(0), now) == "a=1");
    jar.take("a=1", host(3000), now);
    CHECK(jar.size() == 3000);
    CHECK(jar.header_for(host(0), now) == "a=1");
    CHECK(jar.header_for(host(1), now).empty());
}

TEST_CASE("a jar without room takes nothing, from nobody") {
    const auto jar = skein::no_cookies();
    CHECK_FALSE(jar->take("a=1", site, now));
    jar->set(site, "a", "1");
    CHECK(jar->empty());
    CHECK(jar->header_for(site, now).empty());
}

// ---- the program

TEST_CASE("a program's cookie is for one host and all its paths, and secure if the URL is") {
    cookie_jar jar;
    jar.set(url("https://www.site.test/deep/down"), "a", "1");
    jar.set(url("http://www.site.test:8080/"), "b", "2");
    CHECK(sent(jar, "https://www.site.test/x") == "a=1; b=2");
    CHECK(sent(jar, "http://www.site.test/x") == "b=2");
    jar.set(url("https://www.site.test/"), "a", "3");
    CHECK(sent(jar, "https://www.site.test/x") == "a=3; b=2");
}

TEST_CASE("what no server could have set is refused") {
    cookie_jar jar;
    const auto refused = [&](auto change) {
        cookie one = named("n");
        change(one);
        try {
            jar.set(one);
            return false;
        } catch (const std::invalid_argument&) {
            return true;
        }
    };
    CHECK_FALSE(refused([](cookie&) {}));
    CHECK_FALSE(refused([](cookie& c) { c.value = "any \"bytes\", \xff=too"; }));
    for (const char byte : {'\r', '\n', '\0', '\x7f', ';'}) {
        CAPTURE(int{byte});
        CHECK(refused([&](cookie& c) { c.name += byte; }));
        CHECK(refused([&](cookie& c) { c.value += byte; }));
        CHECK(refused([&](cookie& c) { c.domain += byte; }) == (byte != ';'));  // URLs may have one there
        CHECK(refused([&](cookie& c) { c.path += byte; }) == (byte != ';'));
    }
    CHECK(refused([](cookie& c) { c.name = "a=b"; }));
    CHECK(refused([](cookie& c) { c.name = " a"; }));
    CHECK(refused([](cookie& c) { c.value = "a "; }));
    CHECK(refused([](cookie& c) { c.name = c.value = ""; }));
    CHECK(refused([](cookie& c) { c.value.assign(4096, 'v'); }));
    CHECK(refused([](cookie& c) { c.path = ""; }));
    CHECK(refused([](cookie& c) { c.path = "x"; }));
    for (const char* domain : {"", ".site.test", "SITE.test", "a b", "site.test:80", "[::1", "0x7f.1"}) {
        CAPTURE(domain);
        CHECK(refused([&](cookie& c) { c.domain = domain; }));
    }
    CHECK(refused([](cookie& c) {
        c.domain = "127.0.0.1";
        c.host_only = false;
    }));
    CHECK(refused([](cookie& c) { c.name = "__Secure-n"; }));
    CHECK(refused([](cookie& c) { c.name = "__host-n"; }));
    CHECK(refused([](cookie& c) { c.same_site = same_site::none; }));
    const auto for_suffix = [](cookie& c) {
        c.domain = "co.uk";
        c.host_only = false;
    };
    CHECK(refused(for_suffix) == skein::http::has_public_suffix_list());
}

TEST_CASE("a jar is looked through, counted, and emptied in part or whole") {
    cookie_jar jar;
    for (const char* domain : {"site.test", "www.site.test", "other.test", "evilsite.test"})
        jar.set(named(domain, domain));
    CHECK(jar.size() == 4);
    CHECK(jar.remove_domain("site.test") == 2);
    CHECK(names(jar) == "evilsite.test other.test ");
    CHECK(jar.remove_if([](const cookie& one) { return one.name.starts_with("e"); }) == 1);
    const cookie_jar copy = jar;
    jar.clear();
    CHECK(jar.empty());
    CHECK(copy.size() == 1);
}

TEST_CASE("cookies for a URL as values, while the jar is not changed") {
    auto jar = with({"a=1; Path=/x", "b=2"});
    const auto found = jar.matching(url("https://www.site.test/x"), now);
    REQUIRE(found.size() == 2);
    CHECK(found[0]->name == "a");
    CHECK(found[1]->value == "2");
}
