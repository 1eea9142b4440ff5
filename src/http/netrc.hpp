// The file of passwords that ftp, curl and git share: text in, credentials of a host out. Reads no file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::http {

/// Entries of a netrc file. Words are separated by blanks and line ends; a word in double quotes may have
/// blanks and the escapes \n, \r, \t, \" and \\ in it, as in curl. A '#' where a keyword would stand begins a
/// comment, up to the end of the line; in the place of a value it is an ordinary byte. A macdef goes on up to
/// the next empty line and is skipped, and so are accounts.
class netrc {
public:
    struct entry {
        std::string machine = {};  ///< in lower case; empty: for every other host
        std::string login = {};
        std::string password = {};
    };

    /// *Throws:* skein::error, with the line, for what is no netrc: an unknown word, a value that is missing,
    /// a control character in one. No message has a word of the file in it: it might be the password.
    explicit netrc(std::string_view text);

    /// The entry of the host, given in lower case, an IPv6 address without brackets: the first that names it,
    /// else the default. Null if there is none, or it says neither login nor password. An entry is taken
    /// whole: nothing is added to it from another.
    const entry* find(std::string_view host) const noexcept;

    const std::vector<entry>& entries() const noexcept { return entries_; }

private:
    std::vector<entry> entries_;
};

}  // namespace skein::http
