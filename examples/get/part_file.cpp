// Owns the system calls that make files. What is in them, and where it comes from, it does not know.
#include "part_file.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace get {

namespace {

std::string error_text(int error) {
    return std::generic_category().message(error);
}

// Not glibc's: older ones have none.
int rename_no_replace(int fd, const char* from, const char* to) {
    return static_cast<int>(::syscall(SYS_renameat2, fd, from, fd, to, RENAME_NOREPLACE));
}

int open_folder(const std::string& path) {
    std::error_code failed;
    std::filesystem::create_directories(path, failed);  // what went wrong shows when it is opened
    const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) throw file_error("cannot open the folder " + path + ": " + error_text(errno));
    return fd;
}

// The mode that the process would have given the file; known once, before there are threads.
mode_t usual_mode() {
    static const mode_t mode = [] {
        const mode_t mask = ::umask(0);
        ::umask(mask);
        return mode_t{0666} & ~mask;
    }();
    return mode;
}

}  // namespace

// ---- descriptor, folder

descriptor::~descriptor() {
    if (fd_ >= 0) ::close(fd_);
}

folder::folder(std::string path) : path_(std::move(path)), fd_(open_folder(path_)) {
    usual_mode();
    if (::faccessat(fd_.get(), ".", W_OK | X_OK, AT_EACCESS) != 0)
        throw file_error("cannot write to the folder " + path_ + ": " + error_text(errno));
}

std::string folder::path_of(std::string_view name) const {
    if (path_ == ".") return std::string(name);
    std::string path = path_;
    if (path.back() != '/') path += '/';
    return path.append(name);
}

// ---- part_file

part_file::part_file(folder& in, std::string_view name, bool force)
    : folder_(in), name_(in.names().claim(name)), force_(force), fd_(open()) {}

part_file::~part_file() {
    if (committed_) return;
    if (part_is_ours()) ::unlinkat(folder_.fd(), name_.part.c_str(), 0);
    folder_.names().release(name_);
}

int part_file::open() const {
    const char* part = name_.part.c_str();
    constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    int fd = -1;
    try {
        check_target();
        fd = ::openat(folder_.fd(), part, flags, 0600);
        if (fd < 0 && errno == EEXIST && force_) {
            if (::unlinkat(folder_.fd(), part, 0) != 0) fail("cannot remove", name_.part);
            fd = ::openat(folder_.fd(), part, flags, 0600);
        }
        if (fd < 0 && errno == EEXIST)
            throw file_error(part_path() +
                             " is in the way: another download's, or of one that was killed; "
                             "remove it, or use --force");
        if (fd < 0) fail("cannot make", name_.part);
    } catch (...) {  // nothing was made: only the claim is to be given back
        folder_.names().release(name_);
        throw;
    }
    return fd;
}

// That there is nothing under the final name, or what may be replaced. For a clear answer before anything is
// fetched; what counts is that rename() does not replace.
void part_file::check_target() const {
    struct stat found {};
    if (::fstatat(folder_.fd(), name_.final.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno != ENOENT) fail("cannot make", name_.final);
        return;
    }
    // Links are replaced, not what they lead to. Devices, pipes and folders are never.
    const bool replaceable = S_ISREG(found.st_mode) || S_ISLNK(found.st_mode);
    if (!replaceable) throw file_error(path() + " exists, and is no file that could be replaced");
    if (!force_) throw file_error(path() + " exists; --force replaces it");
}

void part_file::write(skein::byte_view bytes) {
    while (!bytes.empty()) {
        const ssize_t done = ::write(fd_.get(), bytes.data(), bytes.size());
        if (done >= 0)
            bytes = bytes.subspan(static_cast<std::size_t>(done));
        else if (errno != EINTR)
            fail("cannot write", name_.part);
    }
}

void part_file::commit() {
    if (::fchmod(fd_.get(), usual_mode()) != 0 && errno != EPERM) fail("cannot set the mode of", name_.part);
    if (::fsync(fd_.get()) != 0) fail("cannot write", name_.part);
    if (!part_is_ours()) throw file_error(part_path() + " was replaced by someone else");
    if (force_) check_target();
    rename();
    committed_ = true;
    // Some file systems cannot sync a folder, and say EINVAL; the file is there all the same.
    if (::fsync(folder_.fd()) != 0 && errno != EINVAL) fail("cannot write the folder entry of", name_.final);
}

// Whether NAME.part is the file that was made: a --force elsewhere may have put another in its place.
bool part_file::part_is_ours() const noexcept {
    struct stat mine {};
    struct stat there {};
    return ::fstat(fd_.get(), &mine) == 0 &&
           ::fstatat(folder_.fd(), name_.part.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 &&
           mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
}

void part_file::rename() const {
    const int in = folder_.fd();
    const char* part = name_.part.c_str();
    const char* final = name_.final.c_str();
    if (force_) {
        if (::renameat(in, part, in, final) != 0) fail("cannot rename to", name_.final);
        return;
    }
    if (rename_no_replace(in, part, final) == 0) return;
    if (errno == EINVAL || errno == ENOSYS) {  // the file system or the kernel cannot: a link cannot replace
        if (::linkat(in, part, in, final, 0) == 0) {
            ::unlinkat(in, part, 0);
            return;
        }
    }
    if (errno == EEXIST) throw file_error(path() + " has appeared meanwhile; --force replaces it");
    fail("cannot rename to", name_.final);
}

void part_file::fail(const char* what, const std::string& name) const {
    const int error = errno;
    throw file_error(std::string(what) + " " + folder_.path_of(name) + ": " + error_text(error));
}

}  // namespace get
