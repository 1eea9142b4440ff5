// Scripts for the test server that speak TLS, straight on OpenSSL in blocking code.
#pragma once

#include "client_test.hpp"
#include "pki.hpp"

#include <openssl/ssl.h>
#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace client_test {

/// Answers each request of a connection, given its head, over TLS.
inline evil_server::script over_tls(skein::test::identity who,
                                    std::function<std::string(const std::string&)> answer,
                                    bool truncate = false) {
    return [who = std::move(who), answer = std::move(answer), truncate](evil_peer& peer) {
        sigset_t pipe;  // OpenSSL writes without MSG_NOSIGNAL
        sigemptyset(&pipe);
        sigaddset(&pipe, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
        const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
        SSL_CTX_use_certificate(context.get(), who.certificate.get());
        SSL_CTX_use_PrivateKey(context.get(), who.key.get());
        const std::shared_ptr<SSL> ssl(SSL_new(context.get()), SSL_free);
        SSL_set_fd(ssl.get(), peer.fd());
        if (SSL_accept(ssl.get()) != 1) return;
        std::string request;
        char buffer[4096];
        for (int count = 0; (count = SSL_read(ssl.get(), buffer, sizeof buffer)) > 0;) {
            request.append(buffer, static_cast<std::size_t>(count));
            if (!request.ends_with("\r\n\r\n")) continue;
            const std::string bytes = answer(std::exchange(request, {}));
            if (SSL_write(ssl.get(), bytes.data(), static_cast<int>(bytes.size())) <= 0) return;
            if (truncate) return;
        }
    };
}

/// The same with one answer to all.
inline evil_server::script over_tls(skein::test::identity who, std::string answer, bool truncate = false) {
    return over_tls(
        std::move(who), [text = std::move(answer)](const std::string&) { return text; }, truncate);
}

inline std::string secure_url(const evil_server& server, std::string_view host = "localhost") {
    return "https://" + std::string(host) + ":" + std::to_string(server.port()) + "/";
}

}  // namespace client_test
