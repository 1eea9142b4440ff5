// nginx: its own files, and the application behind it.
#include "behaviour.hpp"
#include "nginx.hpp"
#include "temporary_file.hpp"
#include "unpack.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace live;
using namespace skein;

site& live::nginx() {
    application();  // before, so that it ends after
    static site made;
    static const bool started = [] {
        const std::string program = skein::test::find_program({"nginx"});
        made.configure("nginx.conf", {{"APPLICATION", std::to_string(application().plain_port())},
                                      {"TLS12", std::to_string(nginx_ports().tls12)},
                                      {"TLS13", std::to_string(nginx_ports().tls13)},
                                      {"MUTUAL", std::to_string(nginx_ports().mutual)}});
        made.folder().write("passwords", "user:{PLAIN}pass word\n");
        made.start(
            {program, "-e", "error.log", "-p", made.folder().path().string() + "/", "-c", "nginx.conf"});
        return true;
    }();
    (void)started;
    return made;
}

const live::tls_ports& live::nginx_ports() {
    static const tls_ports ports;
    return ports;
}

namespace {

// "CONNECTION REQUESTS": nginx's own count of requests on this connection.
int requests_on(const std::string& text) {
    return std::stoi(text.substr(text.find(' ') + 1));
}

}  // namespace

TEST_CASE("nginx: files arrive, over TLS too") {
    files_arrive(nginx(), nginx().plain(""));
    files_arrive(nginx(), nginx().secure(""));
}

TEST_CASE("nginx: methods and bodies go up as they are, over TLS too") {
    methods_and_bodies_go_up(nginx(), nginx().plain(""));
    methods_and_bodies_go_up(nginx(), nginx().secure(""));
}

TEST_CASE("nginx: bodies of the application come down as they are") {
    bodies_come_down(nginx(), nginx().plain(""));
}

TEST_CASE("nginx: redirects, cookies, failures, slow bodies") {
    redirects_are_followed(nginx(), nginx().plain(""));
    cookies_are_kept(nginx(), nginx().plain(""));
    failures_are_told(nginx(), nginx().plain(""));
    cut_bodies_are_told(nginx(), nginx().plain(""));
    slow_bodies_arrive(nginx(), nginx().plain(""));
}

TEST_CASE("nginx: many requests share few connections, over TLS too") {
    many_share_few_connections(nginx(), nginx().plain(""));
    many_share_few_connections(nginx(), nginx().secure(""));
}

TEST_CASE("nginx: limits of requests and of idleness end connections, and no request fails") {
    limits_of_requests_are_kept(nginx(), nginx().limited(""), 10);
    idle_limits_are_kept(nginx(), nginx().impatient(""));
}

TEST_CASE("nginx: an upload over client_max_body_size is a response") {
    refused_upload_is_a_response(nginx(), "POST", nginx().plain("/small/echo"));
    refused_upload_is_a_response(nginx(), "POST", nginx().secure("/small/echo"));
}

TEST_CASE("nginx: connections are kept, plain and over TLS") {
    client_session session(nginx().options());
    const auto body = [&]() -> task<> {
        for (int i = 1; i <= 50; ++i) {
            CHECK(requests_on(co_await fetch(session, nginx().plain("/count"))) == i);
            CHECK(requests_on(co_await fetch(session, nginx().secure("/count"))) == i);
        }
        CHECK(session.stats().connections == 2);
    };
    run(body);
}

TEST_CASE("nginx: a file is stored, replaced and deleted") {
    client_session session(nginx().options());
    const auto body = [&]() -> task<> {
        const std::string url = nginx().plain("/stored/a/file");
        auto made = co_await session.put(url).body(content(100'000));
        CHECK(made.status() == 201);
        auto replaced = co_await session.put(url).body("new");
        CHECK(replaced.status() == 204);
        CHECK(co_await fetch(session, url) == "new");
        auto gone = co_await session.del(url);
        CHECK(gone.status() == 204);
        auto missing = co_await session.get(url);
        CHECK(missing.status() == 404);
    };
    run(body);
}

TEST_CASE("nginx: a redirect of a POST, whose body nobody read, is followed by its status") {
    client_session session(nginx().options());
    const auto body = [&]() -> task<> {
        auto kept = co_await session.post(nginx().plain("/hold/307")).body(content(65536));
        const std::string echo = co_await kept.text();
        CHECK(echo.starts_with("POST 65536 "));
        auto dropped = co_await session.post(nginx().plain("/hold/302")).body(content(65536));
        const std::string second = co_await dropped.text();
        CHECK(second.starts_with("GET 0 "));
    };
    run(body);
}

TEST_CASE("nginx: a body at 100 KB a second arrives whole") {
    client_session session(nginx().options());
    const auto body = [&]() -> task<> {
        const bool same = co_await fetch(session, nginx().plain("/slow/65537")) == content(65537);
        CHECK(same);
    };
    run(body);
}

TEST_CASE("nginx: gzip is undone, in memory and into a file") {
    client_session session(nginx().options());
    const auto body = [&]() -> task<> {
        const std::string url = nginx().plain("/coded/files/65536");
        const std::vector<const char*> codings = {"gzip"};
        co_await codings_are_undone(session, url, content(65536), codings);
        const auto file = nginx().folder() / "saved";
        auto got = co_await session.get(url);
        const auto size = co_await got.save_to(file);
        CHECK(size == 65536);
        CHECK(std::filesystem::file_size(file) == 65536);
    };
    run(body);
}

TEST_CASE("nginx: basic authentication") {
    client_session session(nginx().options());
    const auto body = [&]() -> task<> {
        const std::string url = nginx().plain("/basic/1");
        auto refused = co_await session.get(url);
        CHECK(refused.status() == 401);
        CHECK(refused.headers().get("WWW-Authenticate") == "Basic realm=\"live\"");
        (void)co_await refused.text();
        auto wrong = co_await session.get(url).basic_auth("user", "pass");
        CHECK(wrong.status() == 401);
        (void)co_await wrong.text();
        auto let_in = co_await session.get(url).basic_auth("user", "pass word");
        CHECK(let_in.status() == 200);
        CHECK(co_await let_in.text() == content(1));
        std::string with_credentials = url;
        with_credentials.insert(7, "user:pass%20word@");
        CHECK(co_await fetch(session, with_credentials) == content(1));
    };
    run(body);
}

TEST_CASE("nginx: uploads of every kind come back as they were sent, plain and over TLS") {
    const std::string sent = content(3'000'000);
    const skein::test::temporary_file file(sent);
    client_session session(nginx().options());
    const auto body = [&]() -> task<> {
        const auto write = [&](body_writer& out) -> task<> {
            for (std::size_t at = 0; at < sent.size(); at += 70'000)
                co_await out.write(std::string_view(sent).substr(at, 70'000));
        };
        int count = 0;
        const auto round_trip = [&](bool secure, body_source source, bool expects) -> task<> {
            const std::string path = "/stored/uploads/" + std::to_string(++count);
            const std::string to = secure ? nginx().secure(path) : nginx().plain(path);
            auto put = co_await session.put(to).body(std::move(source)).expect_continue(expects);
            CHECK(put.status() == 201);
            const bool same = co_await fetch(session, to) == sent;
            CHECK(same);
        };
        for (const bool secure : {false, true}) {
            for (const bool expects : {false, true}) {
                co_await round_trip(secure, body_source(sent), expects);
                co_await round_trip(secure, body_source::file(file.path()), expects);
                co_await round_trip(secure, body_source(write), expects);
            }
        }
        CHECK(session.stats().connections == 2);
    };
    run(body);
}

TEST_CASE("nginx: an upload that is too large is refused, before it is sent or in the middle") {
    client_session session(nginx().options());
    const auto body = [&]() -> task<> {
        const auto write = [&](body_writer& out) -> task<> {
            const std::string piece(10'000, 'x');
            for (;;) co_await out.write(piece);
        };
        auto in_chunks = co_await session.put(nginx().plain("/stored/small/1")).body(write);
        CHECK(in_chunks.status() == 413);
        auto announced = co_await session.put(nginx().plain("/stored/small/2")).body(write, 1'000'000'000);
        CHECK(announced.status() == 413);
        auto asked =
            co_await session.put(nginx().plain("/stored/small/3")).body(write, 200'000).expect_continue();
        CHECK(asked.status() == 413);
        CHECK(asked.report().request_bytes < 1000);
    };
    run(body);
}

TEST_CASE("nginx: at a Unix socket everything is as over TCP") {
    session_options options = nginx().options();
    options.connector.unix_socket = (nginx().folder() / "nginx.sock").string();
    options.connector.limit = 4;
    client_session session(options);
    const auto body = [&]() -> task<> {
        std::vector<task<std::string>> all;
        for (int i = 0; i < 5; ++i)
            for (const std::size_t size : sizes)
                all.push_back(fetch(session, "http://any.test/files/" + std::to_string(size)));
        const auto got = co_await gather(std::move(all));
        for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == content(sizes[i % std::size(sizes)]));
        CHECK(session.stats().connections == 4);
        const std::string sent = content(3'000'000);
        auto put = co_await session.put("http://any.test/stored/uploads/unix").body(sent);
        CHECK(put.status() == 201);
        const bool same = co_await fetch(session, "http://any.test/stored/uploads/unix") == sent;
        CHECK(same);
    };
    run(body);
}
