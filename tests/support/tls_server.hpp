// The server side of a TLS connection in memory, straight on OpenSSL: what our client side is tested against.
#pragma once

#include "pki.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/ssl.h>

namespace skein::test {

struct server_options {
    std::vector<identity> chain = {};  ///< the leaf first; the others are sent along
    int min_version = TLS1_2_VERSION;
    int max_version = TLS1_3_VERSION;
    int security_level = -1;               ///< -1: OpenSSL's own
    std::string chosen_alpn = {};          ///< selected whatever the client offers; empty: no ALPN
    bool refuses_alpn = false;             ///< whatever the client offers is an alert
    std::size_t tickets = 2;               ///< TLS 1.3 session tickets sent after the handshake
    std::string ciphers = {};              ///< of TLS 1.2; empty: OpenSSL's own
    std::shared_ptr<X509> client_ca = {};  ///< wants a client certificate of this CA; null: none
};

/// What connections to one server have in common: its certificates, and the key of its tickets.
std::shared_ptr<SSL_CTX> make_server_context(const server_options& options);

/// One connection's server side. Bytes go in by feed() and come out by take().
class tls_server {
public:
    explicit tls_server(server_options options);
    /// One more connection to the server whose context it is.
    tls_server(std::shared_ptr<SSL_CTX> context, server_options options);
    tls_server(const tls_server&) = delete;
    tls_server& operator=(const tls_server&) = delete;

    void feed(std::string_view ciphertext);
    /// What it wants to send.
    std::string take();

    /// Shakes hands as far as it goes; then reads into received().
    void step();

    bool established() const { return SSL_is_init_finished(ssl_.get()) != 0; }
    /// True once it met a fatal error; error() is OpenSSL's text for it.
    bool failed() const { return failed_; }
    const std::string& error() const { return error_; }
    /// True once the client's close_notify came.
    bool saw_close_notify() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }

    std::string& received() { return received_; }
    void write(std::string_view plaintext);
    void close_notify() { SSL_shutdown(ssl_.get()); }
    void key_update(bool want_answer);
    void new_ticket();
    /// TLS 1.2: sends a HelloRequest.
    void ask_to_renegotiate();

    /// The name that the client asked for in SNI; empty: none.
    std::string sni() const;
    bool early_data_offered() const { return early_data_; }
    /// Whether the client wanted to go on from an earlier connection, and whether it did.
    bool resumption_offered() const { return resumption_offered_; }
    bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
    /// How many certificates the client has shown.
    int client_certificates() const;
    std::string offered_alpn() const { return offered_alpn_; }
    SSL* handle() { return ssl_.get(); }

private:
    friend std::shared_ptr<SSL_CTX> make_server_context(const server_options& options);
    static int choose_alpn(SSL* ssl, const unsigned char** out, unsigned char* out_size,
                           const unsigned char* offered, unsigned offered_size, void* unused);
    static int on_hello(SSL* ssl, int* alert, void* unused);

    server_options options_;
    std::shared_ptr<SSL_CTX> ctx_;
    std::shared_ptr<SSL> ssl_;
    std::string received_;
    std::string error_;
    std::string offered_alpn_;
    bool failed_ = false;
    bool early_data_ = false;
    bool resumption_offered_ = false;
};

}  // namespace skein::test
