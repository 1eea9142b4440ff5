// Several failures as one exception.
#pragma once

#include <skein/error.hpp>

#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace skein::detail {

/// Throws exception_group; its message goes on with what the first error says.
[[noreturn]] inline void throw_group(std::string what, std::vector<std::exception_ptr> errors) {
    try {
        std::rethrow_exception(errors.front());
    } catch (const std::exception& e) {
        what.append(": ").append(e.what());
    } catch (...) {}
    throw exception_group(what, std::move(errors));
}

}  // namespace skein::detail
