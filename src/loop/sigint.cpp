// Owns the way of SIGINT from a signal handler to the loop that took it.
#include "loop/sigint.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>

namespace skein::loop {

namespace {

// Of the loop that has taken the signal; null once it came.
std::atomic<uv_async_t*> target = nullptr;
std::atomic<int> handlers_running = 0;

extern "C" void skein_on_sigint(int) {
    const int saved_errno = errno;
    ++handlers_running;
    if (auto* wake = target.exchange(nullptr)) uv_async_send(wake);  // which is async-signal-safe
    --handlers_running;
    errno = saved_errno;
}

bool disposition_is(void (*handler)(int)) noexcept {
    struct sigaction present {};
    return sigaction(SIGINT, nullptr, &present) == 0 && (present.sa_flags & SA_SIGINFO) == 0 &&
           present.sa_handler == handler;
}

}  // namespace

bool sigint::take(uv_loop_t& loop, void* context, void (*callback)(uv_async_t*)) noexcept {
    if (!disposition_is(SIG_DFL) || uv_async_init(&loop, &wake_, callback) != 0) return false;
    wake_.data = context;
    uv_unref(reinterpret_cast<uv_handle_t*>(&wake_));
    uv_async_t* none = nullptr;
    if (!target.compare_exchange_strong(none, &wake_)) {  // another thread was faster
        uv_close(reinterpret_cast<uv_handle_t*>(&wake_), nullptr);
        return false;
    }
    struct sigaction ours {};
    ours.sa_handler = skein_on_sigint;
    ours.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
    sigemptyset(&ours.sa_mask);
    sigaction(SIGINT, &ours, nullptr);
    return taken_ = true;
}

bool sigint::give_back() noexcept {
    if (!taken_) return false;
    taken_ = false;
    if (disposition_is(skein_on_sigint)) std::signal(SIGINT, SIG_DFL);
    uv_async_t* mine = &wake_;
    const bool came = !target.compare_exchange_strong(mine, nullptr);
    while (handlers_running != 0) {  // in another thread, about to use the handle
    }
    uv_close(reinterpret_cast<uv_handle_t*>(&wake_), nullptr);
    return came;
}

}  // namespace skein::loop
