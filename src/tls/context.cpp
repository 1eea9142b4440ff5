// Makes SSL_CTXs: versions, options and trust. The one place where the policy of all our TLS is written down.
#include "tls/context.hpp"

#include <skein/error.hpp>
#include <skein/tls_context.hpp>

#include <atomic>
#include <cerrno>
#include <climits>
#include <fstream>
#include <iterator>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

namespace skein::tls {

namespace {

std::uint64_t next_id() noexcept {
    static std::atomic<std::uint64_t> last = 0;
    return ++last;
}

tls_error failure(const std::string& what, std::error_code code = {}) {
    return {code ? what + ": " + code.message() : what, "", 0, code};
}

std::error_code last_system_error() {
    return {errno != 0 ? errno : EIO, std::generic_category()};
}

// Not PEM_read_bio's default, which asks on the terminal.
int no_password(char*, int, int, void*) {
    return 0;
}

// Floor, never ceiling: a system that is configured to be stricter stays so.
void set_policy(SSL_CTX* ctx) {
    if (SSL_CTX_get_min_proto_version(ctx) < TLS1_2_VERSION)  // 0: the lowest there is
        SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);   // RFC 8996
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    if (SSL_CTX_get_security_level(ctx) < 2) SSL_CTX_set_security_level(ctx, 2);  // no SHA-1, no RSA-1024
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_read_ahead(ctx, 1);  // one BIO read a record instead of two; see engine.hpp
    static constexpr unsigned char protocols[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    SSL_CTX_set_alpn_protos(ctx, protocols, sizeof protocols);
}

}  // namespace

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

context::context(tls::trust trust) noexcept : trust_(std::move(trust)), id_(next_id()) {}

SSL_CTX* context::handle() {
    std::call_once(made_, [this] { handle_ = make(); });
    return handle_.get();
}

owned<SSL_CTX> context::make() const {
    forget_errors();
    owned<SSL_CTX> ctx(SSL_CTX_new(TLS_client_method()));
    if (!ctx) throw failure("OpenSSL gives no TLS client: " + reason_text(ERR_peek_last_error()));
    set_policy(ctx.get());
    SSL_CTX_set_verify(ctx.get(), trust_.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    if (!trust_.verify) return ctx;
    X509_STORE* store = SSL_CTX_get_cert_store(ctx.get());
    for (const auto& certificate : trust_.certificates)
        if (X509_STORE_add_cert(store, certificate.get()) != 1)
            throw failure("a CA certificate cannot be used: " + reason_text(ERR_peek_last_error()));
    for (const auto& folder : trust_.folders)
        if (SSL_CTX_load_verify_dir(ctx.get(), folder.c_str()) != 1)
            throw failure("CA folder " + folder + ": " + reason_text(ERR_peek_last_error()));
    if (trust_.system_roots && SSL_CTX_set_default_verify_paths(ctx.get()) != 1)
        throw failure("the CAs of the system cannot be loaded: " + reason_text(ERR_peek_last_error()));
    return ctx;
}

bool context::lacks_system_roots() const noexcept {
    if (!handle_ || !trust_.verify || !trust_.system_roots) return false;
    X509_STORE* store = SSL_CTX_get_cert_store(handle_.get());
    X509_STORE_lock(store);
    const int count = sk_X509_OBJECT_num(X509_STORE_get0_objects(store));
    X509_STORE_unlock(store);
    return count <= 0;
}

}  // namespace skein::tls

namespace skein {

namespace {

std::string read_file(const std::filesystem::path& path) {
    const std::string source = "CA file " + path.string();
    if (std::error_code ignored; std::filesystem::is_directory(path, ignored))
        throw tls::failure(source, std::make_error_code(std::errc::is_a_directory));
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file) throw tls::failure(source, tls::last_system_error());
    std::string text(std::istreambuf_iterator<char>(file), {});
    if (file.bad()) throw tls::failure(source, tls::last_system_error());
    return text;
}

// A changed trust is a new context with a new id: copies of the old one keep what they have.
std::shared_ptr<tls::context> with(const tls::context& old, std::vector<std::shared_ptr<X509>> certificates,
                                   const std::string& folder) {
    tls::trust trust = old.trust();
    if (!trust.verify)
        throw std::logic_error("tls_context::insecure() trusts anybody: a CA has no use there");
    if (!std::exchange(trust.named, true)) trust.system_roots = false;
    for (auto& one : certificates) trust.certificates.push_back(std::move(one));
    if (!folder.empty()) trust.folders.push_back(folder);
    return std::make_shared<tls::context>(std::move(trust));
}

}  // namespace

tls_context::tls_context() : tls_context(std::make_shared<tls::context>(tls::trust())) {}

tls_context::tls_context(std::shared_ptr<tls::context> shared) noexcept : shared_(std::move(shared)) {}

tls_context tls_context::insecure() {
    tls::trust trust;
    trust.verify = false;
    trust.system_roots = false;
    return tls_context(std::make_shared<tls::context>(std::move(trust)));
}

tls_context& tls_context::ca_file(const std::filesystem::path& path) & {
    shared_ = with(*shared_, tls::parse_certificates(read_file(path), "CA file " + path.string()), {});
    return *this;
}

tls_context& tls_context::ca_folder(const std::filesystem::path& path) & {
    std::error_code code;
    std::filesystem::directory_iterator(path, code);  // it exists, is a folder and can be read
    if (code) throw tls::failure("CA folder " + path.string(), code);
    shared_ = with(*shared_, {}, path.string());
    return *this;
}

tls_context& tls_context::ca_pem(std::string_view pem) & {
    shared_ = with(*shared_, tls::parse_certificates(pem, "CA certificates"), {});
    return *this;
}

tls_context& tls_context::trust_system_roots() & {
    tls::trust trust = shared_->trust();
    if (!trust.verify)
        throw std::logic_error("tls_context::insecure() trusts anybody: a CA has no use there");
    trust.named = true;
    trust.system_roots = true;
    shared_ = std::make_shared<tls::context>(std::move(trust));
    return *this;
}

bool tls_context::verifies() const noexcept {
    return shared_->trust().verify;
}

std::uint64_t tls_context::id() const noexcept {
    return shared_->id();
}

}  // namespace skein
