// Files in the making: what is in the way, who is in a race, what is left behind.
#include "client/response/part_file.hpp"
#include "scratch_folder.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <string>
#include <system_error>

using namespace skein;
using client::part_file;
using client::part_file_options;
using skein::test::scratch_folder;
using skein::test::text_of;
using skein::test::write_text;
namespace fs = std::filesystem;

namespace {

constexpr part_file_options overwrite = {.overwrite = true, .replace_leftover = true};

/// The code that a call fails with; none if it does not.
template <class Call>
std::error_code code_of(Call call) {
    try {
        call();
    } catch (const fs::filesystem_error& e) {
        CHECK_FALSE(e.path1().empty());
        return e.code();
    }
    return {};
}

std::error_code fault_of_saving(const fs::path& to, const part_file_options& how = {}) {
    return code_of([&] {
        part_file file(to, how);
        file.open();
        file.write(as_bytes("new"));
        file.commit();
    });
}

}  // namespace

TEST_CASE("a file appears whole, and has the mode that the umask leaves") {
    const scratch_folder folder;
    const auto before = ::umask(027);
    {
        part_file file(folder / "a", {});
        file.open();
        CHECK(fs::exists(folder / "a.part"));
        file.write(as_bytes("one "));
        file.write(as_bytes("two"));
        CHECK_FALSE(fs::exists(folder / "a"));
        file.commit();
        CHECK(text_of(folder / "a") == "one two");
    }
    part_file secret(folder / "b", {.is_private = true});
    secret.open();
    secret.commit();
    ::umask(before);
    struct stat found {};
    CHECK(::stat((folder / "a").c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0640);
    CHECK(::stat((folder / "b").c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0600);
    CHECK(folder.files() == 2);
}

TEST_CASE("what is not committed is removed, or kept if that is asked for") {
    const scratch_folder folder;
    {
        part_file file(folder / "a", {});
        file.open();
        file.write(as_bytes("half"));
    }
    CHECK(folder.files() == 0);
    {
        part_file file(folder / "a", {.keep_part = true});
        file.open();
        file.write(as_bytes("half"));
    }
    CHECK(text_of(folder / "a.part") == "half");
    { const part_file never_opened(folder / "b", {}); }
    CHECK(folder.files() == 1);
}

TEST_CASE("what is there stays, unless it may be replaced; folders, pipes and devices always do") {
    const scratch_folder folder;
    write_text(folder / "file", "old");
    write_text(folder / "other.part", "left over");
    fs::create_symlink(folder / "file", folder / "link");
    fs::create_directory(folder / "folder");
    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
    CHECK(fault_of_saving(folder / "file") == std::errc::file_exists);
    CHECK(fault_of_saving(folder / "other") == std::errc::file_exists);
    CHECK(fault_of_saving(folder / "link") == std::errc::file_exists);
    CHECK(text_of(folder / "file") == "old");
    CHECK(text_of(folder / "other.part") == "left over");

    CHECK_FALSE(fault_of_saving(folder / "link", overwrite));
    CHECK_FALSE(fs::is_symlink(folder / "link"));
    CHECK(text_of(folder / "file") == "old");
    CHECK_FALSE(fault_of_saving(folder / "file", overwrite));
    CHECK(text_of(folder / "file") == "new");
    CHECK_FALSE(fault_of_saving(folder / "other", overwrite));
    CHECK(fault_of_saving(folder / "folder", overwrite) == std::errc::is_a_directory);
    CHECK(fault_of_saving(folder / "pipe", overwrite) == std::errc::file_exists);
    CHECK(fault_of_saving(folder / "missing/file") == std::errc::no_such_file_or_directory);
    CHECK(fault_of_saving(folder / "file/file") == std::errc::not_a_directory);
    // Before anything is fetched; and what has appeared by its end counts as well.
    part_file late(folder / "file", {});
    CHECK(code_of([&] { late.open(); }) == std::errc::file_exists);
    part_file raced(folder / "fresh", overwrite);
    raced.open();
    REQUIRE(::mkfifo((folder / "fresh").c_str(), 0600) == 0);
    CHECK(code_of([&] { raced.commit(); }) == std::errc::file_exists);
    CHECK(fs::is_fifo(folder / "fresh"));
    for (const auto* none : {"", ".", ".."})
        CHECK(fault_of_saving(folder / none) == std::errc::is_a_directory);
    CHECK_FALSE(fs::exists(folder / "other.part"));
}

TEST_CASE("a link under the name of the part is not followed") {
    const scratch_folder folder;
    write_text(folder / "precious", "as it was");
    fs::create_symlink(folder / "precious", folder / "a.part");
    CHECK(fault_of_saving(folder / "a") == std::errc::file_exists);
    CHECK_FALSE(fault_of_saving(folder / "a", overwrite));
    CHECK(text_of(folder / "precious") == "as it was");
    CHECK(text_of(folder / "a") == "new");
}

TEST_CASE("a file that appears meanwhile stays, and so does a part that another put in the place of ours") {
    const scratch_folder folder;
    part_file file(folder / "a", {});
    file.open();
    write_text(folder / "a", "theirs");
    CHECK(code_of([&] { file.commit(); }) == std::errc::file_exists);
    CHECK(text_of(folder / "a") == "theirs");
    file.discard();
    CHECK(folder.files() == 1);

    part_file mine(folder / "b", {});
    mine.open();
    fs::remove(folder / "b.part");
    write_text(folder / "b.part", "theirs");
    CHECK(code_of([&] { mine.commit(); }) == std::errc::device_or_resource_busy);
    mine.discard();
    CHECK(text_of(folder / "b.part") == "theirs");
}

TEST_CASE("the folder that was opened counts, not what its path leads to later") {
    const scratch_folder folder;
    fs::create_directory(folder / "here");
    part_file file(folder / "here/a", {});
    file.open();
    fs::rename(folder / "here", folder / "there");
    fs::create_directory(folder / "here");
    file.commit();
    CHECK(fs::exists(folder / "there/a"));
    CHECK_FALSE(fs::exists(folder / "here/a"));
}

TEST_CASE("a name that leaves no room for the suffix is cut for the part") {
    const scratch_folder folder;
    const std::string name(255, 'n');
    CHECK_FALSE(fault_of_saving(folder / name));
    CHECK(text_of(folder / name) == "new");
    CHECK(fault_of_saving(folder / (name + "n")) == std::errc::filename_too_long);
    CHECK(folder.files() == 1);
}

TEST_CASE("a limit that is hit is said by its code") {
    const scratch_folder folder;
    rlimit old{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &old) == 0);
    const rlimit tight{2, old.rlim_max};
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
    const auto fault = fault_of_saving(folder / "a");
    const auto kept = fault_of_saving(folder / "b", {.keep_part = true});
    ::setrlimit(RLIMIT_FSIZE, &old);
    std::signal(SIGXFSZ, handler);
    CHECK(fault == std::errc::file_too_large);
    CHECK(kept == std::errc::file_too_large);
    CHECK(text_of(folder / "b.part") == "ne");
    CHECK(folder.files() == 1);
    part_file full("/dev/full/x", {});
    CHECK(code_of([&] { full.open(); }) == std::errc::not_a_directory);
}
