// Folders, configurations and programs of the servers of the live tests. Knows nothing of any one of them but
// the application.
#include "site.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace live {

using namespace std::chrono_literals;
using skein::test::own_address;

std::string content(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 + i / 253 + size);
    return bytes;
}

site::site() {
    for (const std::size_t size : sizes) {
        const std::string name = "www/files/" + std::to_string(size);
        folder_.write(name, content(size));
        // Old enough for servers to trust the date as a validator (RFC 9110, section 8.8.2.2).
        std::filesystem::last_write_time(folder_ / name, std::filesystem::file_time_type::clock::now() - 1h);
    }
    folder_.write("stored/keep", "");
    std::filesystem::permissions(folder_ / "stored", std::filesystem::perms(0777));  // servers change users
    skein::test::recipe what;
    what.names.push_back("IP:" + own_address());
    const auto leaf = skein::test::issue(what, &root_);
    const std::string certificate = skein::test::to_pem(leaf);
    const std::string key = skein::test::key_to_pem(leaf);
    folder_.write("cert.pem", certificate);
    folder_.write("key.pem", key);
    folder_.write("both.pem", certificate + key);
    folder_.write("ca.pem", skein::test::to_pem(root_));
}

std::string site::configure(std::string_view name,
                            const std::vector<std::pair<std::string, std::string>>& more) {
    std::ifstream file(std::string(SKEIN_LIVE) + "/" + std::string(name));
    if (!file) throw std::runtime_error("no configuration " + std::string(name));
    std::ostringstream read;
    read << file.rdbuf();
    std::string text = read.str();
    std::vector<std::pair<std::string, std::string>> known = {
        {"HOST", own_address()},
        {"PLAIN", std::to_string(plain_)},
        {"SECURE", std::to_string(secure_)},
        {"LIMITED", std::to_string(limited_)},
        {"IMPATIENT", std::to_string(impatient_)},
        {"SMALL", std::to_string(small_)},
        {"FOLDER", folder_.path().string()},
    };
    known.insert(known.end(), more.begin(), more.end());
    for (const auto& [key, value] : known) {
        const std::string sign = '@' + key + '@';
        for (std::size_t at = 0; (at = text.find(sign, at)) != text.npos; at += value.size())
            text.replace(at, sign.size(), value);
    }
    folder_.write(name, text);
    return (folder_ / name).string();
}

void site::start(std::vector<std::string> command, std::vector<std::string> environment) {
    program_.emplace(std::move(command), folder_.path(), std::move(environment));
    program_->wait_for_port(plain_);
}

skein::session_options site::options() const {
    skein::session_options options;
    if (origin_ != nullptr) {
        options = origin_->options();
        options.proxy = through_;
        return options;
    }
    options.tls = skein::tls_context().ca_pem(skein::test::to_pem(root_));
    options.timeout.total = 60s;
    return options;
}

skein::tls_context site::tls_as(const std::string& common_name) const {
    skein::test::recipe what;
    what.common_name = common_name;
    const auto who = skein::test::issue(what, &root_);
    return skein::tls_context()
        .ca_pem(skein::test::to_pem(root_))
        .client_certificate_pem(skein::test::to_pem(who), skein::test::key_to_pem(who));
}

std::string site::url(std::string_view scheme, std::uint16_t port, std::string_view path) {
    return std::string(scheme) + "://" + own_address() + ':' + std::to_string(port) + std::string(path);
}

site& application() {
    static site made;
    static const bool started = [] {
        made.start({skein::test::find_program({"node", "nodejs"}), SKEIN_LIVE "/application.js",
                    own_address(), std::to_string(made.plain_port()), std::to_string(made.secure_port()),
                    std::to_string(made.limited_port()), std::to_string(made.impatient_port()),
                    (made.folder() / "cert.pem").string(), (made.folder() / "key.pem").string()});
        return true;
    }();
    (void)started;
    return made;
}

}  // namespace live
