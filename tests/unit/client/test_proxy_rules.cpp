// Which proxy a URL goes through, by the environment and by lists of exceptions.
#include "client/connection/proxy_rules.hpp"

#include <skein/error.hpp>

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

using skein::url;
using skein::client::no_proxy_list;
using skein::client::proxy_rules;

namespace {

using variables = std::map<std::string, std::string>;

std::optional<proxy_rules> rules_of(const variables& all, std::string_view except = {}) {
    return proxy_rules::from(
        [&](const char* name) {
            const auto found = all.find(name);
            return found == all.end() ? nullptr : found->second.c_str();
        },
        except);
}

/// The proxy of a URL; "direct" for none.
std::string way_of(const std::optional<proxy_rules>& rules, const char* to) {
    const skein::proxy* const p = rules ? rules->of(url(to)) : nullptr;
    return p != nullptr ? p->to_string() : "direct";
}
std::string way_of(const variables& all, const char* to) {
    return way_of(rules_of(all), to);
}

struct list_case {
    const char* list;
    const char* to;
    bool covered;
};

}  // namespace

TEST_CASE("no_proxy: names with all below them, addresses, networks, ports, everybody") {
    const std::vector<list_case> cases = {
        {"", "http://example.org/", false},
        {"*", "http://example.org/", true},
        {"*", "http://10.0.0.1/", true},
        {"a.test, *", "http://example.org/", true},
        {"example.org", "http://example.org/", true},
        {"example.org", "https://www.example.org:8443/", true},
        {"example.org", "http://a.b.example.org/", true},
        {"example.org", "http://notexample.org/", false},
        {"example.org", "http://example.org.test/", false},
        {"example.org", "http://org/", false},
        {".example.org", "http://example.org/", true},
        {".example.org", "http://www.example.org/", true},
        {".example.org", "http://notexample.org/", false},
        {"*.example.org", "http://www.example.org/", true},
        {"example.org.", "http://example.org/", true},
        {"example.org", "http://example.org./", true},
        {"EXAMPLE.org", "http://www.Example.ORG/", true},
        {"other.test,example.org", "http://example.org/", true},
        {"other.test example.org", "http://example.org/", true},
        {" other.test ,\texample.org ,", "http://example.org/", true},
        {"other.test", "http://example.org/", false},
        {"xn--bcher-kva.example",
         "http://b\xc3\xbc"
         "cher.example/",
         true},
        {"www.example.org", "http://example.org/", false},
        {"org", "http://example.org/", true},
        {".", "http://example.org/", false},
        {"*.", "http://example.org/", false},
        {",,", "http://example.org/", false},
        // ports
        {"example.org:8080", "http://example.org:8080/", true},
        {"example.org:8080", "http://example.org/", false},
        {"example.org:80", "http://www.example.org/", true},
        {"example.org:80", "https://example.org/", false},
        {"example.org:443", "https://example.org/", true},
        {"example.org:", "http://example.org/", true},
        {"example.org:x", "http://example.org/", false},
        {"example.org:65536", "http://example.org/", false},
        {":80", "http://example.org/", false},
        // addresses
        {"10.0.0.1", "http://10.0.0.1/", true},
        {"10.0.0.1", "http://10.0.0.1:81/", true},
        {"10.0.0.1:81", "http://10.0.0.1/", false},
        {"10.0.0.1:81", "http://10.0.0.1:81/", true},
        {"10.0.0.1", "http://10.0.0.10/", false},
        {"0.0.1", "http://10.0.0.1/", false},
        {"1", "http://10.0.0.1/", false},
        {"10.0.0.1", "http://0x0a.1/", true},
        {"0x0a.1", "http://10.0.0.1/", true},
        {"10.0.0.0/8", "http://10.255.0.1/", true},
        {"10.0.0.0/8", "http://11.0.0.1/", false},
        {"10.128.0.0/9", "http://10.127.0.1/", false},
        {"10.128.0.0/9", "http://10.128.0.1/", true},
        {"10.0.0.7/31", "http://10.0.0.6/", true},
        {"10.0.0.7/31", "http://10.0.0.5/", false},
        {"0.0.0.0/0", "http://10.0.0.1/", true},
        {"0.0.0.0/0", "http://example.org/", false},
        {"0.0.0.0/0", "http://[::2]/", false},
        {"10.0.0.1/32", "http://10.0.0.1/", true},
        {"10.0.0.1/33", "http://10.0.0.1/", false},
        {"10.0.0.1/", "http://10.0.0.1/", false},
        {"10.0.0.1/-1", "http://10.0.0.1/", false},
        {"10.0.0.1/+8", "http://10.0.0.1/", false},
        {"example.org/8", "http://example.org/", false},
        {"2001:db8::1", "http://[2001:db8::1]/", true},
        {"2001:DB8:0::1", "http://[2001:db8::1]:81/", true},
        {"[2001:db8::1]", "http://[2001:db8::1]/", true},
        {"[2001:db8::1]:81", "http://[2001:db8::1]/", false},
        {"[2001:db8::1]:81", "http://[2001:db8::1]:81/", true},
        {"2001:db8::/32", "http://[2001:db8:1::7]/", true},
        {"2001:db8::/32", "http://[2001:db9::7]/", false},
        {"2001:db8::/129", "http://[2001:db8::]/", false},
        {"::/0", "http://[2001:db9::7]/", true},
        {"::1%eth0", "http://[::1]/", false},
        {"10.0.0.1", "http://[::ffff:10.0.0.1]/", true},
        {"::ffff:10.0.0.1", "http://10.0.0.1/", true},
        {"::ffff:10.0.0.0/104", "http://10.1.2.3/", true},
        {"::ffff:10.0.0.0/104", "http://11.1.2.3/", false},
        {"::ffff:10.0.0.0/8", "http://10.1.2.3/", false},
    };
    for (const auto& one : cases)
        CHECK_MESSAGE(no_proxy_list(one.list).covers(url(one.to)) == one.covered,
                      one.list << " and " << one.to);
}

TEST_CASE("the environment: a variable for each scheme, one for both; lower case counts first") {
    const char* const plain = "http://example.org/";
    const char* const secure = "https://example.org/";
    CHECK_FALSE(rules_of({}).has_value());
    CHECK_FALSE(rules_of({{"HTTP_PROXY", ""}, {"NO_PROXY", "*"}}).has_value());

    const variables http = {{"HTTP_PROXY", "http://a.test:1"}};
    CHECK(way_of(http, plain) == "http://a.test:1");
    CHECK(way_of(http, secure) == "direct");
    const variables https = {{"HTTPS_PROXY", "http://b.test:2"}};
    CHECK(way_of(https, plain) == "direct");
    CHECK(way_of(https, secure) == "http://b.test:2");
    const variables all = {{"ALL_PROXY", "socks5h://c.test"}, {"https_proxy", "https://b.test"}};
    CHECK(way_of(all, plain) == "socks5h://c.test:1080");
    CHECK(way_of(all, secure) == "https://b.test:443");
    const variables both = {{"HTTP_PROXY", "http://a.test:1"}, {"http_proxy", "http://b.test:2"}};
    CHECK(way_of(both, plain) == "http://b.test:2");
    const variables taken_back = {{"HTTP_PROXY", "http://a.test:1"}, {"http_proxy", ""}};
    CHECK(way_of(taken_back, plain) == "direct");
    const variables bare = {{"https_proxy", "user:pass@a.test:3128"}};
    CHECK(way_of(bare, secure) == "http://a.test:3128");
    CHECK(rules_of(bare)->of(url(secure))->password() == "pass");
}

TEST_CASE("in a CGI script HTTP_PROXY is a header of the client's, and does not count") {
    variables all = {{"HTTP_PROXY", "http://evil.test:1"}, {"REQUEST_METHOD", "GET"}};
    CHECK(way_of(all, "http://example.org/") == "direct");
    all["ALL_PROXY"] = "http://c.test:3";
    CHECK(way_of(all, "http://example.org/") == "http://c.test:3");
    all["http_proxy"] = "http://a.test:1";
    CHECK(way_of(all, "http://example.org/") == "http://a.test:1");
    all["HTTPS_PROXY"] = "http://b.test:2";  // no header makes this one
    CHECK(way_of(all, "https://example.org/") == "http://b.test:2");
}

TEST_CASE("NO_PROXY counts, in both cases, and beside it what the program says") {
    const variables upper = {{"ALL_PROXY", "http://p.test:1"}, {"NO_PROXY", "a.test"}};
    CHECK(way_of(upper, "http://www.a.test/") == "direct");
    CHECK(way_of(upper, "http://b.test/") == "http://p.test:1");
    const variables lower = {
        {"ALL_PROXY", "http://p.test:1"}, {"no_proxy", "b.test"}, {"NO_PROXY", "a.test"}};
    CHECK(way_of(lower, "http://a.test/") == "http://p.test:1");
    CHECK(way_of(lower, "http://b.test/") == "direct");
    const auto more = rules_of(upper, "c.test");
    CHECK(way_of(more, "http://a.test/") == "direct");
    CHECK(way_of(more, "https://c.test/") == "direct");
    CHECK(way_of(more, "http://d.test/") == "http://p.test:1");
}

TEST_CASE("this machine is not proxied by the environment, but by the program if it wants to") {
    const std::vector<const char*> here = {
        "http://localhost/",     "http://localhost:8080/",     "http://LOCALHOST./",
        "https://db.localhost/", "http://127.0.0.1/",          "http://127.1.2.3:81/",
        "http://[::1]/",         "http://[::ffff:127.0.0.1]/", "http://2130706433/"};
    const std::vector<const char*> elsewhere = {"http://localhost.test/", "http://notlocalhost/",
                                                "http://128.0.0.1/",      "http://[::2]/",
                                                "http://[1::1]/",         "http://10.0.0.127/"};
    const auto environment = rules_of({{"ALL_PROXY", "http://p.test:1"}});
    const std::optional<proxy_rules> program = proxy_rules("http://p.test:1", "a.test");
    for (const char* to : here) {
        CAPTURE(to);
        CHECK(way_of(environment, to) == "direct");
        CHECK(way_of(program, to) == "http://p.test:1");
    }
    for (const char* to : elsewhere) {
        CAPTURE(to);
        CHECK(way_of(environment, to) == "http://p.test:1");
    }
    CHECK(way_of(program, "https://a.test/") == "direct");
}

TEST_CASE("a variable that is no proxy is named") {
    for (const char* name : {"http_proxy", "HTTPS_PROXY", "all_proxy"}) {
        CAPTURE(name);
        try {
            (void)rules_of({{name, "ftp://user:secret@p.test"}});
            FAIL_CHECK("it was taken");
        } catch (const skein::invalid_url& e) {
            const std::string what = e.what();
            CHECK(what.find(name) != what.npos);
            CHECK(what.find("secret") == what.npos);
        }
    }
}
