// The file that secrets of connections go to, if somebody asked for that. Knows nothing of connections.
#pragma once

#include "base/descriptor.hpp"

#include <filesystem>
#include <string_view>

namespace skein::tls {

/// Open as long as somebody uses it. Any thread may write: a line is one write() to its end.
class key_log {
public:
    /// Throws tls_error.
    explicit key_log(const std::filesystem::path& path);

    /// A line without its end. What cannot be written is lost: connections do not depend on it.
    void write(std::string_view line) noexcept;

private:
    detail::descriptor file_;
};

}  // namespace skein::tls
