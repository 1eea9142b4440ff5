// Where files go: a folder, and the names in it that this run has given out. Writes no file: the library
// does.
#pragma once

#include "file_names.hpp"

#include <string>
#include <string_view>

namespace get {

/// The folder of a run.
class folder {
public:
    /// Makes it and those above it if they are not there. *Throws:* file_error, also if it cannot be written
    /// to.
    explicit folder(std::string path);

    /// The path of a file in it, for people and reports.
    std::string path_of(std::string_view name) const;
    file_names& names() noexcept { return names_; }

private:
    std::string path_;
    file_names names_;
};

/// A name that is meant for one file, and free. *Lifetime:* shorter than the folder's.
class target {
public:
    /// Claims the name, or one like it if another file of this run has it. *Throws:* file_error if something
    /// is there that may not be replaced: `force` allows files and links, and a NAME.part.
    target(folder& in, std::string_view name, bool force);
    target(const target&) = delete;
    target& operator=(const target&) = delete;
    /// Gives the name back, unless there is a file now.
    ~target();

    const std::string& name() const noexcept { return name_.final; }
    std::string path() const { return folder_.path_of(name_.final); }
    void keep() noexcept { kept_ = true; }

private:
    void check(bool force) const;

    folder& folder_;
    claimed_name name_;
    bool kept_ = false;
};

}  // namespace get
