// Reads certificates and keys, and says what is wrong with them.
#include "tls/identity.hpp"

#include "tls/context.hpp"
#include "tls/describe.hpp"

#include <skein/error.hpp>

#include <algorithm>
#include <climits>
#include <cstring>
#include <new>

#include <openssl/pem.h>

namespace skein::tls {

namespace {

tls_error failure(const std::string& what) {
    return {what, "", 0, {}};
}

struct asked_password {
    std::string_view text;
    bool was_asked = false;
};

// Not OpenSSL's default, which asks on the terminal.
int give_password(char* into, int size, int, void* state) {
    auto& password = *static_cast<asked_password*>(state);
    password.was_asked = true;
    if (password.text.empty() || password.text.size() > static_cast<std::size_t>(size)) return -1;
    std::memcpy(into, password.text.data(), password.text.size());
    return static_cast<int>(password.text.size());
}

std::shared_ptr<EVP_PKEY> parse_key(std::string_view pem, const std::string& source,
                                    std::string_view password) {
    if (pem.size() > INT_MAX) throw failure(source + ": too large");
    if (pem.find("PRIVATE KEY-----") == pem.npos) throw failure(source + ": no PEM private key in it");
    forget_errors();
    const owned<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    if (!bio) throw std::bad_alloc();
    asked_password asked{password};
    owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, give_password, &asked));
    const unsigned long error = ERR_peek_last_error();
    ERR_clear_error();
    if (key) return std::shared_ptr<EVP_PKEY>(std::move(key));
    if (asked.was_asked && password.empty())
        throw failure(source + ": the private key is encrypted, and no password was given");
    if (asked.was_asked) throw failure(source + ": the password for the private key is wrong");
    throw failure(source + ": the private key is broken: " + reason_text(error));
}

}  // namespace

std::shared_ptr<const identity> parse_identity(std::string_view certificate,
                                               const std::string& certificate_source, std::string_view key,
                                               const std::string& key_source, std::string_view password) {
    auto made = std::make_shared<identity>();
    made->chain = parse_certificates(certificate, certificate_source);
    made->key = parse_key(key, key_source, password);
    forget_errors();
    const bool belongs = X509_check_private_key(made->chain.front().get(), made->key.get()) == 1;
    ERR_clear_error();
    if (!belongs)
        throw failure(key_source + ": the private key is not that of the certificate \"" +
                      subject_text(made->chain.front().get()) + "\", the first one of " + certificate_source);
    // Whatever OpenSSL has against it shall be said here, not at the first connection.
    const owned<SSL_CTX> trial(SSL_CTX_new(TLS_client_method()));
    if (!trial) throw failure("OpenSSL gives no TLS client: " + reason_text(ERR_peek_last_error()));
    set_policy(trial.get());
    use_identity(trial.get(), *made);
    return made;
}

void use_identity(SSL_CTX* ctx, const identity& who) {
    SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN);  // what was given is sent, nothing is looked for
    forget_errors();
    bool good = SSL_CTX_use_certificate(ctx, who.chain.front().get()) == 1 &&
                SSL_CTX_use_PrivateKey(ctx, who.key.get()) == 1;
    for (std::size_t i = 1; good && i < who.chain.size(); ++i)
        good = SSL_CTX_add1_chain_cert(ctx, who.chain[i].get()) == 1;
    if (good) return;
    const unsigned long error = ERR_peek_last_error();
    ERR_clear_error();
    throw failure("the client certificate \"" + subject_text(who.chain.front().get()) +
                  "\" cannot be used: " + reason_text(error));
}

}  // namespace skein::tls
