// Servers of others, for tests: programs of this system, in a folder of their own, on ports that nobody else
// has. They end with their object, and with the test, however it ends.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace skein::test {

/// A new folder, gone with its object. Everybody may read it, as servers change their user.
class scratch_folder {
public:
    scratch_folder();
    ~scratch_folder();
    scratch_folder(const scratch_folder&) = delete;
    scratch_folder& operator=(const scratch_folder&) = delete;

    const std::filesystem::path& path() const noexcept { return path_; }
    std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
    /// A file in it, with its folders.
    void write(std::string_view name, std::string_view content) const;

private:
    std::filesystem::path path_;
};

/// The loopback address that is this process's own: so ports of one test never meet those of another.
const std::string& own_address();

/// A port of own_address() at which nobody listens, and which is given out once.
std::uint16_t free_port();

/// The program of one of these names, on the PATH or where Debian has its servers.
/// Throws std::runtime_error that says what is missing, so that a test fails without it.
std::string find_program(std::initializer_list<std::string_view> names);

/// A program that runs as long as its object. What it prints goes to the file "output" in its folder.
class program {
public:
    /// `environment` holds "NAME=value", in addition to the PATH and nothing else.
    program(std::vector<std::string> command, const std::filesystem::path& folder,
            std::vector<std::string> environment = {});
    ~program();
    program(const program&) = delete;
    program& operator=(const program&) = delete;

    /// Waits until somebody listens at a port of own_address(). Throws std::runtime_error with what the
    /// program printed if it ends before, or takes more than 30 s.
    void wait_for_port(std::uint16_t port);

private:
    bool has_ended();

    std::filesystem::path output_;
    pid_t process_ = -1;
};

}  // namespace skein::test
