// Bodies that are read from files while they are sent.
#pragma once

#include <skein/body_source.hpp>

#include <filesystem>
#include <memory>

namespace skein::client {

/// A plain file: looked up by open(), read by write_to(), a block ahead of what is written. Its size is what
/// it was when it was looked up.
std::shared_ptr<detail::body_origin> make_file_origin(const std::filesystem::path& path);

}  // namespace skein::client
