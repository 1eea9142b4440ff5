// Owns the reading of small files. What is in them, it does not know.
#include "base/read_file.hpp"

#include "base/descriptor.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace skein::detail {

namespace {

[[noreturn]] void fail(const std::filesystem::path& file, int error) {
    throw std::system_error(error, std::generic_category(), "cannot read " + file.string());
}

}  // namespace

file_content read_file(const std::filesystem::path& file, std::size_t most_bytes, pipes wanted) {
    // Opening a pipe would wait for its other end.
    const int patience = wanted == pipes::refused ? O_NONBLOCK : 0;
    const descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | patience));
    struct stat found {};
    if (in.get() < 0 || ::fstat(in.get(), &found) != 0) fail(file, errno);
    if (S_ISDIR(found.st_mode)) fail(file, EISDIR);
    if (wanted == pipes::refused && !S_ISREG(found.st_mode)) fail(file, EINVAL);
    file_content content;
    content.is_private = found.st_uid == ::geteuid() && (found.st_mode & (S_IRWXG | S_IRWXO)) == 0;
    std::array<char, 16384> piece;
    for (;;) {
        const ssize_t count = ::read(in.get(), piece.data(), piece.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail(file, errno);
        if (count == 0) return content;
        content.text.append(piece.data(), static_cast<std::size_t>(count));
        if (content.text.size() > most_bytes) fail(file, EFBIG);
    }
}

}  // namespace skein::detail
