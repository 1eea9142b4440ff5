// Jars in files: who may read them, and what is left when something goes wrong.
#include "scratch_folder.hpp"

#include <skein/cookie_file.hpp>

#include <doctest/doctest.h>

#include <sys/resource.h>
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

using namespace skein;
namespace fs = std::filesystem;
using skein::test::scratch_folder;
using skein::test::text_of;
using skein::test::write_text;

namespace {

cookie_jar some_jar() {
    cookie_jar jar;
    jar.set(url("https://a.test/"), "a", "1");
    jar.set(url("http://b.test/"), "b", "2");
    return jar;
}

bool is_link(const fs::path& file) {
    return fs::is_symlink(fs::symlink_status(file));
}

}  // namespace

TEST_CASE("a jar comes back from its file, in either format") {
    const scratch_folder folder;
    const auto jar = some_jar();
    for (const auto format : {cookie_format::json, cookie_format::netscape}) {
        save_cookies(jar, folder / "jar", format);
        cookie_jar again;
        const auto result = load_cookies(again, folder / "jar");
        CHECK(result.loaded == 2);
        CHECK(result.faults.empty());
        CHECK(again.to_text(cookie_format::json) == jar.to_text(cookie_format::json));
    }
    save_cookies(jar, folder / "jar", cookie_format::json, false);
    cookie_jar none;
    CHECK(load_cookies(none, folder / "jar").loaded == 0);
    CHECK(folder.files() == 1);
}

TEST_CASE("its owner alone can read it, whatever was there before") {
    const scratch_folder folder;
    write_text(folder / "jar", "");
    fs::permissions(folder / "jar", fs::perms::all);
    write_text(folder / "jar.part", "left over");
    fs::permissions(folder / "jar.part", fs::perms::all);
    const auto before = ::umask(0);
    save_cookies(some_jar(), folder / "jar");
    ::umask(before);
    struct stat found {};
    REQUIRE(::stat((folder / "jar").c_str(), &found) == 0);
    CHECK((found.st_mode & 07777) == 0600);
    CHECK(folder.files() == 1);
}

TEST_CASE("nothing is written through a symbolic link") {
    const scratch_folder folder;
    write_text(folder / "precious", "as it was");
    fs::create_symlink(folder / "precious", folder / "jar");
    fs::create_symlink(folder / "precious", folder / "jar.part");
    save_cookies(some_jar(), folder / "jar");
    CHECK(text_of(folder / "precious") == "as it was");
    CHECK_FALSE(is_link(folder / "jar"));
    cookie_jar again;
    CHECK(load_cookies(again, folder / "jar").loaded == 2);
}

TEST_CASE("if it cannot be written whole, the old file stays and no part of the new one") {
    const scratch_folder folder;
    save_cookies(cookie_jar(), folder / "jar");
    cookie_jar large = some_jar();
    for (int i = 0; i < 40; ++i)
        large.set(url("http://a.test/"), "n" + std::to_string(i), std::string(4000, 'x'));
    rlimit old{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &old) == 0);
    const rlimit tight{4096, old.rlim_max};
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
    std::error_code failed;
    try {
        save_cookies(large, folder / "jar");
    } catch (const std::system_error& e) {
        failed = e.code();
    }
    ::setrlimit(RLIMIT_FSIZE, &old);
    std::signal(SIGXFSZ, handler);
    CHECK(failed == std::errc::file_too_large);
    CHECK(text_of(folder / "jar") == cookie_jar().to_text(cookie_format::json));
    CHECK(folder.files() == 1);
}

TEST_CASE("what cannot be read is said by name") {
    const scratch_folder folder;
    cookie_jar jar;
    const auto refused = [&](const fs::path& file, std::errc why) {
        try {
            load_cookies(jar, file);
            return false;
        } catch (const std::system_error& e) {
            return e.code() == why && std::string(e.what()).find(file.string()) != std::string::npos;
        }
    };
    CHECK(refused(folder / "missing", std::errc::no_such_file_or_directory));
    CHECK(refused(folder / ".", std::errc::is_a_directory));
    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
    CHECK(refused(folder / "pipe", std::errc::invalid_argument));
    fs::create_directory(folder / "taken");
    CHECK_THROWS_AS(save_cookies(jar, folder / "taken"), std::system_error);
    CHECK_THROWS_AS(save_cookies(jar, folder / "missing/jar"), std::system_error);
    CHECK(folder.files() == 2);
}

TEST_CASE("a broken file gives what is sound in it") {
    const scratch_folder folder;
    write_text(folder / "jar", "broken\na.test\tFALSE\t/\tFALSE\t0\ta\t1\n");
    cookie_jar jar;
    const auto result = load_cookies(jar, folder / "jar");
    CHECK(result.loaded == 1);
    REQUIRE(result.faults.size() == 1);
    CHECK(result.faults[0].number == 1);
}
