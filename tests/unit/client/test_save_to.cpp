// Bodies to files, through the client.
#include "response_fixture.hpp"
#include "scratch_folder.hpp"

#include <sys/resource.h>

#include <chrono>
#include <csignal>

using namespace skein;
using namespace skein::response_test;
using coding_test::some_text;
using skein::test::scratch_folder;
using skein::test::text_of;
using skein::test::write_text;
namespace fs = std::filesystem;

SKEIN_TEST_CASE("a body is saved decoded, and each piece is shown before it is written") {
    const scratch_folder folder;
    const std::string text = some_text(700'000);
    site server;
    server.answers["/gzip"] = coded(content_coding::gzip, text);
    server.answers["/plain"] = response("", text);
    server.answers["/empty"] = response("", "");
    client_session session;
    for (const auto* path : {"/gzip", "/plain"}) {
        std::string seen;
        const auto each = [&](byte_view piece) { seen += as_text(piece); };
        auto got = co_await session.get(at(path));
        const auto bytes = co_await got.save_to(folder / (path + 1), save_options(), each);
        CHECK(bytes == text.size());
        CHECK(seen == text);
        CHECK(text_of(folder / (path + 1)) == text);
        CHECK_THROWS_AS((void)got.save_to(folder / "again"), std::logic_error);
    }
    auto empty = co_await session.get(at("/empty"));
    const auto none = co_await empty.save_to(folder / "empty");
    CHECK(none == 0);
    CHECK(folder.files() == 3);
    CHECK(this_network().made_connections() == 1);
}

SKEIN_TEST_CASE("a file that is there stays, unless it may be replaced, and nothing is read for it") {
    const scratch_folder folder;
    write_text(folder / "a", "old");
    site server;
    server.answers["/"] = response("", "new");
    client_session session;
    auto got = co_await session.get(at("/"));
    const auto refused = co_await error_of<fs::filesystem_error>(got.save_to(folder / "a"));
    REQUIRE(refused);
    CHECK(refused->code() == std::errc::file_exists);
    CHECK(refused->path1() == folder / "a");
    CHECK(text_of(folder / "a") == "old");
    CHECK_THROWS_AS((void)got.chunk(), std::logic_error);
    const save_options overwrite = {.overwrite = true};
    auto again = co_await session.get(at("/"));
    (void)co_await again.save_to(folder / "a", overwrite);
    CHECK(text_of(folder / "a") == "new");
}

SKEIN_TEST_CASE("a check that fails comes between the last piece and the name of the file") {
    const scratch_folder folder;
    const std::string text = some_text(600'000);
    site server;
    server.answers["/"] = response("", text);
    client_session session;
    std::string seen;
    const auto each = [&](byte_view piece) { seen += as_text(piece); };
    const auto look = [&] {
        CHECK(seen == text);
        CHECK(!fs::exists(folder / "a"));
    };
    auto good = co_await session.get(at("/"));
    co_await good.save_to(folder / "a", save_options(), each, look);
    CHECK(text_of(folder / "a") == text);

    // The file that is there stays, whatever may be replaced.
    const std::function<void()> refuse = [] { throw std::domain_error("another checksum"); };
    const std::function<void(byte_view)> unseen;
    const save_options replace = {.overwrite = true};
    write_text(folder / "a", "old");
    auto bad = co_await session.get(at("/"));
    CHECK(co_await error_of<std::domain_error>(bad.save_to(folder / "a", replace, unseen, refuse)));
    CHECK(text_of(folder / "a") == "old");
    CHECK(folder.files() == 1);
}

SKEIN_TEST_CASE("of a body that breaks off nothing is left, or what came, as the options say") {
    const scratch_folder folder;
    const std::string text = some_text(600'000);
    this_network().listen("example.test", 80, [&](server_stream& client) -> task<> {
        (void)co_await client.read_until("\r\n\r\n");
        co_await client.write("HTTP/1.1 200 OK\r\nContent-Length: 600001\r\n\r\n" + text);
    });
    client_session session;
    auto lost = co_await session.get(at("/"));
    CHECK(co_await error_of<payload_error>(lost.save_to(folder / "a")));
    CHECK(folder.files() == 0);
    const save_options keep = {.keep_part = true};
    auto kept = co_await session.get(at("/"));
    CHECK(co_await error_of<payload_error>(kept.save_to(folder / "a", keep)));
    CHECK(text_of(folder / "a.part") == text);
    CHECK(folder.files() == 1);
    CHECK(session.stats().open == 0);
}

SKEIN_TEST_CASE(
    "a file system that takes no more is an error with its code, and the connection is given up") {
    const scratch_folder folder;
    site server;
    server.answers["/"] = response("", some_text(600'000));
    client_session session;
    auto got = co_await session.get(at("/"));
    rlimit old{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &old) == 0);
    const rlimit tight{100'000, old.rlim_max};
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
    const auto full = co_await error_of<fs::filesystem_error>(got.save_to(folder / "a"));
    ::setrlimit(RLIMIT_FSIZE, &old);
    std::signal(SIGXFSZ, handler);
    REQUIRE(full);
    CHECK(full->code() == std::errc::file_too_large);
    CHECK(folder.files() == 0);
    CHECK(session.stats().open == session.stats().idle);
}
