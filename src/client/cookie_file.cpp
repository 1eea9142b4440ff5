// Owns the system calls by which jars are written. What is in them, it does not know.
#include <skein/cookie_file.hpp>

#include "client/read_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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

/// FILE.part, until it is renamed.
class part {
public:
    explicit part(const std::filesystem::path& file)
        : file_(file), path_(file.string() + ".part"), fd_(open()) {}
    ~part() {
        if (!renamed_ && is_ours()) ::unlink(path_.c_str());
    }
    part(const part&) = delete;
    part& operator=(const part&) = delete;

    void write(std::string_view text) const {
        while (!text.empty()) {
            const ssize_t count = ::write(fd_.get(), text.data(), text.size());
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) fail("cannot write", path_, errno);
            text.remove_prefix(static_cast<std::size_t>(count));
        }
    }
    void commit() {
        if (::fsync(fd_.get()) != 0) fail("cannot write", path_, errno);
        if (!is_ours()) fail("somebody replaced", path_, EBUSY);
        if (::rename(path_.c_str(), file_.c_str()) != 0) fail("cannot write", file_, errno);
        renamed_ = true;
        sync_folder();
    }

private:
    int open() const {
        constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
        int fd = ::open(path_.c_str(), flags, 0600);
        if (fd < 0 && errno == EEXIST && ::unlink(path_.c_str()) == 0)
            fd = ::open(path_.c_str(), flags, 0600);
        if (fd < 0) fail("cannot write", path_, errno);
        return fd;
    }
    // Another writer may have taken ours for a leftover.
    bool is_ours() const noexcept {
        struct stat mine {};
        struct stat there {};
        return ::fstat(fd_.get(), &mine) == 0 && ::lstat(path_.c_str(), &there) == 0 &&
               mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
    }
    void sync_folder() const {
        const auto folder = file_.has_parent_path() ? file_.parent_path() : std::filesystem::path(".");
        const descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        // A folder that may be written to but not read, or that cannot be synced: the file is there all the
        // same.
        if (fd.get() >= 0) (void)::fsync(fd.get());
    }

    const std::filesystem::path& file_;
    const std::string path_;
    const descriptor fd_;
    bool renamed_ = false;
};

}  // namespace

cookie_load_result load_cookies(cookie_jar& into, const std::filesystem::path& file) {
    return into.add_text(client::read_file(file, max_file_bytes).text);
}

void save_cookies(const cookie_jar& jar, const std::filesystem::path& file, cookie_format format,
                  bool session_cookies) {
    const std::string text = jar.to_text(format, session_cookies);
    part out(file);
    out.write(text);
    out.commit();
}

}  // namespace skein
