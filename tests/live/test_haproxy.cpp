// HAProxy, in front of the application.
#include "behaviour.hpp"

#include <doctest/doctest.h>

using namespace live;
using namespace skein;

namespace {

site& haproxy() {
    application();  // before, so that it ends after
    static site made;
    static const bool started = [] {
        const std::string program = skein::test::find_program({"haproxy"});
        const auto file =
            made.configure("haproxy.cfg", {{"APPLICATION", std::to_string(application().plain_port())}});
        made.start({program, "-db", "-f", file});
        return true;
    }();
    (void)started;
    return made;
}

}  // namespace

TEST_CASE("haproxy: methods and bodies go up as they are, over TLS too") {
    methods_and_bodies_go_up(haproxy(), haproxy().plain(""));
    methods_and_bodies_go_up(haproxy(), haproxy().secure(""));
}

TEST_CASE("haproxy: bodies come down as they are, over TLS too") {
    bodies_come_down(haproxy(), haproxy().plain(""));
    bodies_come_down(haproxy(), haproxy().secure(""));
}

TEST_CASE("haproxy: redirects, cookies, failures, slow bodies") {
    redirects_are_followed(haproxy(), haproxy().plain(""));
    cookies_are_kept(haproxy(), haproxy().plain(""));
    failures_are_told(haproxy(), haproxy().plain(""));
    cut_bodies_are_told(haproxy(), haproxy().plain(""));
    slow_bodies_arrive(haproxy(), haproxy().plain(""));
}

TEST_CASE("haproxy: many requests share few connections, over TLS too") {
    many_share_few_connections(haproxy(), haproxy().plain(""));
    many_share_few_connections(haproxy(), haproxy().secure(""));
}

TEST_CASE("haproxy: connections that end after each response, or when they are idle; no request fails") {
    limits_of_requests_are_kept(haproxy(), haproxy().limited(""), 1);
    idle_limits_are_kept(haproxy(), haproxy().impatient(""));
}

TEST_CASE("haproxy: an upload that it refuses while it is sent is a response") {
    refused_upload_is_a_response(haproxy(), "POST", haproxy().small("/echo"));
}

TEST_CASE("haproxy: trailers come through, apart from the headers") {
    client_session session(haproxy().options());
    const auto body = [&]() -> task<> {
        auto got = co_await session.get(haproxy().plain("/trailers"));
        CHECK(co_await got.text() == "body");
        CHECK(got.trailers().get("X-Sum") == "42");
        CHECK_FALSE(got.headers().contains("X-Sum"));
        CHECK(co_await fetch(session, haproxy().plain("/bytes/1")) == content(1));
        CHECK(session.stats().connections == 1);
    };
    run(body);
}

TEST_CASE("haproxy: interim responses go by") {
    client_session session(haproxy().options());
    const auto body = [&]() -> task<> {
        auto got = co_await session.get(haproxy().plain("/hints"));
        CHECK(got.status() == 200);
        CHECK(co_await got.text() == "after hints");
    };
    run(body);
}
