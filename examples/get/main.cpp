// skein-get: fetches files over HTTP, many at a time, on the public headers of skein only.
// Owns the order of things: command line, lists, folder, then so many workers as there are jobs.
#include "display.hpp"
#include "download.hpp"
#include "exit_code.hpp"
#include "failure.hpp"
#include "input_list.hpp"
#include "options.hpp"
#include "report.hpp"
#include "standard_output.hpp"
#include "stop_signals.hpp"
#include "text.hpp"
#include "verbose.hpp"

#include <skein/cancelled_error.hpp>
#include <skein/cookie_file.hpp>
#include <skein/future.hpp>
#include <skein/gather.hpp>
#include <skein/run.hpp>

#include <fcntl.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace get {

namespace {

/// A run over all URLs. *Lifetime:* longer than run().
class session_run {
public:
    session_run(const options& asked, std::vector<input> inputs, folder* where, std::string file_name)
        : asked_(asked),
          inputs_(std::move(inputs)),
          counters_(inputs_.size()),
          screen_(mode_for(asked), counters_),
          session_(traced_session()),
          downloads_{asked, session_, where, std::move(file_name), counters_, output_} {
        load_cookies();
    }

    skein::task<int> run() {
        try {
            co_await all();
        } catch (const skein::cancelled_error&) {
            sum_up("interrupted: ");
            save_cookies();
            throw;
        }
        sum_up("");
        save_cookies();
        co_return counters_.failed() == 0 ? all_saved : some_failed;
    }

    /// What the library tells nobody in particular: above all that a connection believes anybody.
    void tell_aside(std::string_view context, const std::exception_ptr& error) {
        std::string line = std::string(context) + ": " + describe(error).message;
        if (asked_.connections.insecure && describe(error).kind == "tls") {
            if (std::exchange(told_insecure_, true)) return;
            line = "--insecure: NO SERVER IS VERIFIED: whoever is on the way can read and change everything";
        }
        screen_.say(printable("skein-get: " + line));
    }

private:
    struct redrawing {
        skein::future<> task;
        ~redrawing() { task.cancel(); }
    };

    // Who reads the file or the heads on a terminal reads nothing else between them but what went wrong.
    static display::mode mode_for(const options& asked) {
        return display::best_mode(asked.quiet || asked.to_standard_output() || (asked.head && !asked.json));
    }
    skein::session_options traced_session() {
        auto out = asked_.session();
        if (asked_.verbose) out.trace = verbose_trace([this](const std::string& line) { screen_.say(line); });
        return out;
    }

    void load_cookies() {
        if (asked_.cookies_from.empty()) return;
        const auto loaded = skein::load_cookies(session_.cookies(), asked_.cookies_from);
        for (const auto& fault : loaded.faults)
            screen_.say(printable("skein-get: " + asked_.cookies_from + ":" + std::to_string(fault.number) +
                                  ": not used: " + fault.what));
    }
    void save_cookies() {
        if (!asked_.cookies_to.empty())
            skein::save_cookies(session_.cookies(), asked_.cookies_to, skein::cookie_format::netscape);
    }

    skein::task<> all() {
        const redrawing shown{skein::create_task(screen_.run())};
        std::vector<skein::task<>> workers;
        const std::size_t count = std::min(asked_.jobs, inputs_.size());
        for (std::size_t i = 0; i < count; ++i) workers.push_back(work());
        co_await skein::gather(std::move(workers));
    }

    skein::task<> work() {
        while (next_ < inputs_.size()) {
            const input& what = inputs_[next_++];
            const result became = co_await downloads_.fetch(what);
            tell(what, became);
            if (asked_.json) co_await output_.add(json_line(what, became));
        }
    }

    void tell(const input& what, const result& became) {
        if (became.error) {
            const std::string url = without_secrets(what.text);
            const std::string& message = became.error->message;
            std::string line = "skein-get: ";
            if (!what.source.empty()) line += what.source + ": ";
            if (message.find(url) == std::string::npos) line += url + ": ";
            screen_.say(printable(line + message));
        } else if (!asked_.json && asked_.makes_files()) {
            screen_.mention(printable("saved " + became.path + ", " + size_text(became.bytes)));
        }
    }

    void sum_up(const std::string& how) {
        const auto seconds = std::chrono::duration<double>(counters_.elapsed()).count();
        std::string line = "skein-get: " + how + std::to_string(counters_.saved()) + " of " +
                           std::to_string(counters_.files()) + (asked_.head ? " answered, " : " saved, ") +
                           size_text(counters_.saved_bytes()) + " in " + tenths(seconds) + " s";
        if (counters_.failed() != 0) line += ", " + std::to_string(counters_.failed()) + " failed";
        screen_.clear();
        screen_.mention(line);
    }
    static std::string tenths(double seconds) {
        const auto rounded = static_cast<unsigned long long>(seconds * 10 + 0.5);
        return std::to_string(rounded / 10) + "." + std::to_string(rounded % 10);
    }

    const options& asked_;
    const std::vector<input> inputs_;
    std::size_t next_ = 0;
    progress counters_;
    display screen_;
    text_writer output_;
    skein::client_session session_;
    downloader downloads_;
    bool told_insecure_ = false;
};

int fail(int code, std::string_view message) {
    write_stderr(printable("skein-get: " + std::string(message)) + "\n");
    return code;
}

// A stream that is closed would give its number to the first file that is opened, and take its text.
void hold_standard_streams() {
    for (int fd = 0; fd <= 2; ++fd)
        if (::fcntl(fd, F_GETFD) < 0) static_cast<void>(::open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY));
}

// Where files go, and the name of the one that --output names.
struct destination {
    std::optional<folder> where = {};
    std::string file_name = {};
};

destination destination_of(const options& asked) {
    destination out;
    if (!asked.makes_files()) return out;
    if (asked.output.empty()) {
        out.where.emplace(asked.folder);
        return out;
    }
    const std::filesystem::path target = std::filesystem::path(asked.folder) / asked.output;
    out.file_name = target.filename().string();
    const auto parent = target.parent_path().string();
    out.where.emplace(parent.empty() ? "." : parent);
    return out;
}

bool names_a_file(const std::string& path) {
    const std::string name = std::filesystem::path(path).filename().string();
    return !name.empty() && name != "." && name != "..";
}

int fetch_all(const options& asked) {
    auto inputs = read_inputs(asked);
    if (inputs.empty()) return fail(wrong_usage, "no URL in " + asked.lists.front());
    if (!asked.output.empty() && !names_a_file(asked.output))
        return fail(wrong_usage, "--output: " + asked.output + " is no file name");
    destination to = destination_of(asked);
    session_run all(asked, std::move(inputs), to.where ? &*to.where : nullptr, to.file_name);
    skein::run_options how;
    how.exception_handler = [&all](std::string_view context, const std::exception_ptr& error) {
        all.tell_aside(context, error);
    };
    int came = 0;
    try {
        return skein::run(run_until_signal(all.run(), came), how);
    } catch (const skein::cancelled_error&) {
        if (came != 0)
            std::raise(came);  // so that whoever sent it sees what ended us; run() does so for SIGINT
        throw;
    }
}

}  // namespace

}  // namespace get

int main(int argc, char** argv) {
    get::hold_standard_streams();
    std::signal(SIGPIPE, SIG_IGN);  // writes then say EPIPE,
    std::signal(SIGXFSZ, SIG_IGN);  // and EFBIG
    try {
        get::options asked;
        if (const auto code = get::parse_command_line(argc, argv, asked)) return *code;
        return get::fetch_all(asked);
    } catch (const skein::cancelled_error&) {  // no SIGINT ended us: it is not ours to take
        return get::nothing_done;
    } catch (const std::exception& e) {
        const auto* code = dynamic_cast<const std::system_error*>(&e);
        const bool nobody_reads = code != nullptr && code->code() == std::errc::broken_pipe;
        return get::fail(nobody_reads ? get::output_closed : get::nothing_done, e.what());
    }
}
