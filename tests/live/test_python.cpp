// Python's http.server, which speaks HTTP/1.0 as it is: a connection for each response.
#include "behaviour.hpp"

#include <doctest/doctest.h>

using namespace live;
using namespace skein;

namespace {

site& python() {
    static site made;
    static const bool started = [] {
        made.start({skein::test::find_program({"python3"}), "-m", "http.server", "--bind",
                    skein::test::own_address(), "--directory", (made.folder() / "www").string(),
                    std::to_string(made.plain_port())});
        return true;
    }();
    (void)started;
    return made;
}

}  // namespace

TEST_CASE("python: files of all sizes from a server of HTTP/1.0, a connection each") {
    client_session session(python().options());
    const auto body = [&]() -> task<> {
        unsigned count = 0;
        for (const std::size_t size : sizes) {
            CAPTURE(size);
            auto got = co_await session.get(python().plain("/files/" + std::to_string(size)));
            CHECK(got.version() == http_version::http_1_0);
            CHECK(got.content_length() == size);
            const bool same = co_await got.text() == content(size);
            CHECK(same);
            auto head = co_await session.head(python().plain("/files/" + std::to_string(size)));
            CHECK(head.content_length() == size);
            CHECK(co_await head.text() == "");
            count += 2;
            CHECK(session.stats().connections == count);
        }
        auto moved = co_await session.get(python().plain("/files"));
        CHECK(moved.status() == 200);
        CHECK(moved.history().size() == 1);
        CHECK((co_await moved.text()).find("65536") != std::string::npos);
        auto missing = co_await session.get(python().plain("/none"));
        CHECK(missing.status() == 404);
        auto refused = co_await session.post(python().plain("/files/1")).body("text");
        CHECK(refused.status() == 501);
    };
    run(body);
}

TEST_CASE("python: 200 requests at once, over no more than 10 connections at a time") {
    auto options = python().options();
    options.connector.limit = 10;
    client_session session(options);
    const auto body = [&]() -> task<> {
        std::vector<task<std::string>> all;
        for (int i = 0; i < 200; ++i) all.push_back(fetch(session, python().plain("/files/4096")));
        const auto texts = co_await gather(std::move(all));
        for (const auto& text : texts) {
            const bool same = text == content(4096);
            CHECK(same);
        }
        CHECK(session.stats().connections == 200);
    };
    run(body);
}
