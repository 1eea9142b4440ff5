// What stands between the contents of a multipart/form-data body (RFC 7578, RFC 2046 section 5.1). Values
// only: what the contents are and where they come from, it does not know.
#pragma once

#include <skein/headers.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace skein::http {

/// What a part says of itself before its content.
struct part_head {
    std::string_view name;
    std::optional<std::string_view> filename = {};
    std::string_view content_type = {};  ///< empty: none
    const headers* fields = nullptr;     ///< further ones; may be null
};

/// Throws std::invalid_argument for a name or file name with a control byte other than CR, LF (which are
/// escaped) and HTAB. `what` says which it is.
void require_part_text(std::string_view text, const char* what);

/// Throws std::invalid_argument for what cannot be a boundary: 1 to 70 bytes of its alphabet, the last no
/// space (RFC 2046, section 5.1.1).
void require_boundary(std::string_view boundary);

/// A boundary of 128 random bits, in hexadecimal digits.
std::string make_boundary(std::span<const std::byte, 16> random);

/// "multipart/form-data; boundary=...", quoted where it has to be.
std::string multipart_content_type(std::string_view boundary);

/// Appends the line of the boundary and the head of a part, with the empty line. Names and file names are
/// escaped as browsers do it: %0D, %0A, %22 (WHATWG HTML, multipart/form-data encoding algorithm).
void append_part_head(std::string& out, std::string_view boundary, const part_head& head);

/// What follows the content of each part.
inline constexpr std::string_view part_tail = "\r\n";

/// Appends what follows the last part.
void append_multipart_end(std::string& out, std::string_view boundary);

}  // namespace skein::http
