// Owns the grammar of the command line and the text of --help.
#include "exit_code.hpp"
#include "options.hpp"

#include <skein/error.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <iostream>
#include <stdexcept>
#include <string_view>

namespace get {

namespace {

constexpr std::size_t most_jobs = 1000;
constexpr unsigned most_retries = 100;
constexpr std::size_t most_rate = 1'000'000'000;
constexpr int most_redirects = 1000;
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
  3    nothing could be done: the folder cannot be written to, a list, a
       certificate or a file to be sent cannot be read; or the cookies could not
       be written at the end
  130  interrupted (143 by SIGTERM, 129 by SIGHUP); a second Ctrl-C ends it at
       once, and may leave .part files
  141  who read standard output has gone)";

/// What CLI11 fills, and what becomes options once all of it is known.
struct raw_options {
    std::vector<std::string> fields = {};
    std::vector<std::string> data = {};
    std::vector<std::string> form = {};
    std::optional<std::string> json = {};
    std::string user = {};
    std::string checksum = {};
    double seconds = 0;
};

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
            throw CLI::ValidationError("--header",
                                       "the length of a body is counted: no " + std::string(name));
}

CLI::Option* add_text(CLI::App& app, const char* names, std::string& to, const char* type, const char* help) {
    return app.add_option(names, to, help)->type_name(type);
}
CLI::Option* add_texts(CLI::App& app, const char* names, std::vector<std::string>& to, const char* type,
                       const char* help) {
    return app.add_option(names, to, help)->type_name(type)->allow_extra_args(false);
}

void add_files(CLI::App& app, options& out, raw_options& raw) {
    app.option_defaults()->group("What to fetch, and where to");
    app.add_option("URL", out.urls, "What to fetch");
    add_texts(app, "-i,--input", out.lists, "FILE", "Fetch the URLs in FILE too; - is standard input");
    add_text(app, "-o,--output", out.output, "FILE", "Save the one URL as FILE; - is standard output");
    add_text(app, "-P,--dir", out.folder, "DIR", "Save into DIR, made if need be; default: here");
    app.add_flag("-f,--force", out.force, "Replace files that are there");
    app.add_option("-j,--jobs", out.jobs, "So many at a time; default: 8")
        ->type_name("N")
        ->check(CLI::Range(std::size_t{1}, most_jobs));
    app.add_option("--timeout", raw.seconds, "Give a file up after so many seconds, all told")
        ->type_name("S")
        ->check(CLI::Range(shortest_timeout, longest_timeout));
    app.add_option("--min-rate", out.min_rate, "Give a file up at less than B bytes a second, over 30 s")
        ->type_name("B")
        ->check(CLI::Range(std::size_t{1}, most_rate));
    add_text(app, "--checksum", raw.checksum, "sha256=HEX", "Save the one file only if it has this checksum");
    app.add_option("--retry", out.retries,
                   "Ask so often again after a failure that may pass, with pauses; default: 0")
        ->type_name("N")
        ->check(CLI::Range(0U, most_retries));
    app.add_flag("-L,--location,!--no-location", out.location, "Follow redirects, or not; default: follow");
    app.add_option("--max-redirs", out.max_redirects, "So many redirects at most; default: 10")
        ->type_name("N")
        ->check(CLI::Range(0, most_redirects));
}

void add_requests(CLI::App& app, options& out, raw_options& raw) {
    app.option_defaults()->group("What is asked");
    app.add_option("-X,--request", out.method, "The method; default: GET, or POST with a body")
        ->type_name("METHOD");
    auto* head = app.add_flag("-I,--head", out.head, "Write the heads of the responses, and save nothing");
    add_texts(app, "-H,--header", raw.fields, "'K: V'", "Send a header with each request");
    auto* data = add_texts(app, "-d,--data", raw.data, "DATA",
                           "Send DATA, or @FILE, as a form; several are joined with &");
    auto* form = add_texts(app, "-F,--form", raw.form, "N=V",
                           "Send a field of a form, multipart/form-data; N=@FILE: a file");
    auto* json = app.add_option("--json-body", raw.json, "Send JSON, or @FILE, as application/json")
                     ->type_name("JSON");
    data->excludes(form)->excludes(json)->excludes(head);
    form->excludes(json)->excludes(head);
    json->excludes(head);
    app.add_flag("--compressed", out.compressed, "Ask for compressed responses, and decompress them");
}

void add_identity(CLI::App& app, options& out, raw_options& raw) {
    app.option_defaults()->group("Who asks");
    auto* user = add_text(app, "-u,--user", raw.user, "U:P", "Say user and password (Basic)");
    app.add_flag("--digest", out.digest, "The same by Digest, which does not tell the password")->needs(user);
    add_text(app, "--bearer", out.bearer, "TOKEN", "Say a token")->excludes(user);
    app.add_flag("--netrc", out.netrc, "Say what ~/.netrc has for the host");
    add_text(app, "--netrc-file", out.netrc_file, "FILE", "Say what FILE has for the host");
    add_text(app, "-b,--cookies", out.cookies_from, "FILE",
             "Begin with the cookies in FILE (cookies.txt or JSON)");
    add_text(app, "-c,--cookie-jar", out.cookies_to, "FILE",
             "Write all cookies to FILE at the end, as cookies.txt");
}

void add_reports(CLI::App& app, options& out) {
    app.option_defaults()->group("What is said");
    app.add_flag("--json", out.json, "Write a line of JSON for each URL to standard output");
    app.add_flag("-q,--quiet", out.quiet, "Say only what went wrong");
    app.add_flag("-v,--verbose", out.verbose, "Show connections and heads, secrets masked");
}

void take_user(options& out, const std::string& text) {
    const auto colon = text.find(':');
    if (colon == std::string::npos)
        throw CLI::ValidationError("--user",
                                   "is not of the form USER:PASSWORD; --netrc keeps it out of sight");
    out.user = text.substr(0, colon);
    out.password = text.substr(colon + 1);
    out.has_user = true;
}

// "sha256=HEX", as the report has it and sha256sum prints it.
std::string checksum_of(std::string text) {
    constexpr std::string_view name = "sha256=";
    if (!text.starts_with(name))
        throw CLI::ValidationError("--checksum", "is not of the form sha256=HEX; no other kind is known");
    text.erase(0, name.size());
    const auto is_hex = [](unsigned char c) { return std::isxdigit(c) != 0; };
    if (text.size() != 64 || !std::all_of(text.begin(), text.end(), is_hex))
        throw CLI::ValidationError("--checksum", "is not of 64 hexadecimal digits");
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

void check(const options& out) {
    if (out.urls.empty() && out.lists.empty()) throw CLI::ValidationError("no URL given; --help says how");
    const auto readers = std::count(out.lists.begin(), out.lists.end(), "-");
    if (readers + (out.body.reads_standard_input() ? 1 : 0) > 1)
        throw CLI::ValidationError("--input", "standard input can be read once");
    if (!out.sha256.empty()) {
        if (out.head) throw CLI::ValidationError("--checksum", "--head saves nothing");
        if (out.urls.size() != 1 || !out.lists.empty())
            throw CLI::ValidationError("--checksum", "takes exactly one URL");
    }
    if (out.output.empty()) return;
    if (out.head) throw CLI::ValidationError("--output", "--head saves nothing");
    if (out.to_standard_output() && out.json)
        throw CLI::ValidationError("--json", "standard output has the file; ./- is a file");
    if (out.urls.size() != 1 || !out.lists.empty())
        throw CLI::ValidationError("--output", "takes exactly one URL; --dir is for several");
}

// The library would show what it refuses.
void check_secret(const char* option, const std::string& text) {
    const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
    if (std::any_of(text.begin(), text.end(), is_control))
        throw CLI::ValidationError(option, "has a control character in it");
}

// A request as all of them will be: what the library refuses in one is a mistake here.
void try_a_request(const options& out) {
    try {
        skein::client_session session;
        static_cast<void>(out.request(session, "http://localhost/"));
    } catch (const std::invalid_argument& why) {
        throw CLI::ValidationError(why.what());
    }
}

void understand(const CLI::App& app, options& out, raw_options& raw) {
    if (app.count("--output") != 0 && out.output.empty()) throw CLI::ValidationError("--output", "is empty");
    if (app.count("--request") != 0 && out.method.empty())
        throw CLI::ValidationError("--request", "is empty");
    if (app.count("--bearer") != 0 && out.bearer.empty()) throw CLI::ValidationError("--bearer", "is empty");
    if (out.head && !out.method.empty()) throw CLI::ValidationError("--head", "is a method itself");
    if (out.method == "CONNECT") throw CLI::ValidationError("--request", "CONNECT is for proxies");
    for (const auto& field : raw.fields) add_header(out.headers, field);
    if (std::isnan(raw.seconds)) throw CLI::ValidationError("--timeout", "is not a number");
    if (app.count("--timeout") != 0)
        out.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(raw.seconds * 1000));
    if (app.count("--checksum") != 0) out.sha256 = checksum_of(raw.checksum);
    check_secret("--user", raw.user);
    check_secret("--bearer", out.bearer);
    if (app.count("--user") != 0) take_user(out, raw.user);
    out.body = request_body::of_command_line(raw.data, raw.form, raw.json);
    if (out.method == "HEAD") {  // no file comes of it
        if (!out.body.empty()) throw CLI::ValidationError("--request", "a HEAD sends no body");
        out.head = true;
    }
    check(out);
    out.connections.load();
    try_a_request(out);
}

}  // namespace

std::optional<int> parse_command_line(int argc, char** argv, options& out) {
    CLI::App app(about, "skein-get");
    raw_options raw;
    app.footer(footer);
    app.set_version_flag("--version", "skein-get " SKEIN_GET_VERSION);
    add_files(app, out, raw);
    add_requests(app, out, raw);
    add_identity(app, out, raw);
    out.connections.add_to(app);
    add_reports(app, out);
    try {
        app.parse(argc, argv);
        understand(app, out, raw);
    } catch (const CLI::Success& done) {  // --help, --version
        return app.exit(done);
    } catch (const CLI::Error& mistake) {
        std::cerr << "skein-get: " << mistake.what() << '\n';
        return wrong_usage;
    }
    return std::nullopt;
}

}  // namespace get
