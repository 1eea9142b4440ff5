// What became of a URL, and the lines of JSON that say it.
#pragma once

#include "failure.hpp"
#include "input_list.hpp"

#include <skein/request_report.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace get {

/// What became of a URL.
struct result {
    std::optional<int> status = {};
    std::string final_url = {};  ///< that answered, or failed; empty if nothing was sent
    std::string path = {};       ///< of the file; empty if there is none
    std::uint64_t bytes = 0;
    std::string sha256 = {};
    double seconds = 0;
    std::optional<skein::request_report> account = {};  ///< of the exchange; none if nothing was tried
    std::optional<failure> error = {};
};

/// One line of JSON, with its line end. All text in it is ASCII: harmless on a terminal too.
std::string json_line(const input& what, const result& became);

}  // namespace get
