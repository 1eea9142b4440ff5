// The command line: what it may say, and what it said. Opens no file but the one of the CAs, sends nothing.
#pragma once

#include <skein/headers.hpp>
#include <skein/session_options.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace get {

/// A command line that was understood.
struct options {
    std::vector<std::string> urls = {};
    std::vector<std::string> lists = {};  ///< files of URLs; "-" is standard input
    std::string output = {};              ///< where the one file goes; empty: named after URL or response
    std::string folder = ".";
    std::size_t jobs = 8;
    std::optional<std::chrono::milliseconds> timeout = {};  ///< per file; none: the library's limits by phase
    unsigned retries = 0;  ///< of a request that failed; cut downloads go on in any case, if they can
    skein::headers headers = {};
    std::string ca_file = {};
    std::string cookies_from = {};  ///< a file of cookies to begin with; empty: none
    std::string cookies_to = {};    ///< where they go at the end; empty: nowhere
    bool force = false;
    bool json = false;
    bool quiet = false;

    /// The session that it asks for. *Throws:* tls_error if the file of the CAs cannot be used.
    skein::session_options session() const;
};

/// Reads the command line into `out`. An exit code if the program is to end here, having said why: after
/// --help, or for a mistake.
std::optional<int> parse_command_line(int argc, char** argv, options& out);

}  // namespace get
