// Owns the descriptors by which sockets are watched for room. Knows nothing of reading.
#include "net/queued_write.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <new>

namespace skein::net {

namespace {

#ifdef MSG_NOSIGNAL
constexpr int quietly = MSG_NOSIGNAL | MSG_DONTWAIT;
#else
constexpr int quietly = MSG_DONTWAIT;  // libuv has set SO_NOSIGPIPE
#endif

std::error_code code_of(int status) noexcept {
    return {-status, std::generic_category()};
}

}  // namespace

std::ptrdiff_t send_now(int fd, std::span<const byte_view> pieces) noexcept {
    std::array<iovec, 8> buffers;
    msghdr message{};
    message.msg_iov = buffers.data();
    std::size_t count = 0;
    for (const byte_view piece : pieces.first(std::min(pieces.size(), buffers.size())))
        if (!piece.empty()) buffers[count++] = {const_cast<std::byte*>(piece.data()), piece.size()};
    if (count == 0) return 0;
    message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(count);
    ssize_t sent = 0;
    do sent = sendmsg(fd, &message, quietly);
    while (sent < 0 && errno == EINTR);
    if (sent >= 0) return sent;
    return errno == EWOULDBLOCK || errno == ENOBUFS ? UV_EAGAIN : -errno;
}

std::error_code queued_write::start(uv_loop_t& loop, int fd, byte_view data, write_listener& listener,
                                    write_state& state) noexcept {
    const int duplicate = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (duplicate < 0) return {errno, std::generic_category()};
    std::unique_ptr<queued_write> made;
    try {
        made.reset(new queued_write(duplicate, data, listener, state));
    } catch (const std::bad_alloc&) {
        ::close(duplicate);
        return std::make_error_code(std::errc::not_enough_memory);
    }
    if (const int status = uv_poll_init(&loop, &made->poll_, duplicate); status != 0) {
        ::close(duplicate);
        return code_of(status);
    }
    queued_write* const started = state.queued = made.release();
    started->poll_.data = started;
    uv_unref(reinterpret_cast<uv_handle_t*>(&started->poll_));  // tasks keep a loop running
    uv_poll_start(&started->poll_, UV_WRITABLE, [](uv_poll_t* handle, int status, int) {
        static_cast<queued_write*>(handle->data)->on_writable(status);
    });
    return {};
}

void queued_write::cancel() noexcept {
    cancelled_ = true;
    close();
}

void queued_write::on_writable(int status) noexcept {
    // libuv says no more than that there is an error; the socket says which.
    const auto sent = send_now(fd_, {&rest_, 1});
    if (sent == UV_EAGAIN && status == 0) return;
    if (sent < 0) return finish(static_cast<int>(sent));
    rest_ = rest_.subspan(static_cast<std::size_t>(sent));
    if (rest_.empty()) return finish(0);
    if (status != 0) finish(status);  // watched no more
}

void queued_write::finish(int result) noexcept {
    close();
    if (result < 0) state_.note(code_of(result));
    listener_.on_written(result < 0 ? code_of(result) : std::error_code());
}

void queued_write::close() noexcept {
    state_.queued = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(&poll_), [](uv_handle_t* handle) {
        const std::unique_ptr<queued_write> self(static_cast<queued_write*>(handle->data));
        if (self->cancelled_) self->listener_.on_written(std::make_error_code(std::errc::operation_canceled));
    });
    ::close(fd_);
}

}  // namespace skein::net
