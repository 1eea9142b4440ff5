// Small files, read whole.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace skein::detail {

/// A file as it was when it was read.
struct file_content {
    std::string text;
    bool is_private = false;  ///< owned by this user, and nobody else may do anything with it
};

enum class pipes : bool { refused, waited_for };

/// The whole file. Blocks. *Throws:* std::system_error if it cannot be read, is no plain file (nor a pipe or
/// a device, where those are waited for), or is larger than `most_bytes`.
file_content read_file(const std::filesystem::path& file, std::size_t most_bytes, pipes = pipes::refused);

}  // namespace skein::detail
