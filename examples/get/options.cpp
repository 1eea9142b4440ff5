// Owns the grammar of the command line and the text of --help.
#include "options.hpp"

#include "exit_code.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iostream>
#include <stdexcept>

namespace get {

namespace {

constexpr std::size_t most_jobs = 1000;
constexpr unsigned most_retries = 100;
constexpr double shortest_timeout = 0.001;  // seconds
constexpr double longest_timeout = 365.0 * 24 * 3600;

constexpr const char* about =
    "Fetches files over HTTP, many at a time. A file has its final name only when it is whole and on disk; "
    "until then it is NAME.part.";

constexpr const char* footer =
    R"(Lists have one URL a line; blank lines and lines that begin with # are skipped.

Exit codes:
  0    all files were saved
  1    some were not; what went wrong was said for each
  2    the command line has a mistake, or names no URL
  3    nothing could be done: the folder cannot be written to, a list cannot be read; or the cookies
       could not be written at the end
  130  interrupted (143 by SIGTERM, 129 by SIGHUP); a second Ctrl-C ends it at
       once, and may leave .part files
  141  who read the --json report has gone)";

// "Name: value" as a field; CLI11 shows what is thrown as a mistake in the command line.
void add_header(skein::headers& fields, const std::string& text) {
    const auto colon = text.find(':');
    if (colon == std::string::npos)
        throw CLI::ValidationError("--header", "\"" + text + "\" is not of the form 'Name: value'");
    try {
        fields.append(text.substr(0, colon), text.substr(colon + 1));
    } catch (const std::invalid_argument& why) {
        throw CLI::ValidationError("--header", why.what());
    }
    for (const char* name : {"Content-Length", "Transfer-Encoding"})
        if (fields.contains(name))
            throw CLI::ValidationError("--header", "a download sends no body: no " + std::string(name));
}

void check(const options& out) {
    if (out.urls.empty() && out.lists.empty()) throw CLI::ValidationError("no URL given; --help says how");
    if (std::count(out.lists.begin(), out.lists.end(), "-") > 1)
        throw CLI::ValidationError("--input", "standard input can be read once");
    if (out.output.empty()) return;
    if (out.output == "-")
        throw CLI::ValidationError("--output", "standard output cannot be written to; ./- is a file");
    if (out.urls.size() != 1 || !out.lists.empty())
        throw CLI::ValidationError("--output", "takes exactly one URL; --dir is for several");
}

}  // namespace

skein::session_options options::session() const {
    skein::session_options out;
    // A file is saved as the server has it, so it is asked for as it is.
    out.default_headers.set("Accept-Encoding", "identity");
    out.default_headers.set("User-Agent", "skein-get/" SKEIN_GET_VERSION);
    out.connector.limit = jobs;
    if (retries != 0) {
        out.retry = skein::retry_policy{.attempts = retries + 1};
        out.retry_budget.tokens =
            10 * static_cast<double>(jobs);  // one file in trouble does not use up those of the others
    }
    if (!ca_file.empty()) out.tls = skein::tls_context().ca_file(ca_file);
    return out;
}

std::optional<int> parse_command_line(int argc, char** argv, options& out) {
    CLI::App app(about, "skein-get");
    std::vector<std::string> fields;
    double seconds = 0;
    app.footer(footer);
    app.set_version_flag("--version", "skein-get " SKEIN_GET_VERSION);
    app.add_option("URL", out.urls, "What to fetch");
    app.add_option("-i,--input", out.lists, "Fetch the URLs in FILE too; - is standard input")
        ->type_name("FILE")
        ->allow_extra_args(false);
    auto* output = app.add_option("-o,--output", out.output, "Save the one URL as FILE")->type_name("FILE");
    app.add_option("-d,--dir", out.folder, "Save into DIR, made if need be; default: here")->type_name("DIR");
    app.add_option("-j,--jobs", out.jobs, "So many at a time; default: 8")
        ->type_name("N")
        ->check(CLI::Range(std::size_t{1}, most_jobs));
    auto* timeout = app.add_option("--timeout", seconds, "Give a file up after so many seconds, all told")
                        ->type_name("S")
                        ->check(CLI::Range(shortest_timeout, longest_timeout));
    app.add_option("--retry", out.retries,
                   "Ask so often again after a failure that may pass, with pauses; default: 0")
        ->type_name("N")
        ->check(CLI::Range(0U, most_retries));
    app.add_option("-H,--header", fields, "Send a header with each request")
        ->type_name("'K: V'")
        ->allow_extra_args(false);
    app.add_option("--cacert", out.ca_file, "Trust the CAs in FILE (PEM), not those of the system")
        ->type_name("FILE");
    app.add_option("-b,--cookies", out.cookies_from, "Begin with the cookies in FILE (cookies.txt or JSON)")
        ->type_name("FILE");
    app.add_option("-c,--cookie-jar", out.cookies_to, "Write all cookies to FILE at the end, as cookies.txt")
        ->type_name("FILE");
    app.add_flag("-f,--force", out.force, "Replace files that are there");
    app.add_flag("--json", out.json, "Write a line of JSON for each URL to standard output");
    app.add_flag("-q,--quiet", out.quiet, "Say only what went wrong");
    try {
        app.parse(argc, argv);
        if (output->count() != 0 && out.output.empty()) throw CLI::ValidationError("--output", "is empty");
        for (const auto& field : fields) add_header(out.headers, field);
        if (std::isnan(seconds)) throw CLI::ValidationError("--timeout", "is not a number");
        check(out);
    } catch (const CLI::Success& done) {  // --help, --version
        return app.exit(done);
    } catch (const CLI::Error& mistake) {
        std::cerr << "skein-get: " << mistake.what() << '\n';
        return wrong_usage;
    }
    if (timeout->count() != 0)
        out.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
    return std::nullopt;
}

}  // namespace get
