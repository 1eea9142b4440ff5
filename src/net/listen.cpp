// Owns listening sockets. Descriptors of our own, not handles of libuv's: those accept before they are asked,
// and so take connections out of the system's queue that nobody has room for.
#include "net/listen.hpp"

#include "base/descriptor.hpp"
#include "net/socket_stream.hpp"
#include "net/unix.hpp"

#include <skein/wait_fd.hpp>

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace skein::net {

namespace {

[[noreturn]] void fail(int number, const std::string& what = {}) {
    throw std::system_error(std::error_code(number, std::generic_category()), what);
}

[[noreturn]] void cannot_listen(const std::string& where, int why = errno) {
    fail(why, "cannot listen at " + where);
}

detail::descriptor open_listening(int family, const std::string& where) {
    detail::descriptor made(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (made.get() < 0) cannot_listen(where);
    return made;
}

/// The stream over a connection that was accepted.
std::unique_ptr<stream> adopt_tcp(detail::descriptor& accepted, std::string peer) {
    auto made = make_tcp_handle();
    const int opened = uv_tcp_open(&made->uv.tcp, accepted.get());
    if (opened != 0) fail(-opened);
    (void)accepted.release();
    uv_tcp_nodelay(&made->uv.tcp, 1);
    return make_socket_stream(std::move(made), std::move(peer));
}

/// Who connected: the address and port; a client's Unix socket has no name.
std::string name_of(const sockaddr_storage& peer, const std::string& ours) {
    const auto known = address::of(reinterpret_cast<const sockaddr&>(peer));
    return known ? known->to_string() : ours;
}

/// What it is that lies at a path, so that nobody else's is removed.
struct file_identity {
    dev_t device = 0;
    ino_t number = 0;
    friend bool operator==(const file_identity&, const file_identity&) noexcept = default;

    static file_identity of(const std::string& path) noexcept {
        struct stat found {};
        return ::stat(path.c_str(), &found) == 0 ? file_identity{found.st_dev, found.st_ino}
                                                 : file_identity();
    }
};

class system_listener final : public listener {
public:
    system_listener(detail::descriptor socket, std::string text, std::uint16_t port, std::string path = {})
        : socket_(std::move(socket)), text_(std::move(text)), port_(port), path_(std::move(path)) {
        if (!path_.empty()) made_ = file_identity::of(path_);
    }
    ~system_listener() override { system_listener::close(); }

    task<std::unique_ptr<stream>> accept() override { return accept_task(*this); }

    void close() noexcept override {
        if (socket_.get() < 0) return;
        { const detail::descriptor closed(socket_.release()); }
        if (!path_.empty() && file_identity::of(path_) == made_) ::unlink(path_.c_str());
    }

    const std::string& address_text() const noexcept override { return text_; }
    std::uint16_t port() const noexcept override { return port_; }

private:
    static task<std::unique_ptr<stream>> accept_task(system_listener& self) {
        for (;;) {
            sockaddr_storage peer{};
            socklen_t bytes = sizeof peer;
            detail::descriptor accepted(::accept4(self.socket_.get(), reinterpret_cast<sockaddr*>(&peer),
                                                  &bytes, SOCK_NONBLOCK | SOCK_CLOEXEC));
            if (accepted.get() >= 0) {
                if (self.port_ == 0) co_return adopt_unix(accepted, self.text_);
                co_return adopt_tcp(accepted, name_of(peer, self.text_));
            }
            switch (errno) {
                case EAGAIN:
#if EWOULDBLOCK != EAGAIN
                case EWOULDBLOCK:
#endif
                    co_await wait_readable(self.socket_.get());
                    break;
                case EINTR:
                case ECONNABORTED:  // it was there, and is gone
                case EPROTO:
                    break;
                default:
                    fail(errno);
            }
        }
    }

    detail::descriptor socket_;
    std::string text_;
    std::uint16_t port_;
    std::string path_;  // to be removed; empty: none
    file_identity made_;
};

/// Whether nobody listens at that socket.
bool is_left_behind(const unix_address& at) {
    struct stat found {};
    if (::stat(at.system.sun_path, &found) != 0 || !S_ISSOCK(found.st_mode)) return false;
    const detail::descriptor asking(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    return ::connect(asking.get(), reinterpret_cast<const sockaddr*>(&at.system), at.bytes) != 0 &&
           errno == ECONNREFUSED;
}

}  // namespace

std::unique_ptr<listener> listen_tcp(const address& at, int backlog) {
    const std::string where = at.to_string();
    auto socket = open_listening(at.family(), where);
    const int on = 1;
    // So that a server that is started again does not meet the traces of its last connections.
    (void)::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(socket.get(), at.system(), at.system_bytes()) != 0 || ::listen(socket.get(), backlog) != 0)
        cannot_listen(where);
    sockaddr_storage bound{};
    socklen_t bytes = sizeof bound;
    if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &bytes) != 0) cannot_listen(where);
    const auto here = address::of(reinterpret_cast<const sockaddr&>(bound)).value_or(at);
    return std::make_unique<system_listener>(std::move(socket), here.to_string(), here.port());
}

std::unique_ptr<listener> listen_unix(const std::string& path, int backlog) {
    std::string shown = "unix:" + path;
    const unix_address at(path);
    auto socket = open_listening(AF_UNIX, shown);
    const auto bind = [&] {
        return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&at.system), at.bytes) == 0;
    };
    if (!bind()) {
        const int why = errno;
        if (why != EADDRINUSE || at.is_abstract || !is_left_behind(at) || ::unlink(path.c_str()) != 0)
            cannot_listen(shown, why);
        if (!bind()) cannot_listen(shown);
    }
    if (::listen(socket.get(), backlog) != 0) cannot_listen(shown);
    return std::make_unique<system_listener>(std::move(socket), std::move(shown), 0,
                                             at.is_abstract ? std::string() : path);
}

}  // namespace skein::net
