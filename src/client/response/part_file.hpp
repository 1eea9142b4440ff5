// A file in the making, PATH.part, which becomes PATH whole or not at all. Every call blocks; what is in the
// file, and where it comes from, it does not know.
#pragma once

#include "base/descriptor.hpp"

#include <skein/bytes.hpp>

#include <filesystem>
#include <string>

namespace skein::client {

/// What becomes of files that are there already, and of the part if it is not committed.
struct part_file_options {
    bool overwrite = false;         ///< PATH may be replaced, if it is a file or a link
    bool replace_leftover = false;  ///< PATH.part, too
    bool is_private = false;        ///< for the owner's eyes only; else what the umask allows
    bool keep_part = false;         ///< what is not committed stays as PATH.part
};

/// *Throws:* std::filesystem::filesystem_error, with the path and the system's code.
class part_file {
public:
    /// No system call.
    part_file(std::filesystem::path path, const part_file_options& options);
    part_file(const part_file&) = delete;
    part_file& operator=(const part_file&) = delete;
    /// Discards what was neither committed nor discarded.
    ~part_file();

    /// Makes PATH.part; never follows a link. Looks whether PATH is in the way, too.
    void open();
    void write(byte_view bytes);
    /// To disk, and to its final name: without `overwrite` only if nobody else has it meanwhile.
    void commit();
    /// Removes or leaves the part, as the options say.
    void discard() noexcept;

    const std::filesystem::path& part_path() const noexcept { return part_path_; }

private:
    void check_target() const;
    bool part_is_ours() const noexcept;
    void rename() const;
    [[noreturn]] void fail(const char* what, const std::filesystem::path& which, int error) const;

    std::filesystem::path path_;
    part_file_options options_;
    std::string name_;  // in the folder
    std::string part_;
    std::filesystem::path part_path_;
    detail::descriptor folder_;  // held open: what becomes of its path meanwhile does not matter
    detail::descriptor fd_;
};

}  // namespace skein::client
