// From a URL to a file.
#pragma once

#include "input_list.hpp"
#include "options.hpp"
#include "part_file.hpp"
#include "progress.hpp"
#include "report.hpp"

#include <skein/client_session.hpp>
#include <skein/task.hpp>

#include <string>

namespace get {

/// What all downloads of a run share. *Lifetime:* longer than theirs.
struct downloader {
    const options& asked;
    skein::client_session& session;
    folder& where;
    std::string file_name;  ///< of --output; empty: named after response or URL
    progress& counters;

    /// Fetches one URL. What goes wrong is in the result; only cancellation is thrown.
    skein::task<result> fetch(const input& what);

private:
    skein::task<> save(const input& what, result& out);
};

}  // namespace get
