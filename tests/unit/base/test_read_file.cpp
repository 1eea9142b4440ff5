// Small files, read whole.
#include "base/read_file.hpp"
#include "scratch_folder.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <thread>

#include <sys/stat.h>

using skein::detail::pipes;
using skein::detail::read_file;
using skein::test::scratch_folder;
using skein::test::write_text;

namespace {

/// The number of the error that reading the file throws, 0 for none.
int refusal(const std::filesystem::path& file, pipes wanted = pipes::refused, std::size_t most_bytes = 1000) {
    try {
        (void)read_file(file, most_bytes, wanted);
        return 0;
    } catch (const std::system_error& e) {
        CHECK(std::string(e.what()).starts_with("cannot read " + file.string()));
        return e.code().value();
    }
}

}  // namespace

TEST_CASE("a file is read whole, up to the limit") {
    const scratch_folder folder;
    const std::string text = std::string(40'000, 'a') + '\0' + "\r\n";
    write_text(folder / "file", text);
    CHECK(read_file(folder / "file", text.size()).text == text);
    CHECK(refusal(folder / "file", pipes::refused, text.size() - 1) == EFBIG);
}

TEST_CASE("a file is private if nobody else may do anything with it") {
    const scratch_folder folder;
    write_text(folder / "file", "secret");
    for (const mode_t mode : {0600U, 0400U, 0640U, 0604U}) {
        REQUIRE(::chmod((folder / "file").c_str(), mode) == 0);
        CHECK(read_file(folder / "file", 1000).is_private == ((mode & 077U) == 0));
    }
}

TEST_CASE("what is no file is refused with its reason") {
    const scratch_folder folder;
    for (const auto wanted : {pipes::refused, pipes::waited_for}) {
        CHECK(refusal(folder / "missing", wanted) == ENOENT);
        CHECK(refusal(folder.path(), wanted) == EISDIR);
    }
}

TEST_CASE("a pipe is refused at once, or read to its end where that is wanted") {
    const scratch_folder folder;
    const auto pipe = folder / "pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    CHECK(refusal(pipe) == EINVAL);
    std::thread writer([&] { write_text(pipe, "through a pipe"); });
    CHECK(read_file(pipe, 1000, pipes::waited_for).text == "through a pipe");
    writer.join();
}
