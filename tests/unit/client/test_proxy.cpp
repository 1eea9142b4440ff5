// URLs of proxies, and the value that they become.
#include <skein/skein.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace skein;

namespace {

struct good_case {
    const char* text;
    const char* shown;
    const char* host;
    const char* username = "";
    const char* password = "";
};

}  // namespace

TEST_CASE("a proxy is a scheme, a host, a port and credentials; shown without the credentials") {
    const std::vector<good_case> cases = {
        {"http://proxy.test:3128", "http://proxy.test:3128", "proxy.test"},
        {"http://proxy.test:3128/", "http://proxy.test:3128", "proxy.test"},
        {"  http://proxy.test  ", "http://proxy.test:80", "proxy.test"},
        {"HTTP://Proxy.TEST:80", "http://proxy.test:80", "proxy.test"},
        {"http://proxy.test:443", "http://proxy.test:443", "proxy.test"},
        {"https://proxy.test", "https://proxy.test:443", "proxy.test"},
        {"https://proxy.test:80", "https://proxy.test:80", "proxy.test"},
        {"socks5://proxy.test", "socks5://proxy.test:1080", "proxy.test"},
        {"socks5h://proxy.test", "socks5h://proxy.test:1080", "proxy.test"},
        {"SOCKS5H://proxy.test:80", "socks5h://proxy.test:80", "proxy.test"},
        {"socks5://proxy.test:443", "socks5://proxy.test:443", "proxy.test"},
        {"http://10.0.0.1:8080", "http://10.0.0.1:8080", "10.0.0.1"},
        {"socks5://[::1]:1081", "socks5://[::1]:1081", "::1"},
        {"http://user:pass@proxy.test:3128", "http://proxy.test:3128", "proxy.test", "user", "pass"},
        {"http://user@proxy.test", "http://proxy.test:80", "proxy.test", "user"},
        {"http://a%40b:p%3A%2F%3f@proxy.test", "http://proxy.test:80", "proxy.test", "a@b", "p:/?"},
        {"socks5://u%3Av:p@proxy.test", "socks5://proxy.test:1080", "proxy.test", "u:v", "p"},
    };
    for (const auto& one : cases) {
        CAPTURE(one.text);
        const proxy p(one.text);
        CHECK(bool(p));
        CHECK(p.to_string() == one.shown);
        CHECK(p.host() == one.host);
        CHECK(p.username() == one.username);
        CHECK(p.password() == one.password);
        CHECK(p.has_credentials() == (p.username() != "" || p.password() != ""));
    }
}

TEST_CASE("what is no proxy is refused, and the password stays hidden") {
    const std::string long_text(256, 'x');
    const std::vector<std::string> cases = {
        "",
        "proxy.test:3128",
        "ftp://proxy.test",
        "socks4://proxy.test",
        "socks://proxy.test",
        "httpx://proxy.test",
        "http://",
        "http://secret@",
        "http://user:secret@",
        "http://proxy.test:0x50",
        "http://proxy.test:65536",
        "http://user:secret@proxy.test:99999",
        "http://user:secret@proxy.test/path",
        "http://proxy.test/?query",
        "http://proxy.test?",
        "http://proxy.test/#fragment",
        "http://user:sec%0Aret@proxy.test",
        "http://us%3Aer:secret@proxy.test",
        "socks5://:secret@proxy.test",
        "socks5://" + long_text + ":secret@proxy.test",
        "socks5://user:secret" + long_text + "@proxy.test",
    };
    for (const auto& text : cases) {
        CAPTURE(text);
        try {
            (void)proxy(text);
            FAIL_CHECK("it was taken");
        } catch (const invalid_url& e) {
            CHECK(std::string(e.what()).find("invalid proxy") != std::string::npos);
            CHECK(std::string(e.what()).find("secret") == std::string::npos);
            CHECK(std::string(e.what()).find("sec%0A") == std::string::npos);
        }
    }
}

TEST_CASE("no line break of a proxy's text gets into the message") {
    for (const char* text : {"http://a\r\nX: y:3128", "a\nb", "http://user:secret@a\rb"}) {
        try {
            (void)proxy(text);
            FAIL_CHECK("it was taken");
        } catch (const invalid_url& e) {
            CHECK(std::string(e.what()).find_first_of("\r\n") == std::string::npos);
        }
    }
}

TEST_CASE("nothing said, none, and a proxy are three things") {
    const proxy unsaid;
    CHECK_FALSE(unsaid.is_set());
    CHECK_FALSE(unsaid.is_none());
    CHECK_FALSE(bool(unsaid));
    const proxy none = proxy::none();
    CHECK(none.is_set());
    CHECK(none.is_none());
    CHECK_FALSE(bool(none));
    for (const auto& one : {unsaid, none}) {
        CHECK(one.to_string().empty());
        CHECK(one.host().empty());
        CHECK(one.port() == 0);
        CHECK_FALSE(one.has_credentials());
        CHECK_FALSE(one.is_trusted());
        CHECK_FALSE(one.tls().has_value());
    }
    CHECK(unsaid == proxy());
    CHECK(none == proxy::none());
    CHECK_FALSE(unsaid == none);
    CHECK_FALSE(none == proxy("http://proxy.test"));
}

TEST_CASE("a copy that is changed leaves the other as it was") {
    const proxy first = "https://user:pass@proxy.test";
    proxy second = first;
    CHECK(first == second);
    second.trusted();
    CHECK(second.is_trusted());
    CHECK_FALSE(first.is_trusted());
    CHECK_FALSE(first == second);
    const tls_context trust;
    const proxy third = proxy("https://user:pass@proxy.test").tls(trust);
    CHECK(third.tls().has_value());
    CHECK_FALSE(third == first);
    CHECK(third == proxy("https://user:pass@proxy.test").tls(trust));
    CHECK(third.to_string() == first.to_string());
    CHECK(third.password() == "pass");
    CHECK_FALSE(first == proxy("https://user:other@proxy.test"));
}
