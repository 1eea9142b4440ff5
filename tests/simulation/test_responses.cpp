// Compressed bodies, lines, interim responses and files on the simulated network, with a fault at each wait.
#include "codings.hpp"
#include "scratch_folder.hpp"
#include "sweep.hpp"

#include <chrono>
#include <filesystem>

using namespace simulation;
using namespace std::chrono_literals;
using coding_test::encode;
using coding_test::some_text;
using skein::content_coding;
using skein::test::scratch_folder;
using skein::test::text_of;

namespace {

std::string coded(content_coding coding, const std::string& text) {
    const std::string body = encode(coding, text);
    return "HTTP/1.1 200 OK\r\nContent-Encoding: " + std::string(to_string(coding)) +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

skein::testing::link cut_link() {
    auto cut = slow_link();
    cut.largest_piece_bytes = 1000;
    cut.bytes_per_second = 100'000;
    return cut;
}

}  // namespace

TEST_CASE("a compressed body, and another on the same connection") {
    const std::string text = some_text(20'000);
    const std::string answer = coded(content_coding::gzip, text);
    sweep("gzip GET", [&]() -> task<> {
        this_network().set_link(cut_link());
        this_network().listen("example.test", 80, skein::testing::always_answer(answer));
        client_session session;
        const pool_check check(session);
        for (int i = 0; i < 2; ++i) {
            auto got = co_await session.get("http://example.test/");
            const bool same = co_await got.text() == text;
            CHECK(same);
        }
        if (untouched) CHECK(this_network().made_connections() == 1);
    });
}

TEST_CASE("a body of much from little lets cancellation in") {
    const std::string answer = coded(content_coding::gzip, std::string(8 << 20, '\0'));
    sweep("bomb", [&]() -> task<> {
        this_network().set_link(slow_link());
        this_network().listen("example.test", 80, skein::testing::always_answer(answer));
        client_session session;
        const pool_check check(session);
        auto got = co_await session.get("http://example.test/");
        std::size_t size = 0;
        while (auto piece = co_await got.chunk()) size += piece->size();
        CHECK(size == 8 << 20);
    });
}

TEST_CASE("a damaged body takes its connection with it") {
    std::string answer = coded(content_coding::gzip, some_text(5000));
    answer.back() ^= 1;
    sweep("damaged gzip", [&]() -> task<> {
        this_network().set_link(cut_link());
        this_network().listen("example.test", 80, skein::testing::always_answer(answer));
        client_session session;
        const pool_check check(session);
        auto got = co_await session.get("http://example.test/");
        try {
            (void)co_await got.read();
            FAIL_CHECK("damage went unnoticed");
        } catch (const skein::error&) {}
        CHECK(session.stats().open == 0);
    });
}

TEST_CASE("lines of a compressed body, after an interim response") {
    std::string text;
    for (int i = 0; i < 500; ++i) text += std::to_string(i * i) + "\r\n";
    const std::string answer =
        "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" + coded(content_coding::deflate, text);
    sweep("lines", [&]() -> task<> {
        this_network().set_link(cut_link());
        this_network().listen("example.test", 80, skein::testing::always_answer(answer));
        client_session session;
        const pool_check check(session);
        int hints = 0;
        const auto count = [&](int, const skein::headers&) { ++hints; };
        auto got = co_await session.get("http://example.test/").on_interim(count);
        CHECK(hints == 1);
        int lines = 0;
        while (auto line = co_await got.read_line()) {
            CHECK(*line == std::to_string(lines * lines));
            ++lines;
        }
        CHECK(lines == 500);
    });
}

TEST_CASE("a file is there whole or not at all, and nothing else is") {
    const std::string text = some_text(600'000);
    const std::string answer = coded(content_coding::gzip, text);
    const scratch_folder folder;
    sweep("save_to", [&]() -> task<> {
        auto wide = slow_link();
        wide.window_bytes = 100'000;
        this_network().set_link(wide);
        this_network().listen("example.test", 80, skein::testing::always_answer(answer));
        std::filesystem::remove(folder / "file");
        CHECK(folder.files() == 0);  // nothing of the run before
        client_session session;
        const pool_check check(session);
        bool failed = true;
        const auto fetch = [&]() -> task<> {
            auto got = co_await session.get("http://example.test/");
            const auto size = co_await got.save_to(folder / "file");
            CHECK(size == text.size());
            failed = false;
        };
        const auto look = [&]() -> task<> {
            if (!failed) CHECK(text_of(folder / "file") == text);
            if (untouched) CHECK(!failed);
            CHECK(folder.files() <= 1);
            CHECK_FALSE(std::filesystem::exists(folder / "file.part"));
            co_return;
        };
        co_await skein::with_cleanup(fetch, look);
    });
}
