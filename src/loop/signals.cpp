// Owns the watching of signals, by libuv's handles, and what their dispositions were before.
#include <skein/on_signal.hpp>

#include "loop/loop.hpp"

#include <csignal>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace skein::detail {

namespace {

// libuv gives a signal that nobody watches any more its default disposition. Here is what it had before, for
// the whole process, as dispositions are. There is no way around an instant of the default one in between.
class dispositions {
public:
    int start(uv_signal_t& handle, uv_signal_cb callback, int signal) {
        const std::lock_guard lock(mutex_);
        const struct sigaction before = present(signal);
        if (const int status = uv_signal_start(&handle, callback, signal); status != 0) return status;
        auto& entry = entries_[signal];
        if (entry.watches++ == 0) entry.before = before;
        handler_of_libuv_ = present(signal).sa_handler;
        return 0;
    }
    void stop(uv_signal_t& handle, int signal) noexcept {
        const std::lock_guard lock(mutex_);
        const struct sigaction last = present(signal);
        uv_signal_stop(&handle);
        const auto entry = entries_.find(signal);
        const bool others_watch = present(signal).sa_handler == handler_of_libuv_;
        // Whoever has set another handler meanwhile keeps it.
        const struct sigaction& back = last.sa_handler == handler_of_libuv_ ? entry->second.before : last;
        if (!others_watch && back.sa_handler != handler_of_libuv_) sigaction(signal, &back, nullptr);
        if (--entry->second.watches == 0) entries_.erase(entry);
    }

private:
    struct watched {
        int watches = 0;
        struct sigaction before {};
    };
    static struct sigaction present(int signal) noexcept {
        struct sigaction now {};
        sigaction(signal, nullptr, &now);
        return now;
    }

    std::mutex mutex_;
    std::map<int, watched> entries_;
    void (*handler_of_libuv_)(int) = nullptr;
};

dispositions& process_dispositions() {
    static dispositions all;
    return all;
}

}  // namespace

class signal_watch final : public loop::resource {
public:
    explicit signal_watch(int signal);
    ~signal_watch() override { close(); }

    bool closed() const noexcept { return handle_ == nullptr; }
    bool take_pending() noexcept { return std::exchange(pending_, false); }
    waiters& waiting() noexcept { return waiting_; }
    /// How often those who waited were woken.
    std::uint64_t deliveries() const noexcept { return deliveries_; }

private:
    void on_signal() noexcept {
        if (waiting_.empty()) {
            pending_ = true;
        } else {
            ++deliveries_;
            this_kernel.scheduler->push_all(waiting_);
        }
    }
    void on_loop_end() noexcept override { close(); }
    void close() noexcept;

    const int signal_;
    uv_signal_t* handle_ = nullptr;  // deleted in its close callback
    waiters waiting_;
    std::uint64_t deliveries_ = 0;
    bool pending_ = false;
};

namespace {

void close_and_delete(uv_signal_t* handle) noexcept {
    uv_close(reinterpret_cast<uv_handle_t*>(handle),
             [](uv_handle_t* closed) { delete reinterpret_cast<uv_signal_t*>(closed); });
}

[[noreturn]] void fail(int status, int signal) {
    throw std::system_error(-status, std::generic_category(),
                            "on_signal(): cannot watch signal " + std::to_string(signal));
}

}  // namespace

signal_watch::signal_watch(int signal) : signal_(signal) {
    auto& loop = loop::loop::current("on_signal()");
    auto handle = std::make_unique<uv_signal_t>();
    if (const int status = uv_signal_init(loop.uv(), handle.get()); status != 0) fail(status, signal);
    auto* const made = handle.release();
    made->data = this;
    uv_unref(reinterpret_cast<uv_handle_t*>(made));
    const auto callback = [](uv_signal_t* from, int) { static_cast<signal_watch*>(from->data)->on_signal(); };
    if (const int status = process_dispositions().start(*made, callback, signal); status != 0) {
        close_and_delete(made);
        fail(status, signal);
    }
    handle_ = made;
    loop.bind(*this, "a signal_watcher");
}

void signal_watch::close() noexcept {
    if (closed()) return;
    process_dispositions().stop(*handle_, signal_);
    close_and_delete(std::exchange(handle_, nullptr));
}

// ---- signal_wait

bool signal_wait::await_ready() const {
    check();
    if (watch_ == nullptr) throw std::logic_error("co_await of a signal_watcher that was moved from");
    if (watch_->closed()) throw std::logic_error("co_await of a signal_watcher whose loop has ended");
    return watch_->take_pending();
}

void signal_wait::await_suspend(detail::task_handle at) {
    deliveries_before_ = watch_->deliveries();
    suspend_in(watch_->waiting(), at);
}

void signal_wait::describe(std::string& out) const {
    out += "waiting for a signal";
}

void signal_wait::on_cancel() noexcept {
    if (watch_->deliveries() != deliveries_before_) return;  // it came, and is delivered
    cancelled_ = true;
    leave_and_wake(watch_->waiting());
}

namespace {

task<> wait_for_signal(std::shared_ptr<signal_watch> watch) {
    signal_wait wait(std::move(watch));
    co_await wait;
}

}  // namespace

}  // namespace skein::detail

namespace skein {

signal_watcher::signal_watcher(int signal) : watch_(std::make_shared<detail::signal_watch>(signal)) {}

task<> signal_watcher::next() const {
    return detail::wait_for_signal(watch_);
}

detail::signal_wait signal_watcher::operator co_await() const {
    return detail::signal_wait(watch_);
}

}  // namespace skein
