// Owns what SIGTERM and SIGHUP do to a run: they cancel it.
#include "stop_signals.hpp"

#include <skein/future.hpp>
#include <skein/on_signal.hpp>

#include <csignal>
#include <utility>

namespace get {

namespace {

bool is_ignored(int signal) {
    struct sigaction present {};
    return sigaction(signal, nullptr, &present) == 0 && present.sa_handler == SIG_IGN;
}

skein::task<> cancel_on(int signal, skein::future<int> work, int& came) {
    co_await skein::on_signal(signal);
    came = signal;
    work.cancel();
}

}  // namespace

skein::task<int> run_until_signal(skein::task<int> work, int& came) {
    auto running = skein::create_task(std::move(work));
    for (const int signal : {SIGTERM, SIGHUP})
        if (!is_ignored(signal)) skein::create_task(cancel_on(signal, running, came));
    co_return co_await running;
}

}  // namespace get
