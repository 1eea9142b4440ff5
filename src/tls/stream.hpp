// A TLS connection as a byte stream over a byte stream. Owns the inner stream and the engine between; knows
// no sockets and no loop. So TLS runs over TCP, over a proxy's tunnel and over the simulated network alike.
#pragma once

#include "net/stream.hpp"
#include "tls/engine.hpp"

#include <skein/bytes.hpp>
#include <skein/detail/recycler.hpp>
#include <skein/detail/scheduler.hpp>
#include <skein/tls_context.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace skein::tls {

/// Is told how the handshake ended.
class handshake_listener {
public:
    /// No code: what is written from now on is secret, and the peer is who it should be. Otherwise the
    /// reason; stream::failure_text() has the words, if it was TLS that failed.
    virtual void on_handshake(std::error_code result) noexcept = 0;

protected:
    ~handshake_listener() = default;
};

/// The stream. Handshake first, then it is used as any other.
///
/// The last flight of the handshake waits for the first write, to leave with it, but not beyond the turn of
/// the ready queue in which the listener's task runs.
///
/// What arrives is decrypted inside the inner stream's on_data, from its read buffer into a block of the free
/// list, and handed on at once: a connection that waits holds no buffer of ours. What is written is encrypted
/// up to `portion_bytes` ahead of the inner stream and no further.
///
/// Listeners and the sink are told from inside the inner stream's callbacks only, and from close(): never
/// from inside the call that registered them. Where something is to be told and nothing is under way, an
/// empty write to the inner stream brings the callback. None of them may destroy the stream from inside its
/// call.
class stream final : public net::stream, private net::stream_sink {
public:
    /// How much plaintext is encrypted at once: four full records, one block.
    static constexpr std::size_t portion_bytes = 64 * 1024;

    /// TLS with `host` (as engine's, and so are the sessions) over an open stream whose bytes nobody reads
    /// yet. Throws tls_error if the context cannot be loaded or the host cannot be checked.
    stream(std::unique_ptr<net::stream> inner, const tls_context& context, std::string_view host,
           std::shared_ptr<session_box> sessions = nullptr);
    ~stream() override;

    /// For what is not HTTP: offers the protocols of the context. Before the handshake.
    void offer_own_protocols() { engine_.offer_own_protocols(); }

    /// Shakes hands; called once. The listener is told once, from an inner callback or from close(), and must
    /// live until then (or until the stream is gone).
    void start_handshake(handshake_listener& listener) noexcept;

    /// on_end: no code after close_notify; tls_errc::truncated if the connection ended without one; another
    /// tls_errc if the peer broke TLS; the inner stream's code if that failed. Data that came after the
    /// handshake and before there was a sink is kept for it.
    void attach(net::stream_sink* sink) noexcept override;

    /// While paused, the rest of a record and one block of the inner stream may still arrive.
    void pause() noexcept override;
    void resume() noexcept override;

    /// Only after the handshake. Takes at most portion_bytes, and nothing while ciphertext of an earlier
    /// write waits for the inner stream. What it takes is on its way, though the kernel may not have it yet.
    std::size_t try_write(std::span<const byte_view> pieces) noexcept override;
    bool is_flushed() const noexcept override { return !outbox_->busy && inner_->is_flushed(); }
    void write(byte_view data, net::write_listener& listener) noexcept override;

    /// Sends close_notify, then ends the direction of the inner stream. Only after the handshake.
    void shutdown(net::write_listener& listener) noexcept override;

    /// Sends close_notify if that takes no waiting (RFC 8446 section 6.1), then closes the inner stream. A
    /// handshake under way ends with operation_canceled.
    void close() noexcept override;

    /// Session tickets and key updates are not noise: they are taken in as they arrive. Data, an end, or part
    /// of a record are.
    bool is_quiet() noexcept override;

    std::string peer() const override { return inner_->peer(); }

    /// Why TLS failed, in a sentence that names the certificate if that was the cause; empty if it did not.
    const std::string& failure_text() const noexcept { return engine_.failure_text(); }

    /// Facts for the report, once the handshake is done: "TLSv1.3", "TLS_AES_256_GCM_SHA384", "http/1.1".
    std::string_view version() const noexcept { return engine_.version(); }
    std::string_view cipher() const noexcept { return engine_.cipher(); }
    std::string_view alpn() const noexcept { return engine_.alpn(); }
    bool resumed() const noexcept { return engine_.resumed(); }

private:
    void on_data(byte_view data, net::block_ptr& from) noexcept override;
    void on_end(std::error_code reason) noexcept override;

    // What the inner stream is writing for us, or what the ready queue is to send. Both come back to it after
    // we are closed and destroyed, too: so this lives on its own until they have.
    struct outbox final : detail::recycled, detail::ready_node, net::write_listener {
        explicit outbox(stream& made_by) noexcept : owner(&made_by) {}
        void on_written(std::error_code result) noexcept override;
        void run() noexcept override;
        void send_soon() noexcept;

        stream* owner;  // null: gone
        std::vector<std::byte> bytes;
        bool busy = false;   // the inner stream is writing
        bool ready = false;  // in the ready queue
    };
    void on_written(std::error_code result) noexcept;

    // Reading.
    void proceed() noexcept;
    bool shake_hands() noexcept;
    void decrypt() noexcept;
    void hand_over(byte_view data, net::block_ptr& from) noexcept;
    void hand_over_early() noexcept;

    // The end, and telling of it.
    void end(std::error_code reason) noexcept;
    void tell_end() noexcept;
    void tell_handshake(std::error_code result) noexcept;
    void tell_later() noexcept;

    // Writing.
    std::size_t encrypt(std::span<const byte_view> pieces) noexcept;
    void encrypt_rest() noexcept;
    void flush() noexcept;
    void write_inner(std::size_t already_sent) noexcept;
    void release_buffers() noexcept;

    std::unique_ptr<net::stream> inner_;
    engine engine_;
    std::unique_ptr<outbox> outbox_ = std::make_unique<outbox>(*this);
    net::stream_sink* sink_ = nullptr;
    handshake_listener* handshake_ = nullptr;
    net::write_listener* writer_ = nullptr;
    byte_view rest_;                // of writer_'s data: not encrypted yet
    bool ends_inner_ = false;       // when all is written: the writer wants our direction ended
    std::vector<std::byte> early_;  // plaintext that came while there was no sink
    std::optional<std::error_code> end_;
    std::error_code write_error_;
    bool started_ = false;
    bool paused_ = false;  // by our user
    bool held_ = false;    // by us: there is no sink
    bool end_told_ = false;
    bool closed_ = false;
};

}  // namespace skein::tls
