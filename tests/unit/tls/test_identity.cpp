// Client certificates: what is shown to a server, and what is said of files that cannot be used.
#include "engine_client.hpp"
#include "scratch_files.hpp"

#include <skein/error.hpp>

#include <doctest/doctest.h>

using namespace skein::test;
using skein::tls_context;
using skein::tls_errc;
using skein::tls::status;

namespace {

// A CA for clients, one between, and a client.
struct clients {
    identity root = make_root("Client Root");
    identity middle = issue({.common_name = "Client Intermediate", .is_ca = true}, &root);
    identity leaf = issue({.common_name = "client", .extended_use = "clientAuth"}, &middle);
    std::string certificate = to_pem(leaf) + to_pem(middle);
    std::string key = key_to_pem(leaf);
};

const clients& some_clients() {
    static const clients made;
    return made;
}

server_options asks_for_certificate(int version) {
    auto options = common_world().serves();
    options.min_version = options.max_version = version;
    options.client_ca = some_clients().root.certificate;
    return options;
}

const tls_context& trust() {
    return common_world().trust;
}

}  // namespace

TEST_CASE("a server that asks gets the client's certificate and those above it") {
    const tls_context who =
        tls_context(trust()).client_certificate_pem(some_clients().certificate, some_clients().key);
    CHECK(who.id() != trust().id());
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        tls_server server(asks_for_certificate(version));
        engine_client client(who, "a.test");
        converse(client, server);
        CHECK(server.established());
        CHECK(client.engine.established());
        CHECK(server.client_certificates() == 2);
        server.write("hello");
        client.feed(server.take());
        CHECK(client.received == "hello");
    }
}

TEST_CASE("what was given is sent and nothing else, though the trusted CAs would make a longer chain") {
    const tls_context who = tls_context(trust())
                                .ca_pem(to_pem(some_clients().middle))
                                .client_certificate_pem(to_pem(some_clients().leaf), some_clients().key);
    const auto options = asks_for_certificate(TLS1_3_VERSION);
    const auto context = make_server_context(options);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), some_clients().middle.certificate.get());
    tls_server server(context, options);
    engine_client client(who, "a.test");
    converse(client, server);
    CHECK(server.established());
    CHECK(server.client_certificates() == 1);
}

TEST_CASE("a server that does not ask is not shown it") {
    tls_server server(common_world().serves());
    engine_client client(
        tls_context(trust()).client_certificate_pem(some_clients().certificate, some_clients().key),
        "a.test");
    converse(client, server);
    CHECK(server.established());
    CHECK(server.client_certificates() == 0);
}

TEST_CASE("a server that must have a certificate and gets none says so, and the error as well") {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        tls_server server(asks_for_certificate(version));
        engine_client client(trust(), "a.test");
        converse(client, server);
        CHECK(server.failed());
        CHECK(client.last == status::failed);
        const auto expected = version == TLS1_3_VERSION ? tls_errc::certificate_required : tls_errc::alert;
        CHECK(client.engine.error() == expected);
        CHECK(client.engine.failure_text().ends_with(
            "; it had asked for a client certificate, and there is none"));
    }
}

TEST_CASE("a certificate of another CA is refused by the server, with an alert") {
    const auto stranger = make_root("Stranger");
    const auto leaf = issue({.common_name = "client"}, &stranger);
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        tls_server server(asks_for_certificate(version));
        engine_client client(tls_context(trust()).client_certificate_pem(to_pem(leaf), key_to_pem(leaf)),
                             "a.test");
        converse(client, server);
        CHECK(server.failed());
        CHECK(client.engine.error() == tls_errc::alert);
        CHECK(client.engine.failure_text().find("unknown CA") != std::string::npos);
    }
}

TEST_CASE("certificate and key come from two files or from one, with a password or without") {
    const scratch_files files;
    const auto certificate = files.write("client.pem", some_clients().certificate);
    const auto key = files.write("client.key", some_clients().key);
    const auto both = files.write("both.pem", some_clients().key + some_clients().certificate);
    const auto secret = files.write("secret.key", key_to_pem(some_clients().leaf, "pass word"));
    for (const auto& who : {tls_context(trust()).client_certificate(certificate, key),
                            tls_context(trust()).client_certificate(both, both),
                            tls_context(trust()).client_certificate(certificate, secret, "pass word")}) {
        tls_server server(asks_for_certificate(TLS1_3_VERSION));
        engine_client client(who, "a.test");
        converse(client, server);
        CHECK(server.client_certificates() == 2);
    }
}

TEST_CASE("what cannot be used is told with its name and the reason, and nobody is asked for a password") {
    // If the library asked on a terminal, it would read from here, and not fail.
    const scratch_files files;
    const auto certificate = files.write("client.pem", some_clients().certificate);
    const auto key = files.write("client.key", some_clients().key);
    const auto secret = files.write("secret.key", key_to_pem(some_clients().leaf, "right"));
    const auto other = files.write("other.key", key_to_pem(some_clients().middle));
    const auto broken =
        files.write("broken.key", "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n");
    const auto missing = files.path() / "missing";
    const auto says = [&](const std::filesystem::path& c, const std::filesystem::path& k,
                          std::string_view password = {}) {
        tls_context one = trust();
        const auto id = one.id();
        const std::string text = message_of([&] { one.client_certificate(c, k, password); });
        CHECK(one.id() == id);
        return text;
    };
    CHECK(says(missing, key) == "client certificate " + missing.string() + ": No such file or directory");
    CHECK(says(certificate, missing) == "client key " + missing.string() + ": No such file or directory");
    CHECK(says(key, key) == "client certificate " + key.string() + ": no PEM certificate in it");
    CHECK(says(certificate, certificate) ==
          "client key " + certificate.string() + ": no PEM private key in it");
    CHECK(says(certificate, broken)
              .starts_with("client key " + broken.string() + ": the private key is broken: "));
    CHECK(says(certificate, other) == "client key " + other.string() +
                                          ": the private key is not that of the certificate \"CN = client\", "
                                          "the first one of client certificate " +
                                          certificate.string());
    CHECK(says(certificate, secret) ==
          "client key " + secret.string() + ": the private key is encrypted, and no password was given");
    for (const char* password : {"wrong", "righ", "rightx"})
        CHECK(says(certificate, secret, password) ==
              "client key " + secret.string() + ": the password for the private key is wrong");
    CHECK(says(certificate, secret, std::string(5000, 'x')) ==
          "client key " + secret.string() + ": the password for the private key is wrong");
    CHECK(message_of([&] { tls_context().client_certificate_pem(some_clients().certificate, "nothing"); }) ==
          "client key: no PEM private key in it");
}

TEST_CASE("a key that is too weak for our policy is refused when it is given, not when it is used") {
    const auto weak = issue({.common_name = "weak", .rsa_bits = 1024});
    CHECK(message_of([&] {
              tls_context().client_certificate_pem(to_pem(weak), key_to_pem(weak));
          }).starts_with("the client certificate \"CN = weak\" cannot be used: "));
}
