// What a person sees while it runs: on a terminal a block of lines that is redrawn, elsewhere a line for each
// file. On standard error.
#pragma once

#include "progress.hpp"

#include <skein/task.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace get {

class display {
public:
    enum class mode { quiet, lines, terminal };

    /// What standard error can show.
    static mode best_mode(bool quiet);

    display(mode how, progress& of) : mode_(how), progress_(of) {}
    display(const display&) = delete;
    display& operator=(const display&) = delete;
    ~display() { clear(); }

    /// Redraws ten times a second until it is cancelled; without a terminal there is nothing to do.
    skein::task<> run();
    /// A line that stays. Written as it is: see printable().
    void say(std::string_view line);
    /// The same, unless told to be quiet.
    void mention(std::string_view line) {
        if (mode_ != mode::quiet) say(line);
    }
    /// Takes the block off the screen.
    void clear();

private:
    void draw();
    std::string erasure() const;
    std::string total_line();
    static std::string amounts(const transfer& one);

    mode mode_;
    progress& progress_;
    rate_meter rate_ = {};
    std::size_t drawn_ = 0;  // lines of the block on the screen
};

/// Writes it all to standard error, as far as that takes it.
void write_stderr(std::string_view text) noexcept;

}  // namespace get
