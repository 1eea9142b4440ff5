// Owns the disposition of SIGPIPE between the first loop of the process and the last.
#include "loop/sigpipe.hpp"

#include <csignal>
#include <mutex>

namespace skein::loop {

namespace {

constinit std::mutex guards_mutex;
constinit int guards = 0;
constinit bool sigpipe_taken = false;

void do_nothing(int) {}

bool has_handler(void (*handler)(int)) noexcept {
    struct sigaction now {};
    return ::sigaction(SIGPIPE, nullptr, &now) == 0 && (now.sa_flags & SA_SIGINFO) == 0 &&
           now.sa_handler == handler;
}

void set_handler(void (*handler)(int)) noexcept {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGPIPE, &action, nullptr);
}

}  // namespace

sigpipe_guard::sigpipe_guard() noexcept {
    const std::lock_guard lock(guards_mutex);
    if (guards++ != 0 || !has_handler(SIG_DFL)) return;
    set_handler(do_nothing);
    sigpipe_taken = true;
}

sigpipe_guard::~sigpipe_guard() {
    const std::lock_guard lock(guards_mutex);
    if (--guards != 0 || !sigpipe_taken) return;
    sigpipe_taken = false;
    if (has_handler(do_nothing)) set_handler(SIG_DFL);
}

}  // namespace skein::loop
