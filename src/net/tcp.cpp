// Owns how TCP connections are made.
#include "net/tcp.hpp"

#include "net/socket_stream.hpp"

#include <skein/cancelled_error.hpp>

#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace skein::net {

namespace {

[[noreturn]] void fail(int status) {
    throw std::system_error(std::error_code(-status, std::generic_category()));
}

/// A handle; with a socket behind it only if that must be told something before it connects.
open_socket open_tcp(const address& to, const socket_options& how) {
    const bool early = how.has_any();
    auto made = make_tcp_handle(early ? to.family() : AF_UNSPEC);
    if (early) {
        uv_os_fd_t fd = -1;
        uv_fileno(made->handle(), &fd);
        apply(how, fd, to.family());
    }
    return made;
}

class connect_wait final : detail::wait {
public:
    connect_wait(const address& to, open_socket& by) noexcept : to_(to), socket_(by) {}

    bool await_ready() const {
        check();
        return false;
    }
    void await_suspend(detail::task_handle at) {
        request_.data = this;
        suspend(at);
        const int status =
            uv_tcp_connect(&request_, &socket_->uv.tcp, to_.system(), [](uv_connect_t* request, int result) {
                auto& self = *static_cast<connect_wait*>(request->data);
                self.status_ = result;
                self.wake();
            });
        if (status != 0) {
            status_ = status;
            wake();
        }
    }
    void await_resume() const {
        if (socket_ == nullptr) throw cancelled_error();
        if (status_ != 0) fail(status_);
    }

private:
    void describe(std::string& out) const override { out.append("connecting to ").append(to_.to_string()); }
    void on_cancel() noexcept override {
        socket_.reset();  // and the connect callback follows
    }

    const address& to_;  // both in the frame of who waits
    open_socket& socket_;
    uv_connect_t request_{};
    int status_ = 0;
};

task<std::unique_ptr<stream>> connect_in_task(address to, const socket_options& how) {
    open_socket made = open_tcp(to, how);
    co_await connect_wait(to, made);
    if (how.no_delay) uv_tcp_nodelay(&made->uv.tcp, 1);
    co_return make_socket_stream(std::move(made), to.to_string());
}

}  // namespace

task<std::unique_ptr<stream>> connect_tcp(address to, const socket_options& how) {
    return connect_in_task(to, how);
}

}  // namespace skein::net
