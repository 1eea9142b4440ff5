// Owns how connections to Unix sockets are made. The calls are our own: libuv's cut paths that are too long,
// and the version that knows abstract names is younger than those in use.
#include "net/unix.hpp"

#include "base/descriptor.hpp"
#include "net/socket_stream.hpp"

#include <skein/sleep.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <system_error>
#include <utility>

namespace skein::net {

namespace {

[[noreturn]] void fail(int number) {
    throw std::system_error(std::error_code(number, std::generic_category()));
}

task<std::unique_ptr<stream>> connect_in_task(std::string path, const socket_options& how) {
    using namespace std::chrono_literals;
    const unix_address to(path);
    detail::descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (socket.get() < 0) fail(errno);
    apply(how, socket.get(), AF_UNIX);
    // It is connected at once, or the server's queue is full, and nothing tells when it no longer is.
    for (auto pause = 1ms;
         connect(socket.get(), reinterpret_cast<const sockaddr*>(&to.system), to.bytes) != 0;
         pause = std::min(2 * pause, 50ms)) {
        if (errno == EINTR) continue;
        if (errno != EAGAIN) fail(errno);
        co_await sleep(pause);
    }
    if (path.front() == '\0') path.front() = '@';
    co_return adopt_unix(socket, "unix:" + path);
}

}  // namespace

unix_address::unix_address(const std::string& path) {
    if (path.empty()) fail(EINVAL);
    is_abstract = path.front() == '@' || path.front() == '\0';
    // A path ends with a zero, an abstract name with its last byte.
    if (path.size() + (is_abstract ? 0 : 1) > sizeof system.sun_path) fail(ENAMETOOLONG);
    if (!is_abstract && path.find('\0') != path.npos) fail(EINVAL);
    system.sun_family = AF_UNIX;
    std::memcpy(system.sun_path, path.data(), path.size());
    if (is_abstract) system.sun_path[0] = '\0';
    bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (is_abstract ? 0 : 1));
}

std::unique_ptr<stream> adopt_unix(detail::descriptor& connected, std::string peer) {
    auto made = make_pipe_handle();
    const int opened = uv_pipe_open(&made->uv.pipe, connected.get());
    if (opened != 0) fail(-opened);
    (void)connected.release();
    return make_socket_stream(std::move(made), std::move(peer));
}

task<std::unique_ptr<stream>> connect_unix(std::string path, const socket_options& how) {
    return connect_in_task(std::move(path), how);
}

}  // namespace skein::net
