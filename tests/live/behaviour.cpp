// The bodies of the tests that all servers share.
#include "behaviour.hpp"

#include "sha256.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

namespace live {

using namespace skein;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t large = 10 * 1024 * 1024;

std::string echo_of(std::string_view method, const std::string& body) {
    return std::string(method) + ' ' + std::to_string(body.size()) + ' ' + corpus::sha256(body);
}

// doctest would print the whole of large texts.
bool same(const std::string& a, const std::string& b) {
    return a == b;
}

task<std::string> post(client_session& session, std::string url, std::string body) {
    auto got = co_await session.post(url).body(body);
    co_return co_await got.text();
}

template <class Fn>
void run_with(const session_options& options, Fn body) {
    client_session session(options);
    run(body(session));
}

}  // namespace

task<std::string> fetch(client_session& session, std::string url) {
    auto got = co_await session.get(url);
    co_return co_await got.text();
}

void methods_and_bodies_go_up(const site& at, const std::string& base) {
    run_with(at.options(), [&](client_session& session) -> task<> {
        for (const char* method : {"GET", "DELETE", "OPTIONS", "POST", "PUT", "PATCH"}) {
            CAPTURE(method);
            auto got = co_await session.request(method, base + "/echo");
            CHECK(got.status() == 200);
            CHECK(co_await got.text() == echo_of(method, ""));
        }
        auto head = co_await session.head(base + "/echo");
        CHECK(head.headers().get("X-Echo") == echo_of("HEAD", ""));
        CHECK(co_await head.text() == "");
        for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
            for (const std::size_t size : sizes) {
                if (size == large && method != std::string_view("PUT")) continue;
                CAPTURE(method);
                CAPTURE(size);
                const std::string body = content(size);
                auto got = co_await session.request(method, base + "/echo").body(body);
                CHECK(got.status() == 200);
                CHECK(co_await got.text() == echo_of(method, body));
            }
        }
    });
}

void bodies_come_down(const site& at, const std::string& base) {
    run_with(at.options(), [&](client_session& session) -> task<> {
        for (const std::size_t size : sizes) {
            CAPTURE(size);
            const std::string name = std::to_string(size);
            const std::string expected = content(size);
            CHECK(same(co_await fetch(session, base + "/bytes/" + name), expected));
            CHECK(same(co_await fetch(session, base + "/chunked/" + name), expected));
            auto head = co_await session.head(base + "/bytes/" + name);
            if (size != 0) CHECK(head.content_length() == size);  // Apache does not say 0 then
            CHECK(co_await head.text() == "");
        }
    });
}

void files_arrive(const site& at, const std::string& base) {
    run_with(at.options(), [&](client_session& session) -> task<> {
        for (const std::size_t size : sizes) {
            CAPTURE(size);
            const std::string url = base + "/files/" + std::to_string(size);
            auto got = co_await session.get(url);
            CHECK(got.content_length() == size);
            CHECK(same(co_await got.text(), content(size)));
            auto head = co_await session.head(url);
            if (size != 0) CHECK(head.content_length() == size);  // Apache does not say 0 then
            CHECK(co_await head.text() == "");
        }
        const std::string url = base + "/files/65536";
        const std::string whole = content(65536);
        auto part = co_await session.get(url).header("Range", "bytes=1000-2999");
        CHECK(part.status() == 206);
        CHECK(part.headers().get("Content-Range") == "bytes 1000-2999/65536");
        CHECK(same(co_await part.text(), whole.substr(1000, 2000)));
        auto end = co_await session.get(url).header("Range", "bytes=-100");
        CHECK(end.status() == 206);
        CHECK(same(co_await end.text(), whole.substr(65436)));
        auto beyond = co_await session.get(url).header("Range", "bytes=70000-");
        CHECK(beyond.status() == 416);
        (void)co_await beyond.text();
        auto several = co_await session.get(url).header("Range", "bytes=0-9,30000-30009");
        CHECK(several.status() == 206);
        CHECK(several.headers().get("Content-Type").value_or("").starts_with("multipart/byteranges"));
        (void)co_await several.text();

        auto first = co_await session.head(url);
        auto unchanged =
            co_await session.get(url).header("If-None-Match", first.headers().get("ETag").value_or("none"));
        CHECK(unchanged.status() == 304);
        CHECK(co_await unchanged.text() == "");
        auto resumed = co_await session.get(url)
                           .header("Range", "bytes=65000-")
                           .header("If-Range", first.headers().get("Last-Modified").value_or("none"));
        CHECK(resumed.status() == 206);
        CHECK(same(co_await resumed.text(), whole.substr(65000)));
        auto missing = co_await session.get(base + "/files/missing");
        CHECK(missing.status() == 404);
        (void)co_await missing.text();
        CHECK(session.stats().connections == 1);
    });
}

void redirects_are_followed(const site& at, const std::string& base) {
    run_with(at.options(), [&](client_session& session) -> task<> {
        const std::string body = content(4096);
        for (const int status : {301, 302, 303, 307, 308}) {
            CAPTURE(status);
            const std::string url = base + "/redirect/" + std::to_string(status) + "/echo";
            auto got = co_await session.get(url);
            CHECK(co_await got.text() == echo_of("GET", ""));
            CHECK(got.url().str() == base + "/echo");
            REQUIRE(got.history().size() == 1);
            CHECK(got.history()[0].status == status);
            CHECK(got.history()[0].url.str() == url);

            auto posted = co_await session.post(url).body(body);
            const std::string after_post = status < 307 ? echo_of("GET", "") : echo_of("POST", body);
            CHECK(co_await posted.text() == after_post);
            auto put = co_await session.put(url).body(body);
            const std::string after_put = status == 303 ? echo_of("GET", "") : echo_of("PUT", body);
            CHECK(co_await put.text() == after_put);
            auto seen = co_await session.get(url).follow_redirects(false);
            CHECK(seen.status() == status);
            CHECK(co_await seen.text() == "elsewhere");
        }
        auto chain = co_await session.get(base + "/redirect/302/redirect/307/redirect/301/echo");
        CHECK(co_await chain.text() == echo_of("GET", ""));
        CHECK(chain.history().size() == 3);
        bool refused = false;
        try {
            (void)co_await session.get(base + "/redirect/302/redirect/302/echo").max_redirects(1);
        } catch (const too_many_redirects&) {
            refused = true;
        }
        CHECK(refused);
    });
}

void cookies_are_kept(const site& at, const std::string& base) {
    run_with(at.options(), [&](client_session& session) -> task<> {
        CHECK(co_await fetch(session, base + "/cookies") == "");
        (void)co_await fetch(session,
                             base +
                                 "/cookies/set?a=1;%20Path=/&b=two%3D2;%20Path=/cookies;%20HttpOnly"
                                 "&c=3;%20Max-Age=1000&d=4;%20Path=/;%20Max-Age=0"
                                 "&e=5;%20Path=/;%20Domain=example.com"
                                 "&f=6;%20Path=/;%20Expires=Thu,%2001%20Jan%201970%2000:00:00%20GMT");
        CHECK(co_await fetch(session, base + "/cookies") == "b=two=2; c=3; a=1");
        CHECK(session.cookies().size() == 3);
        (void)co_await fetch(session, base + "/cookies/set?a=;%20Path=/;%20Max-Age=0");
        CHECK(co_await fetch(session, base + "/cookies/") == "b=two=2; c=3");
        auto heard = co_await session.get(base + "/heard");
        const auto fields = co_await heard.json();
        for (const auto& field : fields) CHECK(field != "Cookie");
    });
}

void failures_are_told(const site& at, const std::string& base) {
    run_with(at.options(), [&](client_session& session) -> task<> {
        for (const int status : {400, 404, 500, 503}) {
            CAPTURE(status);
            const std::string url = base + "/status/" + std::to_string(status);
            auto got = co_await session.get(url);
            CHECK(got.status() == status);
            CHECK_FALSE(got.ok());
            CHECK(co_await got.text() == "status " + std::to_string(status));
            int raised = 0;
            try {
                (void)co_await session.get(url).raise_for_status();
            } catch (const response_error& e) {
                raised = e.status();
            }
            CHECK(raised == status);
        }
        auto none = co_await session.get(base + "/status/204");
        CHECK(none.status() == 204);
        CHECK(co_await none.text() == "");
        auto closing = co_await session.get(base + "/close");
        CHECK(co_await closing.text() == "closing");
        CHECK(co_await fetch(session, base + "/echo") == echo_of("GET", ""));
    });
}

void cut_bodies_are_told(const site& at, const std::string& base, std::vector<const char*> ways) {
    run_with(at.options(), [&](client_session& session) -> task<> {
        for (const char* how : ways) {
            CAPTURE(how);
            auto cut = co_await session.get(base + "/cut/" + how);
            CHECK(cut.status() == 200);
            bool told = false;
            try {
                (void)co_await cut.text();
            } catch (const payload_error&) {
                told = true;
            }
            CHECK(told);
            CHECK(co_await fetch(session, base + "/echo") == echo_of("GET", ""));
        }
    });
}

void many_share_few_connections(const site& at, const std::string& base) {
    auto options = at.options();
    options.connector.limit = 10;
    run_with(options, [&](client_session& session) -> task<> {
        constexpr std::size_t count = 200;
        std::vector<task<std::string>> all;
        for (std::size_t i = 0; i < count; ++i) {
            const char* how = i % 2 == 0 ? "/bytes/" : "/chunked/";
            all.push_back(fetch(session, base + how + std::to_string(i * 100)));
        }
        const auto texts = co_await gather(std::move(all));
        for (std::size_t i = 0; i < count; ++i) {
            CAPTURE(i);
            CHECK(same(texts[i], content(i * 100)));
        }
        CHECK(session.stats().requests == count);
        CHECK(session.stats().connections == 10);
        CHECK(session.stats().open <= 10);
    });
}

void slow_bodies_arrive(const site& at, const std::string& base) {
    run_with(at.options(), [&](client_session& session) -> task<> {
        auto got = co_await session.get(base + "/drip/40");
        std::string body;
        while (const auto piece = co_await got.chunk()) body += as_text(*piece);
        CHECK(same(body, content(40)));
        CHECK(co_await fetch(session, base + "/echo") == echo_of("GET", ""));
        CHECK(session.stats().connections == 1);
    });
}

void refused_upload_is_a_response(const site& at, std::string_view method, const std::string& url,
                                  int or_status) {
    run_with(at.options(), [&](client_session& session) -> task<> {
        const std::string body = content(large);
        for (int i = 0; i < 5; ++i) {
            auto got = co_await session.request(method, url).body(body);
            const bool refused = got.status() == 413 || got.status() == or_status;
            CHECK(refused);
            (void)co_await got.text();
        }
    });
}

void limits_of_requests_are_kept(const site& at, const std::string& base, unsigned most) {
    run_with(at.options(), [&](client_session& session) -> task<> {
        constexpr unsigned count = 60;
        for (unsigned i = 0; i < count; ++i) {
            const std::string body = content(i);
            CHECK(co_await post(session, base + "/echo", body) == echo_of("POST", body));
        }
        CHECK(session.stats().connections >= count / (most + 1));
        CHECK(session.stats().connections <= count / most + 1);
        CHECK(session.stats().retried == 0);
    });
    auto options = at.options();
    options.connector.limit = 4;
    run_with(options, [&](client_session& session) -> task<> {
        std::vector<task<std::string>> all;
        for (std::size_t i = 0; i < 100; ++i)
            all.push_back(fetch(session, base + "/bytes/" + std::to_string(i)));
        const auto texts = co_await gather(std::move(all));
        for (std::size_t i = 0; i < texts.size(); ++i) CHECK(texts[i] == content(i));
    });
}

void idle_limits_are_kept(const site& at, const std::string& base) {
    run_with(at.options(), [&](client_session& session) -> task<> {
        CHECK(co_await fetch(session, base + "/echo") == echo_of("GET", ""));
        while (session.stats().open != 0) co_await sleep(10ms);  // the test's own limit is the program's
        CHECK(co_await fetch(session, base + "/echo") == echo_of("GET", ""));
        CHECK(session.stats().connections == 2);
        // Again and again at about the moment at which it closes: a stale connection is tried again.
        for (int i = 0; i < 15; ++i) {
            co_await sleep(93ms + i * 1ms);
            CHECK(co_await fetch(session, base + "/echo") == echo_of("GET", ""));
        }
    });
}

}  // namespace live
