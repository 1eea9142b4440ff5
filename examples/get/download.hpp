// From a URL to a file.
#pragma once

#include "folder.hpp"
#include "input_list.hpp"
#include "options.hpp"
#include "progress.hpp"
#include "report.hpp"
#include "standard_output.hpp"

#include <skein/client_response.hpp>
#include <skein/client_session.hpp>
#include <skein/task.hpp>
#include <skein/url.hpp>

#include <string>

namespace get {

/// What all downloads of a run share. *Lifetime:* longer than theirs.
struct downloader {
    const options& asked;
    skein::client_session& session;
    folder* where;          ///< null if no file is made
    std::string file_name;  ///< of --output; empty: named after response or URL
    progress& counters;
    text_writer& heads;  ///< where --head writes

    /// Fetches one URL. What goes wrong is in the result; only cancellation and output_error are thrown.
    skein::task<result> fetch(const input& what);

private:
    skein::task<> get_it(const input& what, result& out);
    skein::task<skein::client_response> ask(const skein::url& where_to);
    skein::task<> save(skein::client_response& response, target& file, result& out);
    skein::task<> copy_to_standard_output(skein::client_response& response, const std::string& name,
                                          result& out);
    progress::entry show(const skein::client_response& response, const std::string& name);
};

}  // namespace get
