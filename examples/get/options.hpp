// The command line: what it may say, and what it said. Sends nothing.
#pragma once

#include "connection_options.hpp"
#include "request_body.hpp"

#include <skein/client_session.hpp>
#include <skein/headers.hpp>
#include <skein/session_options.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
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
    std::size_t min_rate = 0;  ///< bytes a second of a body, below which it is given up; 0: none
    std::string sha256 = {};   ///< what the one file must have, in lower case; empty: anything
    unsigned retries = 0;      ///< of a request that failed; cut downloads go on in any case, if they can
    bool location = true;      ///< whether redirects are followed
    int max_redirects = 10;
    std::string method = {};  ///< empty: what the rest says
    skein::headers headers = {};
    request_body body = {};
    bool head = false;        ///< only the heads of the responses, to standard output
    bool compressed = false;  ///< ask for compressed responses, and decompress them
    std::string user = {};    ///< for Basic or Digest
    std::string password = {};
    bool has_user = false;
    bool digest = false;
    std::string bearer = {};
    bool netrc = false;
    std::string netrc_file = {};    ///< empty: the usual one
    std::string cookies_from = {};  ///< a file of cookies to begin with; empty: none
    std::string cookies_to = {};    ///< where they go at the end; empty: nowhere
    connection_options connections = {};
    bool force = false;
    bool json = false;
    bool quiet = false;
    bool verbose = false;

    bool to_standard_output() const noexcept { return output == "-"; }
    bool makes_files() const noexcept { return !head && !to_standard_output(); }
    /// The session that it asks for.
    skein::session_options session() const;
    /// A request as it asks for it. *Throws:* as client_request's setters; invalid_url.
    skein::client_request request(skein::client_session& from, std::string_view url) const;
};

/// Reads the command line into `out`. An exit code if the program is to end here, having said why: after
/// --help, or for a mistake. *Throws:* std::system_error if a file of a body cannot be read, tls_error if one
/// with certificates cannot be used.
std::optional<int> parse_command_line(int argc, char** argv, options& out);

}  // namespace get
