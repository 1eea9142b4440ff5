// Owns what is read from and written to sockets of any kind.
#include "net/socket_stream.hpp"

#include "loop/loop.hpp"
#include "net/block.hpp"
#include "net/queued_write.hpp"

#include <skein/detail/recycler.hpp>
#include <skein/detail/scheduler.hpp>

#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <new>
#include <span>
#include <system_error>
#include <utility>

namespace skein::net {

void socket_state::close() noexcept {
    owner = nullptr;
    uv_close(handle(), [](uv_handle_t* closed) { delete static_cast<socket_state*>(closed->data); });
}

namespace {

/// `status`: of libuv, or an error number of the system, negative.
std::error_code code_of(std::ptrdiff_t status) noexcept {
    return {static_cast<int>(-status), std::generic_category()};
}

// The loop's one read buffer. Whoever takes it over makes the next read begin with a fresh one.
block_ptr& read_block() {
    static thread_local block_ptr block;
    return block;
}

class socket_stream final : public stream, public detail::recycled {
public:
    socket_stream(socket_state& state, std::string peer) : state_(&state), peer_(std::move(peer)) {
        state.owner = this;
        uv_fileno(state.handle(), &fd_);
    }
    ~socket_stream() override { socket_stream::close(); }

    void attach(stream_sink* sink) noexcept override {
        sink_ = sink;
        if (sink_ == nullptr || state_ == nullptr) return;
        if (has_ended_)
            report_end();
        else if (!reading_)
            start_reading();
    }
    void pause() noexcept override { paused_ = true; }
    void resume() noexcept override {
        paused_ = false;
        refused_ = 0;
        if (!reading_ && !has_ended_ && sink_ != nullptr && state_ != nullptr) start_reading();
    }

    std::size_t try_write(std::span<const byte_view> pieces) noexcept override {
        if (state_ == nullptr || writes_.queued != nullptr) return 0;
        const auto written = send_now(fd_, pieces);
        if (written >= 0) return static_cast<std::size_t>(written);
        if (written != UV_EAGAIN) writes_.note(code_of(written));
        return 0;
    }

    void write(byte_view data, write_listener& listener) noexcept override {
        if (state_ == nullptr)
            return tell_later(listener, std::make_error_code(std::errc::operation_canceled));
        if (const auto why = queued_write::start(*state_->handle()->loop, fd_, data, listener, writes_))
            tell_later(listener, why);
    }

    void shutdown(write_listener& listener) noexcept override {
        if (state_ == nullptr)
            return tell_later(listener, std::make_error_code(std::errc::operation_canceled));
        const bool done = ::shutdown(fd_, SHUT_WR) == 0;
        tell_later(listener, done ? std::error_code() : std::error_code(errno, std::generic_category()));
    }

    void close() noexcept override {
        if (writes_.queued != nullptr) writes_.queued->cancel();
        if (auto* state = std::exchange(state_, nullptr)) state->close();
    }
    bool is_quiet() noexcept override {
        if (state_ == nullptr || has_ended_) return false;
        char byte = 0;
        return recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    }

    std::string peer() const override { return peer_; }

private:
    /// Tells the listener, but not from inside the call that registered it.
    static void tell_later(write_listener& listener, std::error_code result) noexcept {
        struct telling final : detail::ready_node, detail::recycled {
            telling(write_listener& whom, std::error_code what) noexcept : listener(whom), result(what) {}
            void run() noexcept override {
                const std::unique_ptr<telling> self(this);
                listener.on_written(result);
            }
            write_listener& listener;
            std::error_code result;
        };
        detail::this_kernel.scheduler->push(*new telling(listener, result));
    }

    void start_reading() noexcept {
        reading_ = true;
        const int status = uv_read_start(
            state_->stream(),
            [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
                auto* self = static_cast<socket_stream*>(static_cast<socket_state*>(handle->data)->owner);
                *buffer = self == nullptr ? uv_buf_init(nullptr, 0) : self->offer_buffer();
            },
            [](uv_stream_t* handle, ssize_t count, const uv_buf_t*) {
                if (auto* self = static_cast<socket_stream*>(static_cast<socket_state*>(handle->data)->owner))
                    self->on_read(count);
            });
        if (status != 0) on_read(status);
    }

    // While paused there is no buffer to read into, so the bytes stay in the kernel. Stopping and restarting
    // cost two system calls each, so reading is stopped only when bytes come a second time.
    uv_buf_t offer_buffer() noexcept {
        auto& block = read_block();
        if (wants_data() && !block) {
            try {
                block = take_block();
            } catch (const std::bad_alloc&) {}
        }
        if (!wants_data() || !block) return uv_buf_init(nullptr, 0);
        return uv_buf_init(reinterpret_cast<char*>(block->bytes), block_bytes);
    }

    // Who waits for a large piece reads it before more comes: while it is in the cache, and so that the next
    // one comes into the same block. Small ones wait until all of I/O was looked at.
    static constexpr std::size_t large_bytes = 16 * 1024;

    bool wants_data() const noexcept { return !paused_ && sink_ != nullptr; }

    void on_read(ssize_t count) noexcept {
        if (count > 0) {
            auto& block = read_block();
            sink_->on_data(byte_view(block->bytes, static_cast<std::size_t>(count)), block);
            // After that we may be gone.
            if (static_cast<std::size_t>(count) >= large_bytes) detail::this_kernel.scheduler->run_ready();
            return;
        }
        if (count == 0) return;
        if (count == UV_ENOBUFS && !wants_data()) {
            if (++refused_ < 2) return;
            uv_read_stop(state_->stream());
            reading_ = false;
            return;
        }
        uv_read_stop(state_->stream());
        reading_ = false;
        has_ended_ = true;
        end_ = count == UV_EOF ? reason_of_end() : code_of(count);
        report_end();
    }

    // After bytes that came together with a reset libuv says that the input has ended; the socket knows
    // better. EPIPE says that the peer had ended its input before, properly.
    std::error_code reason_of_end() const noexcept {
        int fault = 0;
        socklen_t size = sizeof fault;
        if (getsockopt(fd_, SOL_SOCKET, SO_ERROR, &fault, &size) != 0) fault = 0;
        const std::error_code why = fault == 0 ? writes_.fault : code_of(-fault);
        return why == std::errc::broken_pipe ? std::error_code() : why;
    }

    void report_end() noexcept {
        if (sink_ != nullptr) std::exchange(sink_, nullptr)->on_end(end_);
    }

    socket_state* state_;
    stream_sink* sink_ = nullptr;
    write_state writes_;
    uv_os_fd_t fd_ = -1;
    const std::string peer_;
    std::error_code end_;
    bool has_ended_ = false;
    bool reading_ = false;
    bool paused_ = false;
    int refused_ = 0;
};

uv_loop_t* running_loop() {
    return loop::loop::current("a connection").uv();
}

/// If libuv knows it now, which `status` says.
open_socket opened(std::unique_ptr<socket_state> state, int status) {
    if (status != 0) throw std::system_error(std::error_code(-status, std::generic_category()));
    open_socket made(state.release());
    made->handle()->data = made.get();
    uv_unref(made->handle());  // tasks keep a loop running, not idle connections
    return made;
}

}  // namespace

open_socket make_tcp_handle(int family) {
    auto state = std::make_unique<socket_state>();
    const int status = uv_tcp_init_ex(running_loop(), &state->uv.tcp, static_cast<unsigned>(family));
    return opened(std::move(state), status);
}

open_socket make_pipe_handle() {
    auto state = std::make_unique<socket_state>();
    const int status = uv_pipe_init(running_loop(), &state->uv.pipe, 0);
    return opened(std::move(state), status);
}

std::unique_ptr<stream> make_socket_stream(open_socket connected, std::string peer) {
    auto made = std::make_unique<socket_stream>(*connected, std::move(peer));
    (void)connected.release();
    return made;
}

}  // namespace skein::net
