// Owns the watchdog's thread, and what it says.
#include "loop/watchdog.hpp"

#include <csignal>
#include <cstdio>
#include <exception>
#include <utility>

namespace skein::loop {

namespace {

std::string place(const std::source_location& where) {
    return std::string(where.file_name()) + ":" + std::to_string(where.line());
}

/// A thread that takes no signals: they are for the program's own.
std::thread quiet_thread(std::function<void()> body) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    struct restore {
        const sigset_t& mask;
        ~restore() { pthread_sigmask(SIG_SETMASK, &mask, nullptr); }
    } const at_end{before};
    return std::thread(std::move(body));
}

void say(const blocked_task& blocked) {
    std::fprintf(stderr, "skein: %s\n", blocked.what().c_str());
}

}  // namespace

watchdog::watchdog(clock::duration limit, std::function<void(const blocked_task&)> report)
    : limit_(limit), report_(report ? std::move(report) : say), thread_(quiet_thread([this] { watch(); })) {}

watchdog::~watchdog() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void watchdog::step_begins(const detail::job* one) noexcept {
    const std::lock_guard lock(mutex_);
    ++step_;
    running_ = true;
    began_ = clock::now();
    name_.clear();
    created_ = function_ = {};
    if (one != nullptr) {
        created_ = one->location();
        function_ = one->function();
        try {
            name_ = one->name();
        } catch (...) {  // no memory: it stays without a name
        }
    }
    // At most once each limit: when it wakes, the thread first lets that much time pass.
    if (std::exchange(asleep_, false)) changed_.notify_one();
}

void watchdog::step_ends() noexcept {
    const std::lock_guard lock(mutex_);
    running_ = false;
}

void watchdog::watch() {
    std::unique_lock lock(mutex_);
    while (!ending_) {
        if (!running_) {
            asleep_ = true;
            changed_.wait(lock, [this] { return ending_ || !asleep_; });
            continue;
        }
        const auto step = step_;
        changed_.wait_until(lock, began_ + limit_, [this] { return ending_; });
        if (ending_ || !running_ || step != step_) continue;
        report(lock);
        // Once each step: now until it has ended, at whatever pace.
        while (!ending_ && running_ && step == step_)
            changed_.wait_for(lock, limit_, [this] { return ending_; });
    }
}

void watchdog::report(std::unique_lock<std::mutex>& lock) {
    const blocked_task blocked(name_, created_, function_, clock::now() - began_);
    lock.unlock();
    try {
        report_(blocked);
    } catch (...) {
        std::fputs("skein: the watchdog's callback threw\n", stderr);
        say(blocked);
    }
    lock.lock();
}

}  // namespace skein::loop

namespace skein {

std::string blocked_task::what() const {
    std::string text = name_.empty() ? "a task" : "task \"" + name_ + "\"";
    if (function_.line() == 0 && created_.line() == 0) text = "a callback";
    if (function_.line() != 0)
        text.append(" in ").append(function_.function_name()).append(" at ").append(loop::place(function_));
    if (created_.line() != 0) text.append(", created at ").append(loop::place(created_)).append(",");
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(elapsed_).count();
    return text.append(" blocks the loop for ").append(std::to_string(ms)).append(" ms");
}

}  // namespace skein
