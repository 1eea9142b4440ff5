// A part of a test that may die of a signal: it runs in a child process, which can say letters.
#pragma once

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <string>

namespace skein::tests {

/// How the child ended.
struct ending {
    int signal;  // that ended the process, or 0
    int code;
    std::string said;
};

inline int say_to = -1;

/// In the child: adds a letter to what the ending has.
inline void say(char what) {
    if (write(say_to, &what, 1) != 1) _exit(99);
}

/// Runs a function in a child process, which ends with the code that it gives.
inline ending in_child(const std::function<int()>& body) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        close(ends[0]);
        say_to = ends[1];
        std::signal(SIGINT, SIG_DFL);
        alarm(30);  // rather than hang
        _exit(body());
    }
    close(ends[1]);
    ending result{};
    for (char c; read(ends[0], &c, 1) == 1;) result.said += c;
    close(ends[0]);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
    if (WIFEXITED(status)) result.code = WEXITSTATUS(status);
    return result;
}

/// Whether the disposition of a signal is `handler`.
inline bool disposition_is(int signal, void (*handler)(int)) {
    struct sigaction present {};
    return sigaction(signal, nullptr, &present) == 0 && present.sa_handler == handler;
}

}  // namespace skein::tests
