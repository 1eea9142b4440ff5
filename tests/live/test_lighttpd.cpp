// lighttpd: its own files, and the application behind it.
#include "behaviour.hpp"

#include <doctest/doctest.h>

using namespace live;
using namespace skein;

namespace {

site& lighttpd() {
    application();  // before, so that it ends after
    static site made;
    static const bool started = [] {
        const std::string program = skein::test::find_program({"lighttpd"});
        const auto file =
            made.configure("lighttpd.conf", {{"APPLICATION", std::to_string(application().plain_port())}});
        made.start({program, "-D", "-f", file});
        return true;
    }();
    (void)started;
    return made;
}

}  // namespace

TEST_CASE("lighttpd: files arrive") {
    files_arrive(lighttpd(), lighttpd().plain(""));
}

TEST_CASE("lighttpd: methods and bodies go up as they are") {
    methods_and_bodies_go_up(lighttpd(), lighttpd().plain(""));
}

TEST_CASE("lighttpd: bodies of the application come down as they are") {
    bodies_come_down(lighttpd(), lighttpd().plain(""));
}

TEST_CASE("lighttpd: redirects, cookies, failures, slow bodies") {
    redirects_are_followed(lighttpd(), lighttpd().plain(""));
    cookies_are_kept(lighttpd(), lighttpd().plain(""));
    failures_are_told(lighttpd(), lighttpd().plain(""));  // cut bodies it leaves hanging
    slow_bodies_arrive(lighttpd(), lighttpd().plain(""));
}

TEST_CASE("lighttpd: many requests share few connections") {
    many_share_few_connections(lighttpd(), lighttpd().plain(""));
}

TEST_CASE("lighttpd: limits of requests and of idleness end connections, and no request fails") {
    limits_of_requests_are_kept(lighttpd(), lighttpd().limited(""), 10);
    idle_limits_are_kept(lighttpd(), lighttpd().impatient(""));
}

TEST_CASE("lighttpd: an upload over max-request-size is a response") {
    refused_upload_is_a_response(lighttpd(), "POST", lighttpd().plain("/small/echo"));
}

TEST_CASE("lighttpd: a redirect of its own keeps method and body") {
    client_session session(lighttpd().options());
    const auto body = [&]() -> task<> {
        auto got = co_await session.post(lighttpd().plain("/moved/echo")).body(content(65536));
        const std::string echo = co_await got.text();
        CHECK(echo.starts_with("POST 65536 "));
    };
    run(body);
}
