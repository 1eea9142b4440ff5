// Caddy: its own files, Go's TLS, and the application behind it.
#include "behaviour.hpp"
#include "unpack.hpp"

#include <doctest/doctest.h>

using namespace live;
using namespace skein;

namespace {

site& caddy() {
    application();  // before, so that it ends after
    static site made;
    static const bool started = [] {
        const std::string program = skein::test::find_program({"caddy"});
        const auto file =
            made.configure("Caddyfile", {{"APPLICATION", std::to_string(application().plain_port())}});
        made.start({program, "run", "--config", file, "--adapter", "caddyfile"},
                   {"HOME=" + made.folder().path().string()});
        return true;
    }();
    (void)started;
    return made;
}

}  // namespace

TEST_CASE("caddy: files arrive, over TLS too") {
    files_arrive(caddy(), caddy().plain(""));
    files_arrive(caddy(), caddy().secure(""));
}

TEST_CASE("caddy: methods and bodies go up as they are, over TLS too") {
    methods_and_bodies_go_up(caddy(), caddy().plain(""));
    methods_and_bodies_go_up(caddy(), caddy().secure(""));
}

TEST_CASE("caddy: bodies of the application come down as they are") {
    bodies_come_down(caddy(), caddy().plain(""));
}

TEST_CASE("caddy: redirects, cookies, failures, slow bodies") {
    redirects_are_followed(caddy(), caddy().plain(""));
    cookies_are_kept(caddy(), caddy().plain(""));
    failures_are_told(caddy(), caddy().plain(""));
    cut_bodies_are_told(caddy(), caddy().plain(""), {"sized"});  // chunked ones it ends as if they were whole
    slow_bodies_arrive(caddy(), caddy().plain(""));
}

TEST_CASE("caddy: many requests share few connections, over TLS too") {
    many_share_few_connections(caddy(), caddy().plain(""));
    many_share_few_connections(caddy(), caddy().secure(""));
}

TEST_CASE("caddy: a limit of idleness ends connections, and no request fails") {
    idle_limits_are_kept(caddy(), caddy().impatient(""));
}

TEST_CASE("caddy: an upload over max_size is a response") {
    refused_upload_is_a_response(caddy(), "POST", caddy().plain("/small/echo"), 502);
    refused_upload_is_a_response(caddy(), "POST", caddy().secure("/small/echo"), 502);
}

TEST_CASE("caddy: a redirect of its own keeps method and body") {
    client_session session(caddy().options());
    const auto body = [&]() -> task<> {
        auto got = co_await session.post(caddy().plain("/moved/echo")).body(content(65536));
        const std::string echo = co_await got.text();
        CHECK(echo.starts_with("POST 65536 "));
    };
    run(body);
}

TEST_CASE("caddy: gzip and zstd are undone") {
    client_session session(caddy().options());
    const auto body = [&]() -> task<> {
        const std::vector<const char*> codings = {"gzip", "zstd"};
        co_await codings_are_undone(session, caddy().plain("/packed/65536"), content(65536), codings);
    };
    run(body);
}
