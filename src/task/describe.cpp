// Owns how tasks, functions and durations are put in words.
#include "task/describe.hpp"

#include <cstdio>
#include <string>

namespace skein::detail {

namespace {

// Where the bracket that closes at `close` was opened, with the brackets of all kinds in between.
std::size_t opening_of(std::string_view text, std::size_t close) noexcept {
    int depth = 0;
    for (std::size_t i = close + 1; i-- > 0;) {
        if (text[i] == ')' || text[i] == '>' || text[i] == ']') ++depth;
        if ((text[i] == '(' || text[i] == '<' || text[i] == '[') && --depth == 0) return i;
    }
    return std::string_view::npos;
}

void append_formatted(std::string& out, const char* format, double value) {
    char text[32];
    out.append(text, static_cast<std::size_t>(std::snprintf(text, sizeof text, format, value)));
}

}  // namespace

void append_duration(std::string& out, clock::duration d) {
    using namespace std::chrono;
    const auto ms = duration_cast<milliseconds>(d).count();
    if (ms < 1000) {
        out.append(std::to_string(ms)).append(" ms");
    } else if (ms < 60'000) {
        append_formatted(out, "%.3g s", static_cast<double>(ms) / 1000);
    } else {
        const auto minutes = ms / 60'000;
        if (minutes >= 60) out.append(std::to_string(minutes / 60)).append(" h ");
        out.append(std::to_string(minutes % 60)).append(" min");
        if (minutes < 60) out.append(" ").append(std::to_string(ms / 1000 % 60)).append(" s");
    }
}

std::string_view short_function_name(std::string_view full) noexcept {
    // What g++ and clang add for a template: " [with T = int]", " [T = int]".
    if (full.ends_with(']'))
        if (const auto at = opening_of(full, full.size() - 1);
            at != full.npos && at > 0 && full[at - 1] == ' ')
            full = full.substr(0, at - 1);
    for (const std::string_view after : {" noexcept", " &&", " &", " const"})
        if (full.ends_with(after)) full.remove_suffix(after.size());
    if (full.ends_with(')'))
        if (const auto at = opening_of(full, full.size() - 1); at != full.npos && at > 0)
            full = full.substr(0, at);
    // The result ends at the last space that is in no bracket.
    for (std::size_t i = full.size(); i-- > 0;) {
        if (full[i] == ')' || full[i] == '>' || full[i] == ']') {
            const auto at = opening_of(full, i);
            if (at == full.npos) return full;
            i = at;
        } else if (full[i] == ' ') {
            return full.substr(i + 1);
        }
    }
    return full;
}

std::string_view file_name_of(std::string_view path) noexcept {
    return path.substr(path.find_last_of("/\\") + 1);
}

void append_function(std::string& out, const std::source_location& where) {
    if (where.line() == 0) return;
    out.append(short_function_name(where.function_name())).append(" (");
    out.append(file_name_of(where.file_name())).append(":").append(std::to_string(where.line())).append(")");
}

void describe_job(const job& of, std::string& out) {
    if (const auto name = of.name(); !name.empty()) {
        out.append("task \"").append(name).append("\"");
        return;
    }
    out += "a task";
    if (const auto where = of.location(); where.line() != 0)
        out.append(" created at ")
            .append(file_name_of(where.file_name()))
            .append(":")
            .append(std::to_string(where.line()));
}

}  // namespace skein::detail
