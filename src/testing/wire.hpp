// One simulated connection: two pipes and their ends. Obeys the rules of net/stream.hpp towards the client,
// and calls back only from the ready queue or from its deadline.
#pragma once

#include "net/stream.hpp"
#include "testing/pipe.hpp"

#include <skein/detail/deadline.hpp>
#include <skein/detail/scheduler.hpp>

#include <memory>
#include <span>
#include <string>
#include <system_error>

namespace skein::testing {

class simulated_network;

class wire final : public detail::deadline,
                   public detail::ready_node,
                   public std::enable_shared_from_this<wire> {
public:
    wire(simulated_network& owner, const link& conditions, std::string peer);
    ~wire() override = default;

    // ---- the client's end, as net::stream has it
    void attach(net::stream_sink* sink) noexcept;
    void pause() noexcept;
    void resume() noexcept;
    std::size_t try_write(std::span<const byte_view> pieces) noexcept;
    void write(byte_view data, net::write_listener& listener) noexcept;
    void shutdown(net::write_listener& listener) noexcept;
    void close_client() noexcept;
    bool is_quiet() noexcept;
    bool client_is_open() const noexcept { return client_open_; }
    const std::string& peer() const noexcept { return peer_; }

    // ---- the server's end
    /// One task that waits until something may have changed for it.
    class change_wait final : detail::wait {
    public:
        explicit change_wait(change_wait*& place) noexcept : place_(place) {}
        bool await_ready() const;
        void await_suspend(detail::task_handle at) noexcept;
        void await_resume() const {
            if (cancelled_) throw cancelled_error();
        }

    private:
        friend wire;
        void on_cancel() noexcept override;
        void describe(std::string& out) const override { out += "a server's stream"; }
        change_wait*& place_;
        bool cancelled_ = false;
    };

    byte_view unread() const noexcept { return to_server_.arrived(); }
    void consume(std::size_t count) noexcept;
    /// The client has ended its direction, or the connection was reset; what came before may still be unread.
    bool client_has_ended() const noexcept { return to_server_.has_ended() || !server_open_; }
    bool was_reset() const noexcept { return !server_open_ || reset_ || bool(to_server_.end_reason()); }
    /// It takes nothing any more, as far as the server can know.
    bool client_is_gone() const noexcept { return was_reset() || (!client_open_ && to_server_.has_ended()); }
    change_wait readable() noexcept { return change_wait(reader_); }
    /// Puts on the way what there is room for.
    std::size_t send(byte_view data) noexcept;
    bool has_ended_writing() const noexcept { return to_client_.is_closed(); }
    change_wait writable() noexcept { return change_wait(writer_); }
    void end_writing() noexcept;
    void close_server() noexcept;
    void reset_server() noexcept;

    // ---- the server's end, as net::stream has it: for programs that accept connections (wire_accepted.cpp)
    void attach_server(net::stream_sink* sink) noexcept;
    void pause_server(bool paused) noexcept;
    std::size_t try_write_server(std::span<const byte_view> pieces) noexcept;
    void write_server(byte_view data, net::write_listener& listener) noexcept;
    void shutdown_server(net::write_listener& listener) noexcept;
    bool server_is_quiet() noexcept;

    /// Both ends see a reset at once.
    void reset_both() noexcept;
    /// For the network: where it keeps this.
    std::size_t place = 0;

private:
    void on_deadline() noexcept override { pump(); }
    void run() noexcept override;
    void soon() noexcept;
    void pump() noexcept;
    void settle_resets() noexcept;
    void deliver() noexcept;
    bool can_deliver() const noexcept;
    void advance_write() noexcept;
    void wake_server() noexcept;
    void advance_server_write() noexcept;
    bool can_deliver_to_server() const noexcept;
    void deliver_to_server() noexcept;
    static void tell(change_wait*& place) noexcept;

    simulated_network& owner_;
    link link_;
    std::string peer_;
    pipe to_client_;
    pipe to_server_;
    std::shared_ptr<wire> queued_;  // itself, while in the ready queue
    bool reset_ = false;            // by reset_both(), which directions that have ended do not show

    bool client_open_ = true;
    bool client_ended_ = false;  // its own direction
    net::stream_sink* sink_ = nullptr;
    bool paused_ = false;
    bool one_more_ = false;  // that may still arrive while paused
    net::write_listener* listener_ = nullptr;
    byte_view rest_;  // of what the listener waits for
    std::error_code write_error_;

    bool server_open_ = true;
    change_wait* reader_ = nullptr;
    change_wait* writer_ = nullptr;
    net::stream_sink* server_sink_ = nullptr;
    bool server_paused_ = false;
    net::write_listener* server_listener_ = nullptr;
    byte_view server_rest_;                                         // of what that one waits for
    clock::time_point refusal_arrives_ = clock::time_point::max();  // of bytes for a server that has closed
};

/// The server's end as a stream.
class accepted_stream final : public net::stream {
public:
    accepted_stream(std::shared_ptr<wire> of, std::string peer) noexcept
        : wire_(std::move(of)), peer_(std::move(peer)) {}
    ~accepted_stream() override { accepted_stream::close(); }

    void attach(net::stream_sink* sink) noexcept override { wire_->attach_server(sink); }
    void pause() noexcept override { wire_->pause_server(true); }
    void resume() noexcept override { wire_->pause_server(false); }
    std::size_t try_write(std::span<const byte_view> pieces) noexcept override {
        return wire_->try_write_server(pieces);
    }
    void write(byte_view data, net::write_listener& listener) noexcept override {
        wire_->write_server(data, listener);
    }
    void shutdown(net::write_listener& listener) noexcept override { wire_->shutdown_server(listener); }
    void close() noexcept override {
        wire_->attach_server(nullptr);
        wire_->close_server();
    }
    bool is_quiet() noexcept override { return wire_->server_is_quiet(); }
    std::string peer() const override { return peer_; }

private:
    std::shared_ptr<wire> wire_;
    std::string peer_;
};

/// The client's end as a stream.
class wire_stream final : public net::stream {
public:
    explicit wire_stream(std::shared_ptr<wire> of) noexcept : wire_(std::move(of)) {}
    ~wire_stream() override { wire_->close_client(); }

    void attach(net::stream_sink* sink) noexcept override { wire_->attach(sink); }
    void pause() noexcept override { wire_->pause(); }
    void resume() noexcept override { wire_->resume(); }
    std::size_t try_write(std::span<const byte_view> pieces) noexcept override {
        return wire_->try_write(pieces);
    }
    void write(byte_view data, net::write_listener& listener) noexcept override {
        wire_->write(data, listener);
    }
    void shutdown(net::write_listener& listener) noexcept override { wire_->shutdown(listener); }
    void close() noexcept override { wire_->close_client(); }
    bool is_quiet() noexcept override { return wire_->is_quiet(); }
    std::string peer() const override { return wire_->peer(); }

private:
    std::shared_ptr<wire> wire_;
};

}  // namespace skein::testing
