// The Content-Disposition header, and from it the name that a download gets on disk. Knows no file system.
#pragma once

#include <skein/detail/config.hpp>
#include <skein/url.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace skein {

/// A Content-Disposition header (RFC 6266), read strictly.
struct SKEIN_API content_disposition {
    /// "attachment", "inline", ...; lower-case.
    std::string type;
    /// The file name in UTF-8, from `filename*` (RFC 8187) if that is good, else from `filename`; absent if
    /// neither is. As the server sent it: it may be "../../etc/passwd". For a name that is safe to use see
    /// download_name().
    std::optional<std::string> filename;

    /// Reads the value of the header; nullopt if it breaks the grammar or has a parameter twice.
    [[nodiscard]] static std::optional<content_disposition> parse(std::string_view value);
};

/// The name under which to save a download: the last component of the file name in the header, else that of
/// the path of the URL, else "index.html". `requested` should be the URL the user gave, not one that a server
/// redirected to.
///
/// Whatever a server sends, the name is valid UTF-8 of 1 to 255 bytes without slash, backslash, colon or
/// control character, does not begin with a dot or a hyphen, does not end with a dot or a space, and is no
/// device name of Windows. Names with control characters, or characters that reorder the text around them,
/// are not repaired but passed over; an over-long name is cut before its extension.
[[nodiscard]] SKEIN_API std::string download_name(std::optional<std::string_view> content_disposition,
                                                  const url& requested);

}  // namespace skein
