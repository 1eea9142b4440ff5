// Owns the system calls that make files.
#include "client/response/part_file.hpp"

#include "http/utf8.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace skein::client {

namespace {

constexpr std::size_t max_name_bytes = 255;
constexpr std::string_view suffix = ".part";

// Not glibc's: older ones have none.
int rename_no_replace(int fd, const char* from, const char* to) noexcept {
    return static_cast<int>(::syscall(SYS_renameat2, fd, from, fd, to, RENAME_NOREPLACE));
}

}  // namespace

part_file::part_file(std::filesystem::path path, const part_file_options& options)
    : path_(std::move(path)),
      options_(options),
      name_(path_.filename().string()),
      // An over-long name is cut, as the part must have one, too.
      part_(std::string(http::cut_utf8(name_, max_name_bytes - suffix.size())).append(suffix)),
      part_path_(path_.parent_path() / part_) {}

part_file::~part_file() {
    discard();
}

void part_file::open() {
    if (name_.empty() || name_ == "." || name_ == "..") fail("cannot make", path_, EISDIR);
    const auto folder = path_.has_parent_path() ? path_.parent_path() : std::filesystem::path(".");
    folder_ = detail::descriptor(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (folder_.get() < 0) fail("cannot make", path_, errno);
    check_target();
    constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    const mode_t mode = options_.is_private ? 0600 : 0666;
    int fd = ::openat(folder_.get(), part_.c_str(), flags, mode);
    if (fd < 0 && errno == EEXIST && options_.replace_leftover &&
        ::unlinkat(folder_.get(), part_.c_str(), 0) == 0)
        fd = ::openat(folder_.get(), part_.c_str(), flags, mode);
    if (fd < 0 && errno == EEXIST)
        fail("another download, or one that was broken off, is in the way", part_path_, EEXIST);
    if (fd < 0) fail("cannot make", part_path_, errno);
    fd_ = detail::descriptor(fd);
}

// For an answer before anything is fetched; what counts is that rename() does not replace.
void part_file::check_target() const {
    struct stat found {};
    if (::fstatat(folder_.get(), name_.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno != ENOENT) fail("cannot make", path_, errno);
        return;
    }
    // Links are replaced, not what they lead to. Devices, pipes and folders never are.
    if (S_ISDIR(found.st_mode)) fail("cannot replace", path_, EISDIR);
    if (!S_ISREG(found.st_mode) && !S_ISLNK(found.st_mode)) fail("cannot replace", path_, EEXIST);
    if (!options_.overwrite) fail("will not replace", path_, EEXIST);
}

void part_file::write(byte_view bytes) {
    while (!bytes.empty()) {
        const ssize_t done = ::write(fd_.get(), bytes.data(), bytes.size());
        if (done >= 0)
            bytes = bytes.subspan(static_cast<std::size_t>(done));
        else if (errno != EINTR)
            fail("cannot write", part_path_, errno);
    }
}

void part_file::commit() {
    if (::fsync(fd_.get()) != 0) fail("cannot write", part_path_, errno);
    if (!part_is_ours()) fail("somebody replaced", part_path_, EBUSY);
    if (options_.overwrite) check_target();
    rename();
    fd_ = detail::descriptor();
    // A folder that may be written to but not read, or that cannot be synced: the file is there all the same.
    const detail::descriptor folder(::openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.get() >= 0) (void)::fsync(folder.get());
}

void part_file::rename() const {
    const int in = folder_.get();
    if (options_.overwrite) {
        if (::renameat(in, part_.c_str(), in, name_.c_str()) != 0) fail("cannot make", path_, errno);
        return;
    }
    if (rename_no_replace(in, part_.c_str(), name_.c_str()) == 0) return;
    if (errno == EINVAL || errno == ENOSYS) {  // the file system or the kernel cannot: a link cannot replace
        if (::linkat(in, part_.c_str(), in, name_.c_str(), 0) == 0) {
            ::unlinkat(in, part_.c_str(), 0);
            return;
        }
    }
    fail(errno == EEXIST ? "will not replace what has appeared meanwhile," : "cannot make", path_, errno);
}

void part_file::discard() noexcept {
    if (fd_.get() < 0) return;
    if (!options_.keep_part && part_is_ours()) ::unlinkat(folder_.get(), part_.c_str(), 0);
    fd_ = detail::descriptor();
}

// Another writer may have taken ours for a leftover.
bool part_file::part_is_ours() const noexcept {
    struct stat mine {};
    struct stat there {};
    return ::fstat(fd_.get(), &mine) == 0 &&
           ::fstatat(folder_.get(), part_.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 &&
           mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
}

void part_file::fail(const char* what, const std::filesystem::path& which, int error) const {
    throw std::filesystem::filesystem_error(what, which, std::error_code(error, std::generic_category()));
}

}  // namespace skein::client
