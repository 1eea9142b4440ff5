// The URLs to fetch, from the command line and from lists. Knows nothing of what a URL looks like.
#pragma once

#include "options.hpp"

#include <string>
#include <vector>

namespace get {

/// A URL as it was given.
struct input {
    std::string text;
    std::string source = {};  ///< "FILE:LINE"; empty for the command line
};

/// All of them: those of the command line, then those of each list. *Throws:* std::system_error that names a
/// list that cannot be read.
std::vector<input> read_inputs(const options& from);

}  // namespace get
