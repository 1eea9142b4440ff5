// Owns TCP sockets: one handle per stream, which outlives it until libuv has closed it.
#include "net/tcp.hpp"

#include "loop/loop.hpp"
#include "net/queued_write.hpp"

#include <skein/detail/recycler.hpp>

#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <new>
#include <utility>

namespace skein::net {

namespace {

std::error_code code_of(int status) noexcept {
    return {-status, std::generic_category()};
}

// The loop's one read buffer. Whoever takes it over makes the next read begin with a fresh one.
block_ptr& read_block() {
    static thread_local block_ptr block;
    return block;
}

class tcp_stream;

// What libuv holds on to. Deleted in the close callback.
struct socket_state : detail::recycled {
    uv_tcp_t tcp{};
    tcp_stream* owner = nullptr;

    uv_handle_t* handle() noexcept { return reinterpret_cast<uv_handle_t*>(&tcp); }
    uv_stream_t* stream() noexcept { return reinterpret_cast<uv_stream_t*>(&tcp); }
    void close() noexcept {
        owner = nullptr;
        uv_close(handle(), [](uv_handle_t* closed) {
            auto* state = static_cast<socket_state*>(closed->data);
            delete state;
        });
    }
};

class tcp_stream final : public stream, public detail::recycled {
public:
    tcp_stream(socket_state& state, const address& peer) : state_(&state), peer_(peer) {
        state.owner = this;
        uv_fileno(state.handle(), &fd_);
    }
    ~tcp_stream() override { tcp_stream::close(); }

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
        if (state_ == nullptr || queued_ != nullptr) return 0;
        const auto written = send_now(fd_, pieces);
        return written > 0 ? static_cast<std::size_t>(written) : 0;
    }

    void write(byte_view data, write_listener& listener) noexcept override {
        if (state_ == nullptr) return refuse(listener, std::make_error_code(std::errc::operation_canceled));
        if (const auto why = queued_write::start(*state_->tcp.loop, fd_, data, listener, queued_))
            refuse(listener, why);
    }

    void close() noexcept override {
        if (queued_ != nullptr) queued_->cancel();
        if (auto* state = std::exchange(state_, nullptr)) state->close();
    }
    bool is_quiet() noexcept override {
        if (state_ == nullptr || has_ended_) return false;
        char byte = 0;
        return recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    }

    std::string peer() const override { return peer_.to_string(); }

private:
    /// Tells the listener, but not from inside the call that registered it.
    static void refuse(write_listener& listener, std::error_code why) noexcept {
        struct refusal final : detail::ready_node, detail::recycled {
            refusal(write_listener& whom, std::error_code what) noexcept : listener(whom), result(what) {}
            void run() noexcept override {
                const std::unique_ptr<refusal> self(this);
                listener.on_written(result);
            }
            write_listener& listener;
            std::error_code result;
        };
        detail::this_kernel.scheduler->push(*new refusal(listener, why));
    }

    void start_reading() noexcept {
        reading_ = true;
        const int status = uv_read_start(
            state_->stream(),
            [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
                auto* self = static_cast<socket_state*>(handle->data)->owner;
                *buffer = self == nullptr ? uv_buf_init(nullptr, 0) : self->offer_buffer();
            },
            [](uv_stream_t* handle, ssize_t count, const uv_buf_t*) {
                if (auto* self = static_cast<socket_state*>(handle->data)->owner) self->on_read(count);
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

    bool wants_data() const noexcept { return !paused_ && sink_ != nullptr; }

    void on_read(ssize_t count) noexcept {
        if (count > 0) {
            auto& block = read_block();
            sink_->on_data(byte_view(block->bytes, static_cast<std::size_t>(count)), block);
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
        end_ = count == UV_EOF ? std::error_code() : code_of(static_cast<int>(count));
        report_end();
    }

    void report_end() noexcept {
        if (sink_ != nullptr) std::exchange(sink_, nullptr)->on_end(end_);
    }

    socket_state* state_;
    stream_sink* sink_ = nullptr;
    queued_write* queued_ = nullptr;
    uv_os_fd_t fd_ = -1;
    address peer_;
    std::error_code end_;
    bool has_ended_ = false;
    bool reading_ = false;
    bool paused_ = false;
    int refused_ = 0;
};

class connect_wait final : detail::wait {
public:
    explicit connect_wait(const address& to) noexcept : to_(to) {}

    bool await_ready() const {
        check();
        return false;
    }
    void await_suspend(detail::task_handle at) {
        auto& loop = loop::loop::current("a connection");
        state_ = new socket_state;
        uv_tcp_init(loop.uv(), &state_->tcp);
        uv_unref(state_->handle());  // tasks keep a loop running, not idle connections
        state_->tcp.data = state_;
        request_.data = this;
        suspend(at);
        const int status =
            uv_tcp_connect(&request_, &state_->tcp, to_.system(), [](uv_connect_t* request, int result) {
                auto& self = *static_cast<connect_wait*>(request->data);
                self.status_ = result;
                self.wake();
            });
        if (status != 0) {
            status_ = status;
            wake();
        }
    }
    std::unique_ptr<stream> await_resume() {
        auto* state = std::exchange(state_, nullptr);
        if (state == nullptr) throw cancelled_error();
        if (status_ == 0) {
            uv_tcp_nodelay(&state->tcp, 1);
            return std::make_unique<tcp_stream>(*state, to_);
        }
        state->close();
        throw std::system_error(code_of(status_));
    }

private:
    void describe(std::string& out) const override { out.append("connecting to ").append(to_.to_string()); }
    void on_cancel() noexcept override {
        std::exchange(state_, nullptr)->close();  // and the connect callback follows
    }

    const address& to_;  // in the frame of who waits
    socket_state* state_ = nullptr;
    uv_connect_t request_{};
    int status_ = 0;
};

task<std::unique_ptr<stream>> connect_in_task(address to) {
    co_return co_await connect_wait(to);
}

}  // namespace

task<std::unique_ptr<stream>> connect_tcp(address to) {
    return connect_in_task(to);
}

}  // namespace skein::net
