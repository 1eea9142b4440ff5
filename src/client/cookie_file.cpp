// Owns the system calls by which jars are read and written. What is in them, it does not know.
#include "client/part_file.hpp"

#include <skein/cookie_file.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

namespace skein {

namespace {

constexpr std::size_t max_file_bytes = std::size_t{64} * 1024 * 1024;

[[noreturn]] void fail(const char* what, const std::filesystem::path& file, int error) {
    throw std::system_error(error, std::generic_category(), std::string(what) + " " + file.string());
}

class descriptor {
public:
    explicit descriptor(int fd) noexcept : fd_(fd) {}
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    ~descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    int get() const noexcept { return fd_; }

private:
    const int fd_;
};

std::string read_all(const std::filesystem::path& file) {
    // Not to wait for the other end of a pipe, which is refused below.
    const descriptor in(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    struct stat found {};
    if (in.get() < 0 || ::fstat(in.get(), &found) != 0) fail("cannot read", file, errno);
    if (!S_ISREG(found.st_mode)) fail("cannot read", file, S_ISDIR(found.st_mode) ? EISDIR : EINVAL);
    std::string text;
    std::array<char, 16384> piece;
    for (;;) {
        const ssize_t count = ::read(in.get(), piece.data(), piece.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail("cannot read", file, errno);
        if (count == 0) return text;
        text.append(piece.data(), static_cast<std::size_t>(count));
        if (text.size() > max_file_bytes) fail("cannot read", file, EFBIG);
    }
}

}  // namespace

cookie_load_result load_cookies(cookie_jar& into, const std::filesystem::path& file) {
    return into.add_text(read_all(file));
}

void save_cookies(const cookie_jar& jar, const std::filesystem::path& file, cookie_format format,
                  bool session_cookies) {
    const std::string text = jar.to_text(format, session_cookies);
    client::part_file_options how;
    how.overwrite = how.replace_leftover = how.is_private = true;
    client::part_file out(file, how);
    out.open();
    out.write(as_bytes(text));
    out.commit();
}

}  // namespace skein
