// Owns the descriptor of a key log.
#include "tls/key_log.hpp"

#include <skein/error.hpp>

#include <cerrno>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace skein::tls {

key_log::key_log(const std::filesystem::path& path)
    : file_(open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR)) {
    if (file_.get() >= 0) return;
    const std::error_code code(errno, std::generic_category());
    throw tls_error("TLS key log " + path.string() + ": " + code.message(), "", 0, code);
}

void key_log::write(std::string_view line) noexcept try {
    std::string whole(line);
    whole += '\n';
    while (::write(file_.get(), whole.data(), whole.size()) < 0 && errno == EINTR) {}
} catch (...) {  // no memory for the line
}

}  // namespace skein::tls
