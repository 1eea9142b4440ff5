// What every server of the live tests has: a folder with files, four ports, a certificate, its program.
#pragma once

#include "pki.hpp"
#include "real_server.hpp"

#include <skein/session_options.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace live {

/// The bytes that a server has under the name of a size.
std::string content(std::size_t size);

/// The sizes of files and bodies: nothing, a byte, what a read or a buffer holds and one more, and 10 MiB.
inline constexpr std::size_t sizes[] = {0, 1, 4096, 65535, 65536, 65537, 10 * 1024 * 1024};

class site {
public:
    /// Makes the folder: www/files/SIZE, the certificate and its CA.
    site();

    /// Writes a configuration of tests/live into the folder, what stands between at signs filled in; gives
    /// its path. Known are HOST, PLAIN, SECURE, LIMITED, IMPATIENT, SMALL, FOLDER, and what `more` says.
    std::string configure(std::string_view name,
                          const std::vector<std::pair<std::string, std::string>>& more = {});
    /// Starts the server and waits until it listens at the plain port. Throws what program does.
    void start(std::vector<std::string> command, std::vector<std::string> environment = {});

    std::string plain(std::string_view path) const { return url("http", plain_, path); }
    std::string secure(std::string_view path) const { return url("https", secure_, path); }
    /// A port whose connections end after ten requests.
    std::string limited(std::string_view path) const { return url("http", limited_, path); }
    /// A port whose connections end when they are idle for 0.1 s, or what is least there.
    std::string impatient(std::string_view path) const { return url("http", impatient_, path); }
    /// A port where bodies over 64 KiB are refused.
    std::string small(std::string_view path) const { return url("http", small_, path); }
    std::uint16_t plain_port() const noexcept { return plain_; }
    std::uint16_t secure_port() const noexcept { return secure_; }
    std::uint16_t limited_port() const noexcept { return limited_; }
    std::uint16_t impatient_port() const noexcept { return impatient_; }

    const skein::test::scratch_folder& folder() const noexcept { return folder_; }
    /// A session that trusts the certificate and gives up after a minute.
    skein::session_options options() const;
    /// A context that trusts the certificate, and has one of its own by the same CA, of that name.
    skein::tls_context tls_as(const std::string& common_name) const;
    /// From now on, options() are those of a session that goes to that site, through a proxy.
    void lead_to(const site& origin, const skein::proxy& through) {
        origin_ = &origin;
        through_ = through;
    }

private:
    static std::string url(std::string_view scheme, std::uint16_t port, std::string_view path);

    skein::test::scratch_folder folder_;
    skein::test::identity root_ = skein::test::make_root();
    std::uint16_t plain_ = skein::test::free_port();
    std::uint16_t secure_ = skein::test::free_port();
    std::uint16_t limited_ = skein::test::free_port();
    std::uint16_t impatient_ = skein::test::free_port();
    std::uint16_t small_ = skein::test::free_port();
    const site* origin_ = nullptr;
    skein::proxy through_;
    std::optional<skein::test::program> program_;  // ends before the folder goes
};

/// application.js, run by Node. Started when it is first asked for, as all servers of these tests are.
site& application();

}  // namespace live
