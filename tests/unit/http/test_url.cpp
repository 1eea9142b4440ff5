// url by itself: getters, normal form, resolution, edits.
#include <skein/error.hpp>
#include <skein/url.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <tuple>
#include <unordered_set>

using skein::url;

TEST_CASE("every getter sees its component") {
    const url u("HTTPS://User:p%40ss@Example.ORG:8443/a/b.html?x=1&y=%20#frag?ment");
    CHECK(u.str() == "https://User:p%40ss@example.org:8443/a/b.html?x=1&y=%20#frag?ment");
    CHECK(u.href() == u.str());
    CHECK(u.scheme() == "https");
    CHECK(u.is_secure());
    CHECK(u.has_credentials());
    CHECK(u.username() == "User");
    CHECK(u.password() == "p%40ss");
    CHECK(u.host() == "example.org");
    CHECK(u.port() == 8443);
    CHECK(u.has_explicit_port());
    CHECK(u.host_header() == "example.org:8443");
    CHECK(u.path() == "/a/b.html");
    CHECK(u.query() == "x=1&y=%20");
    CHECK(u.fragment() == "frag?ment");
    CHECK(u.target() == "/a/b.html?x=1&y=%20");
    CHECK(u.origin() == "https://example.org:8443");
}

TEST_CASE("what a URL does not have is empty, and its port is the scheme's own") {
    for (const auto& [text, port, secure] :
         {std::tuple("http://h", 80, false), std::tuple("https://h/", 443, true),
          std::tuple("ws://h", 80, false), std::tuple("wss://h/", 443, true)}) {
        const url u(text);
        CHECK(u.port() == port);
        CHECK(u.is_secure() == secure);
        CHECK_FALSE(u.has_explicit_port());
        CHECK_FALSE(u.has_credentials());
        CHECK(u.username().empty());
        CHECK(u.password().empty());
        CHECK(u.host_header() == "h");
        CHECK(u.path() == "/");
        CHECK(u.target() == "/");
        CHECK(u.query().empty());
        CHECK(u.fragment().empty());
    }
}

TEST_CASE("a user name or a password may stand alone") {
    CHECK(url("http://u@h/").username() == "u");
    CHECK(url("http://u@h/").password().empty());
    CHECK(url("http://u:@h/").str() == "http://u@h/");
    CHECK(url("http://:p@h/").username().empty());
    CHECK(url("http://:p@h/").password() == "p");
    CHECK(url("http://:p@h/").has_credentials());
    CHECK(url("http://@h/").str() == "http://h/");
    CHECK(url("http://:@h/").str() == "http://h/");
    CHECK(url("http://a@b:c@d@h/").username() == "a%40b");
    CHECK(url("http://a@b:c@d@h/").password() == "c%40d");
}

TEST_CASE("path and query keep the caller's bytes") {
    for (const std::string_view target :
         {"/%7Euser/%2F/%5c/a%2eb", "/a;b=c,d/!$&'()*+:@~-_|[]", "/?a=%2B+b&c=%e9;d=%27/?@:`{}|\\^[]"}) {
        CHECK(url("http://h" + std::string(target)).target() == target);
        CHECK(url("http://H" + std::string(target)).target() == target);  // not by the short way
    }
    CHECK(url("http://h/x?sig=a%2Fb+c%3D%3D&e=%zz%").query() == "sig=a%2Fb+c%3D%3D&e=%zz%");
    CHECK(url("http://h//a//b/").path() == "//a//b/");
    CHECK(url("http://h/?").str() == "http://h/?");
    CHECK(url("http://h/?").target() == "/?");
    CHECK(url("http://h/#").str() == "http://h/#");
}

TEST_CASE("bytes that a URL may not have are percent-encoded") {
    CHECK(url("http://h/a b\"<>`{}^").path() == "/a%20b%22%3C%3E%60%7B%7D%5E");
    CHECK(url("http://h/?a b\"<>'`{}").query() == "a%20b%22%3C%3E%27`{}");
    CHECK(url("http://h/#a b\"<>'`{}").fragment() == "a%20b%22%3C%3E'%60{}");
    CHECK(url("http://h/\xc3\xa9?\xff#\x7f").str() == "http://h/%C3%A9?%FF#%7F");
    CHECK(url(std::string_view("http://h/a\0", 11)).target() == "/a%00");
    CHECK(url("http://a b;c|d:e=f[]@h/").username() == "a%20b%3Bc%7Cd");
    CHECK(url("http://a b;c|d:e=f[]@h/").password() == "e%3Df%5B%5D");
}

TEST_CASE("dot segments go, escaped ones too, and never above the root") {
    const auto path = [](std::string_view p) { return std::string(url("http://h" + std::string(p)).path()); };
    CHECK(path("/a/./b/../c") == "/a/c");
    CHECK(path("/a/..") == "/");
    CHECK(path("/a/.") == "/a/");
    CHECK(path("/../../x") == "/x");
    CHECK(path("/a/%2e%2E/%2e/b") == "/b");
    CHECK(path("/a/.%2e") == "/");
    CHECK(path("/...") == "/...");
    CHECK(path("/.a/..b/%2ec") == "/.a/..b/%2ec");
    CHECK(path("/a//../b") == "/a/b");
    CHECK(path("\\a\\..\\b") == "/b");
    CHECK(path("?/../x") == "/");
}

TEST_CASE("a host has one spelling") {
    const auto host = [](const std::string& h) { return std::string(url("http://" + h + "/").host()); };
    CHECK(host("EXAMPLE.Org") == "example.org");
    CHECK(host("example.org.") == "example.org.");
    CHECK(host("ex%41mple.org") == "example.org");
    CHECK(host("a_b-c.test") == "a_b-c.test");
    CHECK(host("127.0.0.1") == "127.0.0.1");
    CHECK(host("127.1") == "127.0.0.1");
    CHECK(host("0x7f.0.0.01") == "127.0.0.1");
    CHECK(host("017700000001") == "127.0.0.1");
    CHECK(host("2130706433") == "127.0.0.1");
    CHECK(host("0x7F000001") == "127.0.0.1");
    CHECK(host("1.2.3.4.") == "1.2.3.4");
    CHECK(host("0xffffffff") == "255.255.255.255");
    CHECK(host("[::1]") == "[::1]");
    CHECK(host("[0:0:0:0:0:0:0:1]") == "[::1]");
    CHECK(host("[::]") == "[::]");
    CHECK(host("[2001:DB8::0:0:1]") == "[2001:db8::1]");
    CHECK(host("[1:0:0:2:0:0:0:3]") == "[1:0:0:2::3]");
    CHECK(host("[1:0:2:3:4:5:6:7]") == "[1:0:2:3:4:5:6:7]");
    CHECK(host("[1:2:3:4:5:6:7::]") == "[1:2:3:4:5:6:7:0]");
    CHECK(host("[::ffff:127.0.0.1]") == "[::ffff:7f00:1]");
    CHECK(host("[0:0::1.2.3.4]") == "[::102:304]");
}

TEST_CASE("an address is told from a name") {
    CHECK(url("http://127.1/").host_is_address());
    CHECK(url("http://[::1]:8080/").host_is_address());
    CHECK(url("http://[::1]:8080/").host_without_brackets() == "::1");
    CHECK(url("http://[::1]:8080/").host_header() == "[::1]:8080");
    CHECK_FALSE(url("http://1.2.3.4.test/").host_is_address());
    CHECK_FALSE(url("http://4a/").host_is_address());
    CHECK(url("http://4a/").host_without_brackets() == "4a");
}

TEST_CASE("ports are numbers up to 65535, and the scheme's own goes") {
    CHECK(url("http://h:8080/").port() == 8080);
    CHECK(url("http://h:65535/").port() == 65535);
    CHECK(url("http://h:0080/").str() == "http://h/");
    CHECK(url("http://h:80/").str() == "http://h/");
    CHECK(url("https://h:80/").host_header() == "h:80");
    CHECK(url("https://h:443/").str() == "https://h/");
    CHECK(url("http://h:000000000000001/").port() == 1);
    CHECK(url("http://h:/").str() == "http://h/");
    CHECK(url("http://h:0/").port() == 0);
    CHECK(url("http://h:0/").has_explicit_port());
    for (const char* text : {"http://h:65536/", "http://h:99999999999999999999/", "http://h:-1/",
                             "http://h:+80/", "http://h:8a/", "http://h: 80/", "http://h:80:80/"}) {
        CAPTURE(text);
        CHECK_FALSE(url::try_parse(text).has_value());
    }
}

TEST_CASE("references resolve as RFC 3986 5.4 and the web have it") {
    const url base("http://u:p@a.test:81/b/c/d;p?q#f");
    const auto joined = [&](std::string_view reference) { return base.join(reference).str(); };
    CHECK(joined("g") == "http://u:p@a.test:81/b/c/g");
    CHECK(joined("./g") == "http://u:p@a.test:81/b/c/g");
    CHECK(joined("g/") == "http://u:p@a.test:81/b/c/g/");
    CHECK(joined("/g") == "http://u:p@a.test:81/g");
    CHECK(joined("//g") == "http://g/");
    CHECK(joined("?y") == "http://u:p@a.test:81/b/c/d;p?y");
    CHECK(joined("g?y") == "http://u:p@a.test:81/b/c/g?y");
    CHECK(joined("#s") == "http://u:p@a.test:81/b/c/d;p?q#s");
    CHECK(joined("g?y#s") == "http://u:p@a.test:81/b/c/g?y#s");
    CHECK(joined("") == "http://u:p@a.test:81/b/c/d;p?q");
    CHECK(joined(".") == "http://u:p@a.test:81/b/c/");
    CHECK(joined("..") == "http://u:p@a.test:81/b/");
    CHECK(joined("../g") == "http://u:p@a.test:81/b/g");
    CHECK(joined("../../../../g") == "http://u:p@a.test:81/g");
    CHECK(joined("g/../h") == "http://u:p@a.test:81/b/c/h");
    CHECK(joined("g?y/../x") == "http://u:p@a.test:81/b/c/g?y/../x");
    CHECK(joined("\\g") == "http://u:p@a.test:81/g");
    CHECK(joined("http:g") == "http://u:p@a.test:81/b/c/g");
    CHECK(joined("https:g") == "https://g/");
    CHECK(joined("https://x.test") == "https://x.test/");
    CHECK(base.join("g").port() == 81);
    CHECK(base.join("g").fragment().empty());
    CHECK_THROWS_AS((void)base.join("ftp://x/"), skein::invalid_url);
    CHECK_THROWS_AS((void)base.join("mailto:a@b"), skein::invalid_url);
    CHECK_THROWS_AS((void)base.join("//"), skein::invalid_url);
    CHECK_FALSE(url::try_parse("//h:99999/", base).has_value());
    CHECK(url::try_parse("x", base) == url::parse("x", base));
}

TEST_CASE("edits give a url with all its getters right") {
    const url u("http://user:pass@h:81/p?q#f");
    const url plain = u.without_credentials();
    CHECK(plain == url("http://h:81/p?q#f"));
    CHECK_FALSE(plain.has_credentials());
    CHECK(plain.host_header() == "h:81");
    CHECK(plain.port() == 81);
    CHECK(plain.target() == "/p?q");
    CHECK(plain.fragment() == "f");
    CHECK(plain.without_credentials() == plain);

    CHECK(u.without_fragment() == url("http://user:pass@h:81/p?q"));
    CHECK(u.without_fragment().fragment().empty());
    CHECK(u.without_fragment().password() == "pass");
    CHECK(u.with_fragment("a b#%41").fragment() == "a%20b#%41");
    CHECK(u.with_fragment("x").target() == "/p?q");
    CHECK(u.with_fragment("").str() == "http://user:pass@h:81/p?q");
    CHECK_THROWS_AS((void)u.with_fragment("a\nb"), skein::invalid_url);
}

TEST_CASE("parameters are appended form-urlencoded, before the fragment") {
    const auto add = [](const char* text, std::string_view name, std::string_view value) {
        const url u = url(text).with_param(name, value);
        CHECK(u == url(u.str()));
        CHECK(u.query() == url(u.str()).query());
        CHECK(u.fragment() == url(u.str()).fragment());
        return u.str();
    };
    CHECK(add("http://h", "a", "b") == "http://h/?a=b");
    CHECK(add("http://h/?", "a", "b") == "http://h/?a=b");
    CHECK(add("http://h/?x=%2F", "a", "b") == "http://h/?x=%2F&a=b");
    CHECK(add("http://h/#f", "a", "b") == "http://h/?a=b#f");
    CHECK(add("http://h/?x#f", "a", "") == "http://h/?x&a=#f");
    CHECK(add("http://h/", "a b", "1+1=2&c#\xc3\xa9\n") == "http://h/?a+b=1%2B1%3D2%26c%23%C3%A9%0A");
    CHECK(add("http://h/", "*-._~", "%") == "http://h/?*-._%7E=%25");
}

TEST_CASE("an origin is scheme, host and port") {
    const url u("http://a.test/x");
    CHECK(u.same_origin(url("http://u:p@A.test:80/y?z#f")));
    CHECK_FALSE(u.same_origin(url("https://a.test/x")));
    CHECK_FALSE(u.same_origin(url("http://a.test:81/x")));
    CHECK_FALSE(u.same_origin(url("http://a.test./x")));
    CHECK_FALSE(u.same_origin(url("ws://a.test/x")));
    CHECK(url("http://a.test:80/").origin() == "http://a.test");
}

TEST_CASE("equal urls hash alike, and copies are independent") {
    std::unordered_set<url> set = {url("http://a.test"), url("HTTP://A.test:80/"), url("http://a.test/#f")};
    CHECK(set.size() == 2);
    url a("http://a.test/first");
    const url copy = a;
    a = url("http://b.test/second");
    CHECK(copy.path() == "/first");
    const url moved = std::move(a);
    CHECK(moved.host() == "b.test");
    CHECK(moved != copy);
}
