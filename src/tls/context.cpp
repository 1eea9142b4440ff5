// Makes SSL_CTXs: versions, options and trust. The one place where the policy of all our TLS is written down.
#include "tls/context.hpp"

#include "tls/describe.hpp"
#include "tls/session_box.hpp"

#include <skein/error.hpp>

#include <algorithm>
#include <climits>
#include <new>
#include <stdexcept>
#include <utility>

#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

namespace skein::tls {

namespace {

std::uint64_t next_id() noexcept {
    static std::atomic<std::uint64_t> last = 0;
    return ++last;
}

tls_error failure(const std::string& what) {
    return {what, "", 0, {}};
}

// Not PEM_read_bio's default, which asks on the terminal.
int no_password(char*, int, int, void*) {
    return 0;
}

context& context_of(const SSL* ssl) noexcept {
    return *static_cast<context*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
}

// A TLS 1.3 ticket has come. (Sessions of TLS 1.2 are the engine's to keep: when the handshake is done.)
int keep_session(SSL* ssl, SSL_SESSION* session) {
    auto* box = static_cast<session_box*>(SSL_get_ex_data(ssl, session_box_index()));
    if (box == nullptr || SSL_version(ssl) < TLS1_3_VERSION) return 0;
    box->put(owned<SSL_SESSION>(session));
    return 1;
}

void write_key_log(const SSL* ssl, const char* line) {
    context_of(ssl).settings().key_log->write(line);
}

// In the place of OpenSSL's verification, which it calls: then the pins.
int verify_with_pins(X509_STORE_CTX* store, void* of) {
    const settings& with = static_cast<const context*>(of)->settings();
    if (with.verify && X509_verify_cert(store) != 1) return 0;
    bool good = false;
    try {
        good = with.verify ? with.pins.match(X509_STORE_CTX_get0_chain(store))
                           : with.pins.match_leaf(X509_STORE_CTX_get0_cert(store));
    } catch (...) {  // no memory: nobody is believed
    }
    if (good) return 1;
    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return X509_STORE_CTX_get_verify_cb(store)(0, store);  // says why
}

}  // namespace

int session_box_index() {
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

// Floor, never ceiling: a system that is configured to be stricter stays so.
void set_policy(SSL_CTX* ctx) {
    if (SSL_CTX_get_min_proto_version(ctx) < TLS1_2_VERSION)  // 0: the lowest there is
        SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);   // RFC 8996
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    if (SSL_CTX_get_security_level(ctx) < 2) SSL_CTX_set_security_level(ctx, 2);  // no SHA-1, no RSA-1024
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_read_ahead(ctx, 1);  // one BIO read a record instead of two; see engine.hpp
    // Its two buffers, 33 of the 53 KiB of a connection, only while something is in them. That costs 3 in a
    // hundred of the instructions of a small exchange.
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    std::string protocols(1, static_cast<char>(http_protocol.size()));
    protocols += http_protocol;
    SSL_CTX_set_alpn_protos(ctx, reinterpret_cast<const unsigned char*>(protocols.data()),
                            static_cast<unsigned>(protocols.size()));
}

void set_ciphers(SSL_CTX* ctx, const settings& with) {
    forget_errors();
    const std::string list = with.ciphers + ":!aNULL:!eNULL";
    const bool good =
        (with.ciphers.empty() || SSL_CTX_set_cipher_list(ctx, list.c_str()) == 1) &&
        (with.cipher_suites.empty() || SSL_CTX_set_ciphersuites(ctx, with.cipher_suites.c_str()) == 1);
    if (good) return;
    const unsigned long error = ERR_peek_last_error();
    ERR_clear_error();
    throw std::invalid_argument(
        "the TLS ciphers \"" +
        printable(with.ciphers + (with.ciphers.empty() ? "" : " ") + with.cipher_suites) +
        "\" cannot be used: " + reason_text(error));
}

std::vector<std::shared_ptr<X509>> parse_certificates(std::string_view pem, const std::string& source) {
    if (pem.size() > INT_MAX) throw failure(source + ": too large");
    forget_errors();
    const owned<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    if (!bio) throw std::bad_alloc();
    std::vector<std::shared_ptr<X509>> found;
    while (owned<X509> one{PEM_read_bio_X509_AUX(bio.get(), nullptr, no_password, nullptr)})
        found.push_back(std::move(one));
    const unsigned long error = ERR_peek_last_error();
    ERR_clear_error();
    const bool at_end = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
    if (!at_end)
        throw failure(source + ": certificate " + std::to_string(found.size() + 1) +
                      " is broken: " + reason_text(error));
    if (found.empty()) throw failure(source + ": no PEM certificate in it");
    return found;
}

context::context(tls::settings settings) noexcept : settings_(std::move(settings)), id_(next_id()) {}

SSL_CTX* context::handle() {
    std::call_once(made_, [this] {
        handle_ = make();
        SSL_CTX_set_app_data(handle_.get(), this);
        if (!settings_.pins.empty()) SSL_CTX_set_cert_verify_callback(handle_.get(), verify_with_pins, this);
    });
    return handle_.get();
}

namespace {

void set_versions(SSL_CTX* ctx, const settings& with) {
    if (SSL_CTX_get_min_proto_version(ctx) < with.min_version)
        SSL_CTX_set_min_proto_version(ctx, with.min_version);
    const long most = SSL_CTX_get_max_proto_version(ctx);
    if (with.max_version != 0 && (most == 0 || most > with.max_version))
        SSL_CTX_set_max_proto_version(ctx, with.max_version);
}

void set_sessions(SSL_CTX* ctx, const settings& with) {
    if (!with.resumption) {
        SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
        return;
    }
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, keep_session);
}

void set_trust(SSL_CTX* ctx, const settings& with) {
    X509_STORE* store = SSL_CTX_get_cert_store(ctx);
    for (const auto& certificate : with.certificates)
        if (X509_STORE_add_cert(store, certificate.get()) != 1)
            throw failure("a CA certificate cannot be used: " + reason_text(ERR_peek_last_error()));
    for (const auto& folder : with.folders)
        if (SSL_CTX_load_verify_dir(ctx, folder.c_str()) != 1)
            throw failure("CA folder " + folder + ": " + reason_text(ERR_peek_last_error()));
    if (with.system_roots && SSL_CTX_set_default_verify_paths(ctx) != 1)
        throw failure("the CAs of the system cannot be loaded: " + reason_text(ERR_peek_last_error()));
}

}  // namespace

owned<SSL_CTX> context::make() const {
    forget_errors();
    owned<SSL_CTX> ctx(SSL_CTX_new(TLS_client_method()));
    if (!ctx) throw failure("OpenSSL gives no TLS client: " + reason_text(ERR_peek_last_error()));
    set_policy(ctx.get());
    set_versions(ctx.get(), settings_);
    set_ciphers(ctx.get(), settings_);
    set_sessions(ctx.get(), settings_);
    if (settings_.identity) use_identity(ctx.get(), *settings_.identity);
    if (settings_.key_log) SSL_CTX_set_keylog_callback(ctx.get(), write_key_log);
    SSL_CTX_set_verify(ctx.get(), settings_.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    if (settings_.verify) set_trust(ctx.get(), settings_);
    return ctx;
}

bool context::lacks_system_roots() const noexcept {
    if (!handle_ || !settings_.verify || !settings_.system_roots) return false;
    X509_STORE* store = SSL_CTX_get_cert_store(handle_.get());
    X509_STORE_lock(store);
    const int count = sk_X509_OBJECT_num(X509_STORE_get0_objects(store));
    X509_STORE_unlock(store);
    return count <= 0;
}

bool context::must_warn() noexcept {
    return !settings_.verify && settings_.pins.empty() && !warned_.exchange(true);
}

}  // namespace skein::tls
