// Owns the processes in which programs are played.
#include "shrink.hpp"

#include "interpreter.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <iterator>
#include <sstream>

namespace programs {

namespace {

constexpr unsigned most_seconds = 60;  // for one process, under any sanitizer

/// Runs it in a child process; what it wrote to the given pipe, and how it ended.
struct process_end {
    int status = 0;
    std::string said;
    bool well() const { return WIFEXITED(status) && WEXITSTATUS(status) == 0; }
};

process_end in_child(const std::function<std::string()>& work) {
    int ends[2];
    if (pipe(ends) != 0) return {1, "no pipe"};
    const pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        alarm(most_seconds);
        const std::string text = work();
        std::size_t written = 0;
        while (written < text.size()) {
            const auto now = write(ends[1], text.data() + written, text.size() - written);
            if (now <= 0) _exit(1);
            written += static_cast<std::size_t>(now);
        }
        _exit(0);
    }
    close(ends[1]);
    process_end end{child < 0 ? 1 : 0, {}};
    char piece[4096];
    for (ssize_t got = 0; (got = read(ends[0], piece, sizeof piece)) > 0;)
        end.said.append(piece, static_cast<std::size_t>(got));
    close(ends[0]);
    if (child > 0) waitpid(child, &end.status, 0);
    return end;
}

void check_end(const generated& one, report& played) {
    if (one.must_end && played.waited_for_ever)
        played.failures.emplace_back("somebody waits for ever, and nothing in the program says so");
}

// The places where something can be left out, in the order of the text: each operation, and each body of it
// that can stand in its place.
bool leave_out(body& from, int& countdown) {
    for (auto at = from.operations.begin(); at != from.operations.end(); ++at) {
        if (countdown-- == 0) {
            from.operations.erase(at);
            return true;
        }
        for (auto& inner : at->bodies) {
            if (countdown-- == 0) {
                auto instead = std::move(inner.operations);
                const auto next = from.operations.erase(at);
                from.operations.insert(next, std::make_move_iterator(instead.begin()),
                                       std::make_move_iterator(instead.end()));
                return true;
            }
        }
        for (auto& inner : at->bodies)
            if (leave_out(inner, countdown)) return true;
        const bool many = at->what == kind::gather || at->what == kind::settle || at->what == kind::first;
        for (auto inner = at->bodies.begin(); many && at->bodies.size() > 1 && inner != at->bodies.end();
             ++inner) {
            if (countdown-- == 0) {
                at->bodies.erase(inner);
                return true;
            }
        }
    }
    return false;
}

}  // namespace

std::vector<std::string> failures_of(const generated& one) {
    const auto end = in_child([&] {
        report played = play(one.program);
        check_end(one, played);
        std::string all;
        for (const auto& what : played.failures) all.append(what).append("\n");
        return all;
    });
    std::vector<std::string> failures;
    std::istringstream lines(end.said);
    for (std::string line; std::getline(lines, line);) failures.push_back(line);
    if (!end.well()) failures.push_back("the process ended with status " + std::to_string(end.status));
    return failures;
}

bool play_range(std::uint64_t first, std::uint64_t last, totals& sum) {
    const auto end = in_child([&] {
        totals own;
        for (auto seed = first; seed < last; ++seed) {
            const auto one = generate(seed);
            report played = play(one.program);
            check_end(one, played);
            if (!played.failures.empty()) return std::string("failed");
            ++own.programs;
            own.operations += played.operations;
            own.events += played.log.size();
            for (const auto& each : played.log) own.cancelled += each.what == "ends: cancelled" ? 1 : 0;
        }
        std::ostringstream text;
        text << own.programs << ' ' << own.operations << ' ' << own.events << ' ' << own.cancelled;
        return text.str();
    });
    totals own;
    std::istringstream text(end.said);
    if (!end.well() || !(text >> own.programs >> own.operations >> own.events >> own.cancelled)) return false;
    sum.programs += own.programs;
    sum.operations += own.operations;
    sum.events += own.events;
    sum.cancelled += own.cancelled;
    return true;
}

void shrink(generated& failing) {
    for (int at = 0;;) {
        generated smaller = failing;
        int countdown = at;
        if (!leave_out(smaller.program, countdown)) return;
        if (failures_of(smaller).empty()) {
            ++at;
        } else {
            failing = std::move(smaller);
        }
    }
}

}  // namespace programs
