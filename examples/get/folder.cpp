// Owns the looks at what is in the way, for an answer in good words before anything is fetched. What counts
// is that client_response::save_to() replaces nothing that it may not.
#include "folder.hpp"

#include "failure.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace get {

folder::folder(std::string path) : path_(std::move(path)) {
    std::error_code failed;
    std::filesystem::create_directories(path_, failed);
    if (!std::filesystem::is_directory(path_)) {
        const auto why = failed ? failed : std::make_error_code(std::errc::not_a_directory);
        throw file_error("cannot open the folder " + path_ + ": " + why.message());
    }
    if (::faccessat(AT_FDCWD, path_.c_str(), W_OK | X_OK, AT_EACCESS) != 0)
        throw file_error("cannot write to the folder " + path_ + ": " +
                         std::generic_category().message(errno));
}

std::string folder::path_of(std::string_view name) const {
    if (path_ == ".") return std::string(name);
    std::string path = path_;
    if (path.back() != '/') path += '/';
    return path.append(name);
}

target::target(folder& in, std::string_view name, bool force) : folder_(in), name_(in.names().claim(name)) {
    try {
        check(force);
    } catch (...) {
        folder_.names().release(name_);
        throw;
    }
}

target::~target() {
    if (!kept_) folder_.names().release(name_);
}

void target::check(bool force) const {
    namespace fs = std::filesystem;
    std::error_code failed;  // then save_to() fails, too, and says why
    const auto found = fs::symlink_status(path(), failed);
    // Links are replaced, not what they lead to. Devices, pipes and folders are never.
    if (fs::exists(found) && !fs::is_regular_file(found) && !fs::is_symlink(found))
        throw file_error(path() + " exists, and is no file that could be replaced");
    if (fs::exists(found) && !force) throw file_error(path() + " exists; --force replaces it");
    const std::string part = folder_.path_of(name_.part);
    if (!force && fs::exists(fs::symlink_status(part, failed)))
        throw file_error(part +
                         " is in the way: another download's, or of one that was killed; remove it, or use "
                         "--force");
}

}  // namespace get
