// Several contents in one body: multipart/form-data.
#pragma once

#include <skein/body_source.hpp>
#include <skein/bytes.hpp>
#include <skein/detail/config.hpp>
#include <skein/headers.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skein {

/// The parts of a multipart/form-data body (RFC 7578), in their order. What is in memory is copied; files and
/// streams are read while they are sent, a piece at a time.
///
///     skein::multipart upload;
///     upload.text("title", "Holiday").file("photo", "beach.jpg");
///     auto response = co_await session.post(url).multipart(upload);
///
/// The length of the whole is announced if that of each part is known. It can be sent again if each part can.
/// *Throws:* what adds a part throws std::invalid_argument for control characters, save CR, LF (which become
/// %0D and %0A, as `"` becomes %22) and HTAB in names and file names.
class SKEIN_API multipart {
public:
    /// One part: a name, a content, and what is said of it.
    class SKEIN_API part {
    public:
        part(std::string_view name, std::string content);
        /// `size` in bytes, where the source does not know it itself: then the content must have it.
        part(std::string_view name, body_source content, std::optional<std::uint64_t> size = {});

        /// The file name that is told to the server. Any bytes but control characters, UTF-8 as a rule.
        part& filename(std::string_view name) &;
        part&& filename(std::string_view name) && { return std::move(filename(name)); }
        /// Content-Type. Default: none, which stands for text/plain.
        part& content_type(std::string_view type) &;
        part&& content_type(std::string_view type) && { return std::move(content_type(type)); }
        /// Another header. *Throws:* std::invalid_argument also for Content-Disposition, Content-Type and
        /// what would say where the part ends.
        part& header(std::string_view name, std::string_view value) &;
        part&& header(std::string_view name, std::string_view value) && {
            return std::move(header(name, value));
        }

    private:
        friend class multipart;
        std::string name_;
        std::optional<std::string> filename_;
        std::string content_type_;
        headers fields_;
        body_source content_;
        std::optional<std::uint64_t> size_;
    };

    /// A field of text.
    multipart& text(std::string_view name, std::string_view value) &;
    multipart&& text(std::string_view name, std::string_view value) && {
        return std::move(text(name, value));
    }
    /// Bytes from memory that are sent as a file, as application/octet-stream.
    multipart& bytes(std::string_view name, byte_view content, std::string_view filename) &;
    multipart&& bytes(std::string_view name, byte_view content, std::string_view filename) && {
        return std::move(bytes(name, content, filename));
    }
    /// A file, under the last component of its path, as application/octet-stream. See body_source::file().
    multipart& file(std::string_view name, const std::filesystem::path& path) &;
    multipart&& file(std::string_view name, const std::filesystem::path& path) && {
        return std::move(file(name, path));
    }
    /// Any part.
    multipart& add(part one) &;
    multipart&& add(part one) && { return std::move(add(std::move(one))); }

    /// What stands between the parts. Default: 128 random bits for each request. It must not occur in a
    /// content. *Throws:* std::invalid_argument for what is none (RFC 2046, section 5.1.1).
    multipart& boundary(std::string_view text) &;
    multipart&& boundary(std::string_view text) && { return std::move(boundary(text)); }

    std::size_t size() const noexcept { return parts_.size(); }
    [[nodiscard]] bool empty() const noexcept { return parts_.empty(); }

    /// For the library: the body and its Content-Type.
    std::pair<body_source, std::string> to_body() const;

private:
    class origin;
    class stream;
    std::vector<part> parts_;
    std::string boundary_;
};

}  // namespace skein
