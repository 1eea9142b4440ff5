// A file in the making, and the folder that it is made in. Nothing appears under a file's final name before
// it is whole and on disk; symbolic links are never followed, and what is there is never written into.
#pragma once

#include "file_names.hpp"

#include <skein/bytes.hpp>

#include <sys/stat.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace get {

/// Something is wrong with a file or folder; what() says with which, and what.
class file_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A file descriptor.
class descriptor {
public:
    explicit descriptor(int fd = -1) noexcept : fd_(fd) {}
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    ~descriptor();
    int get() const noexcept { return fd_; }

private:
    const int fd_;
};

/// A folder, held open: what happens to its path later does not matter. Keeps the names that are taken in it.
class folder {
public:
    /// Makes it and those above it if they are not there. *Throws:* file_error, also if it cannot be written
    /// to.
    explicit folder(std::string path);

    int fd() const noexcept { return fd_.get(); }
    /// The path of a file in it, for people and reports.
    std::string path_of(std::string_view name) const;
    file_names& names() noexcept { return names_; }

private:
    std::string path_;
    descriptor fd_;
    file_names names_;
};

/// NAME.part, which becomes NAME by commit() or is removed. *Lifetime:* shorter than the folder's.
/// *Throws:* file_error.
class part_file {
public:
    /// Claims the name, or one like it if another file of this run has it. Refuses to if there is such a file
    /// already, unless `force` says that it may be replaced.
    part_file(folder& in, std::string_view name, bool force);
    part_file(const part_file&) = delete;
    part_file& operator=(const part_file&) = delete;
    ~part_file();

    void write(skein::byte_view bytes);
    /// To disk, and to its final name. Blocks; may be called in another thread.
    void commit();

    /// The name that it has or will have.
    const std::string& name() const noexcept { return name_.final; }
    std::string path() const { return folder_.path_of(name_.final); }

private:
    int open() const;
    void check_target() const;
    bool part_is_ours() const noexcept;
    void rename() const;
    [[noreturn]] void fail(const char* what, const std::string& name) const;
    std::string part_path() const { return folder_.path_of(name_.part); }

    folder& folder_;
    claimed_name name_;
    bool force_;
    bool committed_ = false;
    descriptor fd_;
};

}  // namespace get
