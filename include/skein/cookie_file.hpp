// Jars in files.
#pragma once

#include <skein/cookie_jar.hpp>
#include <skein/detail/config.hpp>

#include <filesystem>

namespace skein {

/// Adds the cookies of a file, JSON or cookies.txt, to a jar. What is broken in it is reported, and the rest
/// counts. Blocks; may run in to_thread, on a jar that nobody else uses meanwhile.
/// *Throws:* std::system_error if the file cannot be read, is no plain file, or is larger than 64 MiB.
SKEIN_API cookie_load_result load_cookies(cookie_jar& into, const std::filesystem::path& file);

/// Writes a jar to a file that its owner alone can read (mode 0600). What was there before stays until the
/// new one is whole and on disk, under the name FILE.part; of a symbolic link, the link is replaced. A
/// FILE.part that is there is taken for a leftover. Blocks; may run in to_thread, on a copy of the jar.
/// *Throws:* std::system_error.
SKEIN_API void save_cookies(const cookie_jar& jar, const std::filesystem::path& file,
                            cookie_format format = cookie_format::json, bool session_cookies = true);

}  // namespace skein
