// How the cookies of a request come together: the caller's header, the jar, the request's own.
#include "client/credentials/cookies.hpp"
#include "client/session/redirect.hpp"

#include <skein/client_session.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>

using namespace skein;
using client::request_state;

namespace {

constexpr cookie_jar::time_point now =
    std::chrono::sys_days(std::chrono::year(2026) / std::chrono::November / 22);

struct parts {
    headers fields = {};
    request_state request{nullptr, "GET", url("http://www.site.test/")};
    cookie_jar jar = {};

    std::string header() { return cookie_header(fields, request, jar, now); }
    void keep(const char* name, const char* value) { jar.set(request.url, name, value); }
    void own(const char* name, const char* value) { request.cookies.push_back({name, value}); }
};

}  // namespace

TEST_CASE("without cookies in jar or request the caller's header is left alone") {
    parts p;
    CHECK(p.header().empty());
    p.fields.append("Cookie", "a=1;;  b");
    CHECK(p.header().empty());
    p.jar.set(url("http://other.test/"), "x", "1");
    CHECK(p.header().empty());
}

TEST_CASE("all three sources go out: the caller's header, the jar, the request's own") {
    parts p;
    p.fields.append("cookie", "h=1; raw value; q=\"x\"");
    p.fields.append("Cookie", "i=2");
    p.keep("j", "3");
    p.own("k", "4");
    CHECK(p.header() == "h=1; raw value; q=\"x\"; i=2; j=3; k=4");
}

TEST_CASE("of one name the jar is heard before the caller's header, and the request's own before both") {
    parts p;
    p.fields.append("Cookie", "a=header; b=header; c=header");
    p.keep("b", "jar");
    p.keep("c", "jar");
    p.own("c", "own");
    CHECK(p.header() == "a=header; b=jar; c=own");
    p.own("b", "own");
    p.own("a", "own");
    CHECK(p.header() == "c=own; b=own; a=own");
}

TEST_CASE("names are compared as bytes, and a name is never found inside another") {
    parts p;
    p.fields.append("Cookie", "A=1; aa=2; =3");
    p.keep("a", "4");
    CHECK(p.header() == "A=1; aa=2; =3; a=4");
}

TEST_CASE("the jar stays within 8190 bytes of what the caller left; the caller's own is never cut") {
    parts p;
    const std::string large(4000, 'x');
    p.keep("a", large.c_str());
    p.keep("b", large.c_str());
    p.keep("c", "1");
    p.own("own", large.c_str());
    const auto header = p.header();
    CHECK(header == "a=" + large + "; c=1; own=" + large);
}

TEST_CASE("a request's own cookies stay with its first origin") {
    const auto kept = [](const char* from, const char* to) {
        request_state request(nullptr, "GET", url(from));
        request.allow_downgrade = true;
        request.cookies.push_back({"a", "1"});
        http1::response_head head;
        head.status = 302;
        head.fields.append("Location", to);
        client::follow_redirect(request, head, {});
        return !request.cookies.empty();
    };
    CHECK(kept("http://a.test/", "/other"));
    CHECK(kept("http://a.test/", "http://A.test:80/"));
    CHECK(kept("http://a.test/", "https://a.test/"));
    CHECK_FALSE(kept("http://a.test/", "http://b.test/"));
    CHECK_FALSE(kept("http://a.test/", "http://sub.a.test/"));
    CHECK_FALSE(kept("http://a.test/", "http://a.test:8080/"));
    CHECK_FALSE(kept("http://a.test:8080/", "https://a.test/"));
    CHECK_FALSE(kept("https://a.test/", "http://a.test/"));
}

TEST_CASE("a request refuses a cookie that would be another, or another header") {
    client_session session;
    auto request = session.get("http://a.test/");
    for (const char byte : {'\r', '\n', '\0', '\x7f', ';'}) {
        CAPTURE(int{byte});
        CHECK_THROWS_AS(request.cookie("n" + std::string(1, byte) + "m", "v"), std::invalid_argument);
        CHECK_THROWS_AS(request.cookie("n", "v" + std::string(1, byte) + "w"), std::invalid_argument);
    }
    CHECK_THROWS_AS(request.cookie("a=b", "v"), std::invalid_argument);
    CHECK_THROWS_AS(request.cookie("", ""), std::invalid_argument);
    CHECK_THROWS_AS(request.cookie(" a", "v"), std::invalid_argument);
    CHECK_NOTHROW(request.cookie("a", "b=c, \"d\" \xff"));
}
