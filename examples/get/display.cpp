// Owns the screen: the few control sequences (ECMA-48) that redraw a block of lines in place.
//
// A drawing is one write, and leaves the cursor below the block and line wrapping on, so that the program may
// end at any moment.
#include "display.hpp"

#include "text.hpp"

#include <skein/sleep.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace get {

namespace {

using std::chrono::duration;
using std::chrono::duration_cast;
using std::chrono::seconds;

constexpr auto redraw_interval = std::chrono::milliseconds(100);
constexpr std::size_t most_lines = 16;
constexpr std::size_t bar_width = 16;  // between its brackets
constexpr std::size_t rest_width =
    44;  // of what follows the bar, at most: "100% of 999.9 MB  999.9 MB/s  59:59 left"
constexpr std::size_t least_name = 12;
constexpr std::size_t most_name = 32;
constexpr double longest_estimate = 1e6;  // seconds; what takes longer is not estimated

constexpr const char* no_wrap = "\x1b[?7l";  // a long line ends at the margin: no widths to compute
constexpr const char* wrap = "\x1b[?7h";
constexpr const char* erase_to_end = "\x1b[J";

// Where the terminal does not say: as small as they come.
struct screen_size {
    std::size_t lines = 4;
    std::size_t columns = 80;

    static screen_size now() {
        winsize size{};
        screen_size out;
        if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0) return out;
        if (size.ws_row >= 4) out.lines = std::min<std::size_t>(size.ws_row - 2U, most_lines);
        if (size.ws_col > 0) out.columns = size.ws_col;
        return out;
    }
    bool has_bars() const noexcept { return columns >= 80; }
    std::size_t name_width() const noexcept {
        const std::size_t taken = rest_width + (has_bars() ? bar_width + 4 : 0);
        return std::clamp(columns - std::min(columns, taken), least_name, most_name);
    }
};

// "[########        ] "; as long where the size is not known, so that what follows stands in one column.
std::string bar(const transfer& one) {
    if (!one.size || *one.size == 0) return std::string(bar_width + 4, ' ');
    const double part = static_cast<double>(std::min(one.done, *one.size)) / static_cast<double>(*one.size);
    const auto filled = static_cast<std::size_t>(part * static_cast<double>(bar_width));
    return "[" + std::string(filled, '#') + std::string(bar_width - filled, ' ') + "]  ";
}

std::string time_left(double seconds_left) {
    if (!(seconds_left >= 0) || seconds_left > longest_estimate) return {};
    return "  " + time_text(seconds(static_cast<long long>(seconds_left + 0.5))) + " left";
}

std::string padded(std::string text, std::size_t width) {
    const auto shown = static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
    return text.append(width - std::min(width, shown), ' ');
}

}  // namespace

void write_stderr(std::string_view text) noexcept {
    while (!text.empty()) {
        const ssize_t done = ::write(STDERR_FILENO, text.data(), text.size());
        if (done > 0)
            text.remove_prefix(static_cast<std::size_t>(done));
        else if (done == 0 || errno != EINTR)
            return;  // nobody to be told
    }
}

display::mode display::best_mode(bool quiet) {
    if (quiet) return mode::quiet;
    const char* terminal = std::getenv("TERM");
    const bool able = terminal != nullptr && *terminal != '\0' && std::string_view(terminal) != "dumb";
    return able && ::isatty(STDERR_FILENO) == 1 ? mode::terminal : mode::lines;
}

skein::task<> display::run() {
    while (mode_ == mode::terminal) {
        draw();
        co_await skein::sleep(redraw_interval);
    }
}

void display::say(std::string_view line) {
    write_stderr(erasure().append(line).append("\n"));
    drawn_ = 0;
}

void display::clear() {
    write_stderr(erasure());
    drawn_ = 0;
}

std::string display::erasure() const {
    if (drawn_ == 0) return {};
    return "\x1b[" + std::to_string(drawn_) + "A\r" + erase_to_end;
}

void display::draw() {
    const auto now = skein::clock::now();
    const screen_size size = screen_size::now();
    const std::size_t room = size.lines - 1;
    std::size_t lines = 0;
    std::string out = erasure() + no_wrap;
    for (auto& one : progress_.transfers()) {
        one.rate.sample(one.done, now);
        if (lines == room) continue;
        const std::string name = padded(clipped(one.name, size.name_width()), size.name_width());
        out.append(name).append("  ").append(size.has_bars() ? bar(one) : "").append(amounts(one)) += "\n";
        ++lines;
    }
    rate_.sample(progress_.bytes(), now);
    out.append(total_line()).append("\n").append(wrap);
    write_stderr(out);
    drawn_ = lines + 1;
}

std::string display::amounts(const transfer& one) {
    std::string line;
    const double rate = one.rate.bytes_per_second();
    if (one.size && *one.size > 0) {
        const double part = 100.0 * static_cast<double>(one.done) / static_cast<double>(*one.size);
        std::array<char, 16> percent{};
        std::snprintf(percent.data(), percent.size(), "%3.0f%% of ", part);
        line.append(percent.data()).append(size_text(*one.size));
    } else {
        line.append(size_text(one.done));
    }
    line.append("  ").append(size_text(static_cast<std::uint64_t>(rate))).append("/s");
    if (one.size) line += time_left(static_cast<double>(*one.size - std::min(*one.size, one.done)) / rate);
    return line;
}

std::string display::total_line() {
    std::string line =
        std::to_string(progress_.saved()) + " of " + std::to_string(progress_.files()) + " files";
    if (progress_.failed() != 0) line += ", " + std::to_string(progress_.failed()) + " failed";
    const double rate = rate_.bytes_per_second();
    line += "  " + size_text(progress_.bytes()) + "  " + size_text(static_cast<std::uint64_t>(rate)) + "/s";
    if (const auto left = progress_.bytes_left()) return line + time_left(static_cast<double>(*left) / rate);
    // Sizes to come are not known: by the files so far.
    const auto ended = static_cast<double>(progress_.ended());
    const auto to_come = static_cast<double>(progress_.files() - progress_.ended());
    return line + time_left(duration<double>(progress_.elapsed()).count() / ended * to_come);
}

}  // namespace get
