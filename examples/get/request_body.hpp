// What is sent: the body that -d, -F or --json-body make. Files are looked at when the command line is read,
// and read while they are sent.
#pragma once

#include <skein/client_request.hpp>
#include <skein/multipart.hpp>

#include <optional>
#include <string>
#include <vector>

namespace get {

/// A body, or none.
class request_body {
public:
    /// What the options say: texts joined by '&', or "@FILE"; form fields "NAME=VALUE" or "NAME=@FILE"; JSON,
    /// or "@FILE" with JSON in it. FILE may be "-", standard input, which is read here.
    /// *Throws:* CLI::ValidationError for a mistake; std::system_error for a file that cannot be read.
    static request_body of_command_line(const std::vector<std::string>& data,
                                        const std::vector<std::string>& fields,
                                        const std::optional<std::string>& json);

    bool empty() const noexcept { return !text_ && file_.empty() && parts_.empty(); }
    bool reads_standard_input() const noexcept { return from_standard_input_; }
    /// Adds it to a request, with its Content-Type unless that has one.
    void add_to(skein::client_request& request, bool has_content_type) const;

private:
    void take_data(const std::vector<std::string>& data);
    void take_field(const std::string& field);
    void take_json(const std::string& json);
    std::string content_of(const std::string& path);

    std::optional<std::string> text_ = {};
    std::string file_ = {};
    skein::multipart parts_ = {};
    const char* type_ = nullptr;
    bool from_standard_input_ = false;
};

}  // namespace get
