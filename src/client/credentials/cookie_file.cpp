// Owns how jars are read and written. What is in them, it does not know.
#include "base/read_file.hpp"
#include "client/response/part_file.hpp"

#include <skein/cookie_file.hpp>

#include <string>

namespace skein {

namespace {

constexpr std::size_t max_file_bytes = std::size_t{64} * 1024 * 1024;

}  // namespace

cookie_load_result load_cookies(cookie_jar& into, const std::filesystem::path& file) {
    return into.add_text(detail::read_file(file, max_file_bytes).text);
}

void save_cookies(const cookie_jar& jar, const std::filesystem::path& file, cookie_format format,
                  bool session_cookies) {
    const std::string text = jar.to_text(format, session_cookies);
    client::part_file_options how;
    how.overwrite = how.replace_leftover = how.is_private = true;
    client::part_file out(file, how);
    out.open();
    out.write(as_bytes(text));
    out.commit();
}

}  // namespace skein
