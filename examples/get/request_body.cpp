// Owns the forms that bodies have on the command line.
#include "request_body.hpp"

#include <CLI/Error.hpp>

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

namespace get {

namespace {

[[noreturn]] void fail(const std::string& name, int error) {
    throw std::system_error(error, std::generic_category(), "cannot read " + name);
}

class input_file {
public:
    explicit input_file(const std::string& path)
        : name_(path == "-" ? "standard input" : path),
          fd_(path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
        struct stat found {};
        if (fd_ < 0 || ::fstat(fd_, &found) != 0) fail(name_, errno);
        if (S_ISDIR(found.st_mode)) fail(name_, EISDIR);
        is_plain_ = S_ISREG(found.st_mode);
    }
    input_file(const input_file&) = delete;
    input_file& operator=(const input_file&) = delete;
    ~input_file() {
        if (fd_ > STDIN_FILENO) ::close(fd_);
    }

    /// Whether it can be read again, from its name.
    bool is_plain() const noexcept { return is_plain_ && fd_ != STDIN_FILENO; }
    std::string read() const {
        std::string content;
        std::array<char, 65536> piece{};
        for (;;) {
            const ssize_t got = ::read(fd_, piece.data(), piece.size());
            if (got == 0) return content;
            if (got > 0)
                content.append(piece.data(), static_cast<std::size_t>(got));
            else if (errno != EINTR)
                fail(name_, errno);
        }
    }

private:
    const std::string name_;
    const int fd_;
    bool is_plain_ = false;
};

// "@FILE": FILE.
std::optional<std::string> file_in(std::string_view text) {
    if (text.substr(0, 1) != "@") return std::nullopt;
    return std::string(text.substr(1));
}

}  // namespace

request_body request_body::of_command_line(const std::vector<std::string>& data,
                                           const std::vector<std::string>& fields,
                                           const std::optional<std::string>& json) {
    request_body out;
    if (!data.empty()) out.take_data(data);
    for (const auto& field : fields) out.take_field(field);
    if (json) out.take_json(*json);
    return out;
}

void request_body::take_data(const std::vector<std::string>& data) {
    type_ = "application/x-www-form-urlencoded";
    if (const auto path = file_in(data.front()); path && data.size() == 1) {
        if (*path != "-" && input_file(*path).is_plain())
            file_ = *path;
        else
            text_ = content_of(*path);
        return;
    }
    text_ = "";
    for (const auto& one : data) {
        if (file_in(one)) throw CLI::ValidationError("--data", "@FILE stands alone");
        if (&one != &data.front()) *text_ += '&';
        *text_ += one;
    }
}

void request_body::take_field(const std::string& field) {
    const auto equals = field.find('=');
    if (equals == std::string::npos || equals == 0)
        throw CLI::ValidationError("--form", "\"" + field + "\" is not of the form NAME=VALUE or NAME=@FILE");
    const std::string name = field.substr(0, equals);
    const std::string value = field.substr(equals + 1);
    const auto path = file_in(value);
    if (!path)
        parts_.text(name, value);
    else if (*path != "-" && input_file(*path).is_plain())
        parts_.file(name, *path);
    else
        parts_.bytes(name, skein::as_bytes(content_of(*path)), *path == "-" ? "stdin" : "file");
}

void request_body::take_json(const std::string& json) {
    type_ = "application/json";
    const auto path = file_in(json);
    text_ = path ? content_of(*path) : json;
    try {
        const auto parsed = nlohmann::json::parse(*text_);
        static_cast<void>(parsed);
    } catch (const nlohmann::json::exception& why) {
        throw CLI::ValidationError("--json-body", "is not JSON: " + std::string(why.what()));
    }
}

std::string request_body::content_of(const std::string& path) {
    if (path == "-") {
        if (from_standard_input_) throw CLI::ValidationError("@-", "standard input can be read once");
        from_standard_input_ = true;
    }
    return input_file(path).read();
}

void request_body::add_to(skein::client_request& request, bool has_content_type) const {
    if (!parts_.empty()) request.multipart(parts_);
    if (!file_.empty()) request.body_file(file_);
    if (text_) request.body(*text_);
    if (type_ != nullptr && !has_content_type) request.header("Content-Type", type_);
}

}  // namespace get
