// Owns which netrc file counts, and who may read it.
#include "base/read_file.hpp"
#include "client/credentials/authorization.hpp"
#include "http/netrc.hpp"

#include <skein/error.hpp>

#include <algorithm>
#include <cstdlib>

namespace skein::client {

namespace {

constexpr std::size_t most_bytes = std::size_t{1024} * 1024;

std::filesystem::path from_environment(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

bool has_secrets(const http::netrc& read) {
    const auto& all = read.entries();
    return std::any_of(all.begin(), all.end(), [](const auto& one) { return !one.password.empty(); });
}

}  // namespace

std::unique_ptr<const http::netrc> load_netrc(const std::filesystem::path& file) {
    std::filesystem::path path = file.empty() ? from_environment("NETRC") : file;
    if (path == "/dev/null") return nullptr;  // how one says: none
    const bool is_named = !path.empty();
    if (!is_named) {
        path = from_environment("HOME");
        if (path.empty()) return nullptr;
        path /= ".netrc";
        std::error_code ignored;
        if (!std::filesystem::exists(path, ignored)) return nullptr;
    }
    const detail::file_content content = detail::read_file(path, most_bytes);
    try {
        auto read = std::make_unique<const http::netrc>(content.text);
        // Who names a file answers for it: secrets that are mounted into a container are often open to all.
        if (!is_named && !content.is_private && has_secrets(*read))
            throw error("netrc: others may read the passwords in it, so it is not used (chmod 600)");
        return read;
    } catch (const error& e) {
        throw error(path.string() + ": " + e.what());
    }
}

}  // namespace skein::client
