// The server side of a TLS connection in memory, on plain OpenSSL.
#include "tls_server.hpp"

#include <stdexcept>
#include <utility>

#include <openssl/err.h>

namespace skein::test {

std::shared_ptr<SSL_CTX> make_server_context(const server_options& options) {
    std::shared_ptr<SSL_CTX> made(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    SSL_CTX* ctx = made.get();
    if (options.security_level >= 0) SSL_CTX_set_security_level(ctx, options.security_level);
    SSL_CTX_set_min_proto_version(ctx, options.min_version);
    SSL_CTX_set_max_proto_version(ctx, options.max_version);
    SSL_CTX_set_num_tickets(ctx, options.tickets);
    if (!options.ciphers.empty()) SSL_CTX_set_cipher_list(ctx, options.ciphers.c_str());
    SSL_CTX_set_alpn_select_cb(ctx, tls_server::choose_alpn, nullptr);
    SSL_CTX_set_client_hello_cb(ctx, tls_server::on_hello, nullptr);
    static constexpr unsigned char name[] = "test";
    SSL_CTX_set_session_id_context(ctx, name, sizeof name);
    const auto& leaf = options.chain.at(0);
    if (SSL_CTX_use_certificate(ctx, leaf.certificate.get()) != 1 ||
        SSL_CTX_use_PrivateKey(ctx, leaf.key.get()) != 1)
        throw std::runtime_error("the test server does not take its certificate");
    for (std::size_t i = 1; i < options.chain.size(); ++i)
        SSL_CTX_add1_chain_cert(ctx, options.chain[i].certificate.get());
    if (options.chain.size() == 1) SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN);
    if (options.client_ca) {
        X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), options.client_ca.get());
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    return made;
}

tls_server::tls_server(server_options options) : tls_server(make_server_context(options), options) {}

tls_server::tls_server(std::shared_ptr<SSL_CTX> context, server_options options)
    : options_(std::move(options)), ctx_(std::move(context)), ssl_(SSL_new(ctx_.get()), SSL_free) {
    SSL_set_app_data(ssl_.get(), this);
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(ssl_.get());
}

void tls_server::feed(std::string_view ciphertext) {
    BIO_write(SSL_get_rbio(ssl_.get()), ciphertext.data(), static_cast<int>(ciphertext.size()));
}

std::string tls_server::take() {
    BIO* bio = SSL_get_wbio(ssl_.get());
    std::string out(BIO_ctrl_pending(bio), '\0');
    if (!out.empty()) BIO_read(bio, out.data(), static_cast<int>(out.size()));
    return out;
}

void tls_server::step() {
    char buffer[16 * 1024];
    while (!failed_) {
        ERR_clear_error();
        std::size_t got = 0;
        const int result = SSL_read_ex(ssl_.get(), buffer, sizeof buffer, &got);  // shakes hands first
        received_.append(buffer, got);
        if (result == 1) continue;
        const int why = SSL_get_error(ssl_.get(), result);
        if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_ZERO_RETURN) return;
        failed_ = true;
        const char* reason = ERR_reason_error_string(ERR_peek_error());
        error_ = reason != nullptr ? reason : "unknown";
    }
}

void tls_server::write(std::string_view plaintext) {
    ERR_clear_error();
    std::size_t written = 0;
    if (SSL_write_ex(ssl_.get(), plaintext.data(), plaintext.size(), &written) != 1)
        throw std::runtime_error("the test server cannot write");
}

void tls_server::key_update(bool want_answer) {
    SSL_key_update(ssl_.get(), want_answer ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
    SSL_do_handshake(ssl_.get());
}

void tls_server::new_ticket() {
    SSL_new_session_ticket(ssl_.get());
    SSL_do_handshake(ssl_.get());
}

void tls_server::ask_to_renegotiate() {
    SSL_renegotiate(ssl_.get());
    SSL_do_handshake(ssl_.get());
}

std::string tls_server::sni() const {
    const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
    return name != nullptr ? name : "";
}

int tls_server::client_certificates() const {
    if (SSL_get0_peer_certificate(ssl_.get()) == nullptr) return 0;
    const auto* others = SSL_get_peer_cert_chain(ssl_.get());  // on this side, without the first
    return 1 + (others != nullptr ? sk_X509_num(others) : 0);
}

int tls_server::choose_alpn(SSL* ssl, const unsigned char** out, unsigned char* out_size,
                            const unsigned char* offered, unsigned offered_size, void*) {
    auto& server = *static_cast<tls_server*>(SSL_get_app_data(ssl));
    server.offered_alpn_.assign(reinterpret_cast<const char*>(offered), offered_size);
    if (server.options_.refuses_alpn) return SSL_TLSEXT_ERR_ALERT_FATAL;
    if (server.options_.chosen_alpn.empty()) return SSL_TLSEXT_ERR_NOACK;
    *out = reinterpret_cast<const unsigned char*>(server.options_.chosen_alpn.data());
    *out_size = static_cast<unsigned char>(server.options_.chosen_alpn.size());
    return SSL_TLSEXT_ERR_OK;
}

int tls_server::on_hello(SSL* ssl, int*, void*) {
    const unsigned char* data = nullptr;
    std::size_t size = 0;
    auto& server = *static_cast<tls_server*>(SSL_get_app_data(ssl));
    server.early_data_ = SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_early_data, &data, &size) == 1;
    server.resumption_offered_ =
        SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_psk, &data, &size) == 1 ||
        (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_session_ticket, &data, &size) == 1 && size > 0);
    return SSL_CLIENT_HELLO_SUCCESS;
}

}  // namespace skein::test
