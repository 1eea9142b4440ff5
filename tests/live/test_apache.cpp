// Apache httpd: its own files, authentication, codings, HTTP/1.0; and the application behind it.
#include "behaviour.hpp"
#include "unpack.hpp"

#include <doctest/doctest.h>

#include <openssl/evp.h>

using namespace live;
using namespace skein;

namespace {

std::string md5(const std::string& text) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_Digest(text.data(), text.size(), digest, &size, EVP_md5(), nullptr);
    std::string hex;
    for (unsigned i = 0; i < size; ++i) {
        hex += "0123456789abcdef"[digest[i] >> 4];
        hex += "0123456789abcdef"[digest[i] & 15];
    }
    return hex;
}

site& apache() {
    application();  // before, so that it ends after
    static site made;
    static const bool started = [] {
        const std::string program = skein::test::find_program({"apache2", "httpd"});
        const auto file =
            made.configure("apache.conf", {{"APPLICATION", std::to_string(application().plain_port())},
                                           {"MODULES", "/usr/lib/apache2/modules"}});
        made.folder().write("passwords", "user:{SHA}2oguq15ANCGsJCWKX31fllwpyEk=\n");
        made.folder().write("digests", "user:live:" + md5("user:live:pass word") + '\n');
        made.start({program, "-f", file, "-D", "FOREGROUND"});
        return true;
    }();
    (void)started;
    return made;
}

}  // namespace

TEST_CASE("apache: files arrive, over TLS too") {
    files_arrive(apache(), apache().plain(""));
    files_arrive(apache(), apache().secure(""));
}

TEST_CASE("apache: methods and bodies go up as they are, over TLS too") {
    methods_and_bodies_go_up(apache(), apache().plain(""));
    methods_and_bodies_go_up(apache(), apache().secure(""));
}

TEST_CASE("apache: bodies of the application come down as they are") {
    bodies_come_down(apache(), apache().plain(""));
}

TEST_CASE("apache: redirects, cookies, failures, slow bodies") {
    redirects_are_followed(apache(), apache().plain(""));
    cookies_are_kept(apache(), apache().plain(""));
    failures_are_told(apache(), apache().plain(""));
    cut_bodies_are_told(apache(), apache().plain(""));
    slow_bodies_arrive(apache(), apache().plain(""));
}

TEST_CASE("apache: many requests share few connections, over TLS too") {
    many_share_few_connections(apache(), apache().plain(""));
    many_share_few_connections(apache(), apache().secure(""));
}

TEST_CASE("apache: limits of requests and of idleness end connections, and no request fails") {
    limits_of_requests_are_kept(apache(), apache().limited(""), 10);
    idle_limits_are_kept(apache(), apache().impatient(""));
}

TEST_CASE("apache: an upload over LimitRequestBody is a response") {
    refused_upload_is_a_response(apache(), "PUT", apache().plain("/stored/small"));
}

TEST_CASE("apache: a file is stored, replaced and deleted, and OPTIONS tells what is allowed") {
    client_session session(apache().options());
    const auto body = [&]() -> task<> {
        const std::string url = apache().plain("/stored/file");
        auto allowed = co_await session.options(apache().plain("/stored/"));
        CHECK(allowed.status() == 200);
        CHECK(allowed.headers().get("Allow").value_or("").find("DELETE") != std::string_view::npos);
        auto made = co_await session.put(url).body(content(100'000));
        CHECK(made.status() == 201);
        (void)co_await made.text();
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

TEST_CASE("apache: a redirect of its own keeps method and body") {
    client_session session(apache().options());
    const auto body = [&]() -> task<> {
        auto got = co_await session.post(apache().plain("/moved/echo")).body(content(65536));
        const std::string echo = co_await got.text();
        CHECK(echo.starts_with("POST 65536 "));
    };
    run(body);
}

TEST_CASE("apache: gzip and br are undone") {
    client_session session(apache().options());
    const auto body = [&]() -> task<> {
        const std::vector<const char*> codings = {"gzip", "br"};
        co_await codings_are_undone(session, apache().plain("/packed/65536"), content(65536), codings);
    };
    run(body);
}

TEST_CASE("apache: HTTP/1.0 responses end with their connection") {
    client_session session(apache().options());
    const auto body = [&]() -> task<> {
        for (int i = 1; i <= 3; ++i) {
            auto got = co_await session.get(apache().plain("/old/65536"));
            CHECK(got.version() == http_version::http_1_0);
            const bool same = co_await got.text() == content(65536);
            CHECK(same);
            CHECK(session.stats().connections == static_cast<unsigned>(i));
        }
        auto head = co_await session.head(apache().plain("/old/65536"));
        CHECK(head.content_length() == 65536);
    };
    run(body);
}

TEST_CASE("apache: basic authentication") {
    client_session session(apache().options());
    const auto body = [&]() -> task<> {
        const std::string url = apache().plain("/basic/1");
        auto refused = co_await session.get(url);
        CHECK(refused.status() == 401);
        (void)co_await refused.text();
        auto wrong = co_await session.get(url).basic_auth("user", "pass");
        CHECK(wrong.status() == 401);
        (void)co_await wrong.text();
        auto let_in = co_await session.get(url).basic_auth("user", "pass word");
        CHECK(co_await let_in.text() == content(1));
    };
    run(body);
}

TEST_CASE("apache: digest: a challenge comes as it is, and is answered once for all that follows") {
    client_session session(apache().options());
    const auto body = [&]() -> task<> {
        auto refused = co_await session.get(apache().plain("/digest/1"));
        CHECK(refused.status() == 401);
        const auto challenge = refused.headers().get("WWW-Authenticate").value_or("");
        CHECK(challenge.starts_with("Digest realm=\"live\", nonce="));
        CHECK(challenge.find("qop=\"auth\"") != std::string_view::npos);
        (void)co_await refused.text();
        auto wrong = co_await session.get(apache().plain("/digest/1")).digest_auth("user", "password");
        CHECK(wrong.status() == 401);
        (void)co_await wrong.text();
        const auto before = session.stats().requests;
        for (const char* query : {"", "?a=1", "?a=2&b"}) {
            auto let_in =
                co_await session.get(apache().plain("/digest/1") + query).digest_auth("user", "pass word");
            const std::string text = co_await let_in.text();
            CHECK(text == content(1));
        }
        CHECK(session.stats().requests - before == 4);  // one was asked, two answered before that
    };
    run(body);
}
