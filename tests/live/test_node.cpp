// Node's http, without anything in front of it: what only it does, beside what all servers do.
#include "behaviour.hpp"
#include "unpack.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace live;
using namespace skein;

TEST_CASE("node: methods and bodies go up as they are, over TLS too") {
    methods_and_bodies_go_up(application(), application().plain(""));
    methods_and_bodies_go_up(application(), application().secure(""));
}

TEST_CASE("node: bodies come down as they are, over TLS too") {
    bodies_come_down(application(), application().plain(""));
    bodies_come_down(application(), application().secure(""));
}

TEST_CASE("node: redirects, cookies, failures, slow bodies") {
    redirects_are_followed(application(), application().plain(""));
    cookies_are_kept(application(), application().plain(""));
    failures_are_told(application(), application().plain(""));
    cut_bodies_are_told(application(), application().plain(""));
    failures_are_told(application(), application().secure(""));
    cut_bodies_are_told(application(), application().secure(""));
    slow_bodies_arrive(application(), application().plain(""));
}

TEST_CASE("node: many requests share few connections, over TLS too") {
    many_share_few_connections(application(), application().plain(""));
    many_share_few_connections(application(), application().secure(""));
}

TEST_CASE("node: an upload that is refused while it is sent is a response") {
    refused_upload_is_a_response(application(), "POST", application().plain("/early"));
}

TEST_CASE("node: limits of requests and of idleness end connections, and no request fails") {
    limits_of_requests_are_kept(application(), application().limited(""), 10);
    idle_limits_are_kept(application(), application().impatient(""));
}

TEST_CASE("node: trailers come apart from the headers") {
    client_session session(application().options());
    const auto body = [&]() -> task<> {
        auto got = co_await session.get(application().plain("/trailers"));
        CHECK(co_await got.text() == "body");
        CHECK(got.trailers().get("X-Sum") == "42");
        CHECK(got.trailers().get("X-More") == "yes");
        CHECK_FALSE(got.headers().contains("X-Sum"));
        CHECK(co_await fetch(session, application().plain("/bytes/1")) == content(1));
        CHECK(session.stats().connections == 1);
    };
    run(body);
}

TEST_CASE("node: interim responses go by") {
    client_session session(application().options());
    const auto body = [&]() -> task<> {
        auto got = co_await session.get(application().plain("/hints"));
        CHECK(got.status() == 200);
        CHECK(co_await got.text() == "after hints");
        CHECK_FALSE(got.headers().contains("Link"));
    };
    run(body);
}

TEST_CASE("node: 500 fields of 180 bytes are a head, 600 are too many") {
    client_session session(application().options());
    const auto body = [&]() -> task<> {
        auto got = co_await session.get(application().plain("/fields/500"));
        CHECK(got.headers().size() >= 500);
        bool refused = false;
        try {
            (void)co_await session.get(application().plain("/fields/600"));
        } catch (const protocol_error&) {
            refused = true;
        }
        CHECK(refused);
    };
    run(body);
}

TEST_CASE("node: each coding is undone") {
    client_session session(application().options());
    const auto body = [&]() -> task<> {
        const std::vector<const char*> codings = {"gzip", "deflate", "br"};
        const std::string url = application().plain("/coded/100000");
        co_await codings_are_undone(session, url, content(100'000), codings);
    };
    run(body);
}

TEST_CASE("node: it hears each field once, as it was set") {
    client_session session(application().options());
    const auto body = [&]() -> task<> {
        auto got =
            co_await session.get(application().plain("/heard")).header("X-One", "1").header("x-two", "2, 3");
        const auto fields = co_await got.json();
        std::vector<std::string> names;
        for (std::size_t i = 0; i < fields.size(); i += 2) names.push_back(fields[i]);
        CHECK(std::count(names.begin(), names.end(), "Host") == 1);
        CHECK(std::count(names.begin(), names.end(), "X-One") == 1);
        CHECK(std::count(names.begin(), names.end(), "x-two") == 1);
        CHECK(std::count(names.begin(), names.end(), "Content-Length") == 0);
    };
    run(body);
}
