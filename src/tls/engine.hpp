// One client side of a TLS connection: bytes in, bytes out. Owns OpenSSL's SSL and the ciphertext that is to
// be sent; knows no sockets, no loop and no HTTP.
//
//     handshaking --handshake(): done--> established --close_notify--> closed (for reading)
//          |                                  |
//          +------------> failed <------------+
#pragma once

#include "tls/context.hpp"
#include "tls/failure.hpp"
#include "tls/session_box.hpp"

#include <skein/bytes.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace skein::tls {

/// How a step of the engine ended.
enum class status {
    done,
    want_input,  ///< everything that was fed is used up; feed() more
    closed,      ///< the peer has closed its side with close_notify
    failed,      ///< for good; error() and failure_text() say why
};

/// The engine. Whatever a step returns, output() may have got something to send: an answer, an alert.
///
/// There is no memory BIO in between: OpenSSL reads from the very bytes that were fed, and writes to one
/// output buffer. Pinned: OpenSSL holds its address.
class engine {
public:
    /// For a connection to `host`, a name or an IP literal (IPv6 with or without brackets), as the URL has
    /// it, unless the context has a name of its own. It goes into SNI (names only, without a final dot, RFC
    /// 6066) and is what the certificate must name. Goes on from one of the `sessions`, if there is one, and
    /// leaves there what the next may go on from; null: neither. Throws tls_error if the context cannot be
    /// loaded or the host cannot be checked.
    engine(std::shared_ptr<context> context, std::string_view host,
           std::shared_ptr<session_box> sessions = nullptr);
    engine(const engine&) = delete;
    engine& operator=(const engine&) = delete;

    /// For what is not HTTP: offers the application protocols of the context (ALPN), maybe none, in the place
    /// of http/1.1. Before the handshake. *Throws:* std::bad_alloc.
    void offer_own_protocols();

    /// Gives it ciphertext, which must stay valid until a step has returned anything but done. Not before the
    /// bytes fed earlier are used up.
    void feed(byte_view ciphertext) noexcept;

    /// The connection has ended: when the bytes fed are used up, that is a failure, unless the peer had
    /// closed in good order.
    void feed_end() noexcept { ended_ = true; }

    /// Shakes hands, as far as the bytes fed allow. The first call makes the ClientHello.
    status handshake() noexcept;

    /// Decrypts into `into`; done: `got` bytes (at least one) are there, and more may come.
    status read(std::span<std::byte> into, std::size_t& got) noexcept;

    /// Encrypts all of it: done or failed. Only after the handshake.
    status write(byte_view plaintext) noexcept;

    /// Adds close_notify to the output, once; nothing can be written afterwards. Before the handshake is done
    /// or after a failure there is nothing to close.
    void shutdown() noexcept;

    /// The ciphertext to send.
    byte_view output() const noexcept { return out_; }
    /// It was sent.
    void clear_output() noexcept;
    /// Exchanges it with an empty buffer: nothing is copied or allocated.
    void swap_output(std::vector<std::byte>& other) noexcept;
    /// Gives the memory of the (empty) output back if it is more than that.
    void release_output(std::size_t kept_bytes) noexcept;

    bool established() const noexcept { return state_ == state::established; }
    /// True if bytes lie here that are no whole record yet.
    bool has_partial_record() const noexcept;

    /// Why it failed: a tls_errc, or not_enough_memory.
    std::error_code error() const noexcept { return failure_.code; }
    /// The same as a sentence, with the certificate if that is the cause.
    const std::string& failure_text() const noexcept { return failure_.text; }

    /// "TLSv1.3"; once established.
    std::string_view version() const noexcept { return SSL_get_version(ssl_.get()); }
    /// "TLS_AES_256_GCM_SHA384"; once established.
    std::string_view cipher() const noexcept { return SSL_get_cipher_name(ssl_.get()); }
    /// Whether the handshake went on from an earlier one; once established.
    bool resumed() const noexcept { return SSL_session_reused(ssl_.get()) == 1; }
    /// What ALPN agreed on, one of those that were offered, or nothing.
    std::string_view alpn() const noexcept;

private:
    enum class state { handshaking, established, failed };

    // The seam to OpenSSL.
    static BIO_METHOD* bio_method();
    static int bio_read(BIO* bio, char* into, std::size_t size, std::size_t* got);
    static int bio_write(BIO* bio, const char* from, std::size_t size, std::size_t* written);
    static long bio_ctrl(BIO* bio, int command, long number, void* pointer);
    static int on_verify(int good, X509_STORE_CTX* store);
    static int on_certificate_wanted(SSL* ssl, void* self);

    void expect_host();
    void use_sessions();
    bool has_offered(std::string_view protocol) const noexcept;
    bool make_room(std::size_t plaintext_bytes) noexcept;
    status establish() noexcept;
    status judge(int result) noexcept;
    status starved() noexcept;
    status fail(failure why) noexcept;
    template <class Fn>
    status fail_with(Fn&& explain) noexcept;

    std::shared_ptr<context> context_;
    std::shared_ptr<session_box> sessions_;
    owned<SSL> ssl_;
    std::string host_;
    byte_view in_;
    std::vector<std::byte> out_;
    std::size_t barren_bytes_ = 0;  // ciphertext since the last plaintext, or since the handshake began
    std::size_t answer_bytes_ = 0;  // in out_, written by read(): what the peer made us say
    std::array<std::byte, 32> beginning_{};
    std::size_t beginning_size_ = 0;
    failure failure_;
    state state_ = state::handshaking;
    bool more_than_data_ = false;  // was read since the buffers were freed
    bool ended_ = false;
    bool closed_ = false;
    bool shut_down_ = false;
    bool out_of_memory_ = false;
    bool own_protocols_ = false;
    bool lacks_certificate_ = false;  // the peer wanted one of us, and there is none
};

}  // namespace skein::tls
