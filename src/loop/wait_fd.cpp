// Owns the polling of descriptors that belong to others. libuv allows one poll handle per descriptor and
// loop: it is made for the first task that waits, serves both directions, and is closed with the last. So a
// number that its library closes and opens anew between two waits is never mistaken for the old one.
#include <skein/wait_fd.hpp>

#include "loop/loop.hpp"

#include <memory>
#include <string>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

namespace skein::loop {

namespace {

class fd_wait;

class fd_poll {
public:
    /// The poll of a descriptor on this thread's loop.
    static fd_poll& of(int fd, const char* what);

    /// Throws std::system_error, and is gone, if there is nobody else and the descriptor cannot be polled.
    void add(fd_wait& one, const char* what);
    void remove(fd_wait& one) noexcept;

private:
    explicit fd_poll(int fd) noexcept : fd_(fd) {}

    void on_ready(int events) noexcept;
    int poll_for_those_left() noexcept;
    void close() noexcept;

    uv_handle_t* handle() noexcept { return reinterpret_cast<uv_handle_t*>(&poll_); }

    const int fd_;
    uv_poll_t poll_{};  // closed by a callback that deletes this
    std::vector<fd_wait*> waiting_;
};

// Of this thread's loop; empty whenever none runs.
std::unordered_map<int, fd_poll*>& polls() noexcept {
    static thread_local std::unordered_map<int, fd_poll*> all;
    return all;
}

class fd_wait final : detail::wait {
public:
    fd_wait(int fd, int direction, const char* what) noexcept : fd_(fd), direction_(direction), what_(what) {}

    bool await_ready() const {
        check();
        return false;
    }
    void await_suspend(detail::task_handle at) {
        poll_ = &fd_poll::of(fd_, what_);
        poll_->add(*this, what_);
        suspend(at);
    }
    void await_resume() const {
        if (cancelled_) throw cancelled_error();
    }

    int direction() const noexcept { return direction_; }
    void on_ready() noexcept { wake(); }

private:
    void describe(std::string& out) const override {
        out.append(what_).append(" of ").append(std::to_string(fd_));
    }
    void on_cancel() noexcept override {
        cancelled_ = true;
        poll_->remove(*this);
        wake();
    }

    const int fd_;
    const int direction_;
    const char* const what_;
    fd_poll* poll_ = nullptr;
    bool cancelled_ = false;
};

[[noreturn]] void fail(int status, int fd, const char* what) {
    std::string message = std::string(what) + ": descriptor " + std::to_string(fd);
    if (status == UV_EPERM) message += " is a file, and files are always ready";
    if (status == UV_EEXIST) message += " belongs to the loop itself";
    throw std::system_error(-status, std::generic_category(), message);
}

// ---- fd_poll

fd_poll& fd_poll::of(int fd, const char* what) {
    auto& loop = loop::current(what);
    auto& known = polls();
    if (const auto found = known.find(fd); found != known.end()) return *found->second;
    if (fd < 0) fail(UV_EBADF, fd, what);
    std::unique_ptr<fd_poll> made(new fd_poll(fd));
    const auto at = known.emplace(fd, made.get()).first;
    if (const int status = uv_poll_init(loop.uv(), &made->poll_, fd); status != 0) {
        known.erase(at);
        fail(status, fd, what);
    }
    made->poll_.data = made.get();
    uv_unref(made->handle());
    return *made.release();
}

void fd_poll::add(fd_wait& one, const char* what) {
    try {
        waiting_.push_back(&one);
    } catch (...) {
        if (waiting_.empty()) close();
        throw;
    }
    if (const int status = poll_for_those_left(); status != 0) {
        remove(one);
        fail(status, fd_, what);
    }
}

void fd_poll::remove(fd_wait& one) noexcept {
    std::erase(waiting_, &one);
    poll_for_those_left();
}

int fd_poll::poll_for_those_left() noexcept {
    int events = 0;
    for (const auto* one : waiting_) events |= one->direction();
    if (events == 0) {
        close();
        return 0;
    }
    return uv_poll_start(&poll_, events, [](uv_poll_t* poll, int status, int ready) {
        // An error is for the call that comes next, whichever that is.
        static_cast<fd_poll*>(poll->data)->on_ready(status != 0 ? UV_READABLE | UV_WRITABLE : ready);
    });
}

void fd_poll::on_ready(int events) noexcept {
    std::erase_if(waiting_, [events](fd_wait* one) {
        if ((one->direction() & events) == 0) return false;
        one->on_ready();
        return true;
    });
    poll_for_those_left();
}

void fd_poll::close() noexcept {
    polls().erase(fd_);
    uv_close(handle(), [](uv_handle_t* closed) { delete static_cast<fd_poll*>(closed->data); });
}

task<> wait_for_fd(int fd, int direction, const char* what) {
    fd_wait wait(fd, direction, what);
    co_await wait;
}

}  // namespace

}  // namespace skein::loop

namespace skein {

task<> wait_readable(int fd) {
    return loop::wait_for_fd(fd, UV_READABLE, "wait_readable()");
}
task<> wait_writable(int fd) {
    return loop::wait_for_fd(fd, UV_WRITABLE, "wait_writable()");
}

}  // namespace skein
