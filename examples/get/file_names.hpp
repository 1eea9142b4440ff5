// Which names the files of this run have or will have, so that no two are the same. Knows no file system.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace get {

/// A file's name and that of its unfinished form, claimed for it.
struct claimed_name {
    std::string final;
    std::string part;
};

/// The name under which a file is made until it is whole: NAME.part, where need be cut to 255 bytes.
std::string part_name(std::string_view name);

/// The names that are taken. The second file of a name is called "name (1).txt".
class file_names {
public:
    claimed_name claim(std::string_view wanted);
    /// The file was not made.
    void release(const claimed_name& name) noexcept;

private:
    bool take(const claimed_name& name);

    std::unordered_set<std::string> taken_;
    std::unordered_map<std::string, std::size_t> last_number_;  // of names that were wanted more than once
};

}  // namespace get
