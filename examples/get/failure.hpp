// What went wrong with a file, in one word for programs and a line for people.
#pragma once

#include <exception>
#include <optional>
#include <stdexcept>
#include <string>

namespace get {

/// `kind` is one of: invalid_url, resolve, connect, tls, proxy, disconnected, timeout, protocol, payload,
/// redirects, status, checksum, file, other.
struct failure {
    std::string kind;
    std::string message;
};

/// The server answered, but not with the file.
class status_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// All of it came, and it is not what it should be.
class checksum_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Something is wrong with a file or folder; what() says with which, and what.
class file_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

failure describe(const std::exception_ptr& error);

}  // namespace get
