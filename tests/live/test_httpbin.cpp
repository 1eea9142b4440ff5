// httpbin under gunicorn: what is there to be tried by clients, tried.
#include "behaviour.hpp"
#include "skein_features.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace live;
using namespace skein;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

site& httpbin() {
    static site made;
    static const bool started = [] {
        const std::string program = skein::test::find_program({"gunicorn"});
        const std::string at = skein::test::own_address() + ':' + std::to_string(made.plain_port());
        const std::string folder = made.folder().path().string();
        made.start({program, "--bind", at, "--worker-class", "gthread", "--threads", "16", "--keep-alive",
                    "1", "--worker-tmp-dir", folder, "httpbin:app"},
                   {"HOME=" + folder, "PYTHONDONTWRITEBYTECODE=1"});
        return true;
    }();
    (void)started;
    return made;
}

task<json> fetch_json(client_session& session, std::string url) {
    auto got = co_await session.get(url);
    co_return co_await got.json();
}

}  // namespace

TEST_CASE("httpbin: every method, with parameters, fields and a body, is heard as it was sent") {
    client_session session(httpbin().options());
    const auto body = [&]() -> task<> {
        for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
            CAPTURE(method);
            auto got = co_await session.request(method, httpbin().plain("/anything/a%20b"))
                           .param("q", "x & y")
                           .header("X-Own", "value")
                           .body("some text");
            const json heard = co_await got.json();
            CHECK(heard.at("method") == method);
            CHECK(heard.at("args").at("q") == "x & y");
            CHECK(heard.at("headers").at("X-Own") == "value");
            CHECK(heard.at("data") == "some text");
        }
        const json value = json::parse("{\"a\": [1, 2, 3]}");
        auto posted = co_await session.post(httpbin().plain("/post")).json(value);
        const json heard = co_await posted.json();
        CHECK(heard.at("json").at("a").size() == 3);
        auto allowed = co_await session.options(httpbin().plain("/get"));
        CHECK(allowed.headers().get("Allow").value_or("").find("GET") != std::string_view::npos);
        auto head = co_await session.head(httpbin().plain("/get"));
        CHECK(head.status() == 200);
    };
    run(body);
}

TEST_CASE("httpbin: redirects, relative and absolute, by every status") {
    client_session session(httpbin().options());
    const auto body = [&]() -> task<> {
        for (const char* kind : {"/redirect/5", "/relative-redirect/5", "/absolute-redirect/5"}) {
            CAPTURE(kind);
            auto got = co_await session.get(httpbin().plain(kind));
            CHECK(got.status() == 200);
            CHECK(got.history().size() == 5);
            CHECK(got.url().path() == "/get");
        }
        bool refused = false;
        try {
            (void)co_await session.get(httpbin().plain("/redirect/11"));
        } catch (const too_many_redirects&) {
            refused = true;
        }
        CHECK(refused);
        for (const char* status : {"301", "302", "303", "307", "308"}) {
            CAPTURE(status);
            auto got = co_await session.post(httpbin().plain("/redirect-to"))
                           .param("url", "/anything")
                           .param("status_code", status)
                           .body("data");
            const json heard = co_await got.json();
            const bool keeps = status[2] > '3';
            CHECK(heard.at("method") == (keeps ? "POST" : "GET"));
            CHECK(heard.at("data") == (keeps ? "data" : ""));
        }
    };
    run(body);
}

TEST_CASE("httpbin: cookies are set at a redirect, sent back, and deleted") {
    client_session session(httpbin().options());
    const auto body = [&]() -> task<> {
        json heard = co_await fetch_json(session, httpbin().plain("/cookies/set?one=1&two=2"));
        CHECK(heard.at("cookies").size() == 2);
        CHECK(heard.at("cookies").at("one") == "1");
        heard = co_await fetch_json(session, httpbin().plain("/cookies/delete?one"));
        CHECK(heard.at("cookies").size() == 1);
        CHECK(session.cookies().size() == 1);
    };
    run(body);
}

TEST_CASE("httpbin: codings are undone") {
    client_session session(httpbin().options());
    const auto body = [&]() -> task<> {
        for (const char* coding : {"gzip", "deflate", "brotli"}) {
#if !SKEIN_HAVE_BROTLI
            if (coding == std::string_view("brotli")) continue;
#endif
            CAPTURE(coding);
            auto got = co_await session.get(httpbin().plain('/' + std::string(coding)));
            CHECK(got.headers().contains("Content-Encoding"));
            const json heard = co_await got.json();
            CHECK(heard.at("headers").at("Accept-Encoding").is_string());
        }
    };
    run(body);
}

TEST_CASE("httpbin: bodies without a length, line by line, in ranges, and slow ones") {
    client_session session(httpbin().options());
    const auto body = [&]() -> task<> {
        const std::string lines = co_await fetch(session, httpbin().plain("/stream/50"));
        CHECK(std::count(lines.begin(), lines.end(), '\n') == 50);
        auto sized = co_await session.get(httpbin().plain("/bytes/100000?seed=7"));
        auto chunked = co_await session.get(httpbin().plain("/stream-bytes/100000?seed=7&chunk_size=777"));
        const std::string first = co_await sized.text();
        const bool same = first == co_await chunked.text();
        CHECK(first.size() == 100'000);
        CHECK(same);
        auto part = co_await session.get(httpbin().plain("/range/1000")).header("Range", "bytes=26-51");
        CHECK(part.status() == 206);
        CHECK(co_await part.text() == "abcdefghijklmnopqrstuvwxyz");
        auto drip = co_await session.get(httpbin().plain("/drip?duration=0.3&numbytes=10&delay=0.1"));
        CHECK(co_await drip.text() == "**********");
        auto tagged = co_await session.get(httpbin().plain("/etag/abc")).header("If-None-Match", "\"abc\"");
        CHECK(tagged.status() == 304);
    };
    run(body);
}

TEST_CASE("httpbin: every status is a response, and a delay is waited for or cut off") {
    client_session session(httpbin().options());
    const auto body = [&]() -> task<> {
        for (const int status : {200, 204, 400, 401, 403, 404, 405, 418, 429, 500, 502, 503, 504}) {
            CAPTURE(status);
            auto got = co_await session.get(httpbin().plain("/status/" + std::to_string(status)));
            CHECK(got.status() == status);
            (void)co_await got.text();
        }
        auto late = co_await session.get(httpbin().plain("/delay/0.2"));
        CHECK(late.status() == 200);
        bool cut_off = false;
        try {
            (void)co_await session.get(httpbin().plain("/delay/2")).timeout(100ms);
        } catch (const timeout_error&) {
            cut_off = true;
        }
        CHECK(cut_off);
        const json after = co_await fetch_json(session, httpbin().plain("/get"));
        CHECK(after.at("url").is_string());
    };
    run(body);
}

TEST_CASE("httpbin: basic, bearer and digest authentication") {
    client_session session(httpbin().options());
    const auto body = [&]() -> task<> {
        const std::string url = httpbin().plain("/basic-auth/user/pass");
        auto refused = co_await session.get(url);
        CHECK(refused.status() == 401);
        (void)co_await refused.text();
        auto let_in = co_await session.get(url).basic_auth("user", "pass");
        const json who = co_await let_in.json();
        CHECK(who.at("user") == "user");
        auto bearer = co_await session.get(httpbin().plain("/bearer")).bearer("token");
        const json token = co_await bearer.json();
        CHECK(token.at("token") == "token");
        auto challenged = co_await session.get(httpbin().plain("/digest-auth/auth/user/pass"));
        CHECK(challenged.status() == 401);
        CHECK(challenged.headers().get("WWW-Authenticate").value_or("").starts_with("Digest "));
        (void)co_await challenged.text();
        for (const char* how : {"auth/user/pass/MD5", "auth/user/pass/SHA-256", "auth-int/user/pass"}) {
            const std::string there = httpbin().plain("/digest-auth/" + std::string(how));
            auto known = co_await session.get(there).digest_auth("user", "pass");
            CHECK_MESSAGE(known.status() == 200, how);
            const json said = co_await known.json();
            CHECK(said.at("authenticated") == true);
        }
    };
    run(body);
}

TEST_CASE("httpbin: 200 requests share 10 connections, and a limit of idleness harms none") {
    auto options = httpbin().options();
    options.connector.limit = 10;
    client_session session(options);
    const auto body = [&]() -> task<> {
        std::vector<task<json>> all;
        for (int i = 0; i < 200; ++i)
            all.push_back(fetch_json(session, httpbin().plain("/anything?n=" + std::to_string(i))));
        const auto heard = co_await gather(std::move(all));
        for (std::size_t i = 0; i < heard.size(); ++i)
            CHECK(heard[i].at("args").at("n") == std::to_string(i));
        CHECK(session.stats().open <= 10);
        while (session.stats().open != 0) co_await sleep(10ms);  // gunicorn closes them after a second
        const json again = co_await fetch_json(session, httpbin().plain("/anything?n=1"));
        CHECK(again.at("args").at("n") == "1");
    };
    run(body);
}
