// Pins: who is believed with one, and what a refusal says.
#include "engine_client.hpp"

#include <skein/error.hpp>

#include <doctest/doctest.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <stdexcept>

using namespace skein::test;
using skein::tls_context;
using skein::tls_errc;

namespace {

std::string sha256(const unsigned char* bytes, int size) {
    unsigned char hash[32];
    EVP_Digest(bytes, static_cast<std::size_t>(size), hash, nullptr, EVP_sha256(), nullptr);
    return {reinterpret_cast<const char*>(hash), sizeof hash};
}

std::string key_pin(const identity& who) {
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(who.key.get(), &der);
    const std::string hash = sha256(der, size);
    OPENSSL_free(der);
    unsigned char text[64];
    EVP_EncodeBlock(text, reinterpret_cast<const unsigned char*>(hash.data()), static_cast<int>(hash.size()));
    return "sha256/" + std::string(reinterpret_cast<const char*>(text));
}

std::string certificate_pin(const identity& who) {
    unsigned char* der = nullptr;
    const int size = i2d_X509(who.certificate.get(), &der);
    const std::string hash = sha256(der, size);
    OPENSSL_free(der);
    std::string text;
    for (const char c : hash) {
        text += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
        text += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
    }
    return text;
}

struct pinned_pki {
    identity root = make_root();
    identity middle = issue({.common_name = "Intermediate", .is_ca = true}, &root);
    identity leaf = issue({.common_name = "leaf", .names = {"DNS:a.test"}}, &middle);
    tls_context trust = tls_context().ca_pem(to_pem(root));
};

const pinned_pki& pki() {
    static const pinned_pki made;
    return made;
}

struct verdict {
    std::error_code code;
    std::string text;
    bool server_was_told = false;
};

verdict present(const std::vector<identity>& chain, const tls_context& trust, int version = TLS1_3_VERSION) {
    server_options options = {.chain = chain};
    options.min_version = options.max_version = version;
    tls_server server(options);
    engine_client client(trust, "a.test");
    converse(client, server);
    CHECK(client.engine.established() == !client.engine.error());
    return {client.engine.error(), client.engine.failure_text(), server.failed()};
}

std::vector<identity> the_chain() {
    return {pki().leaf, pki().middle};
}

const std::string other_pin = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

}  // namespace

TEST_CASE("a pin of the leaf's key, of a CA's above it, or of the certificate itself lets the peer in") {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        for (const identity* one : {&pki().leaf, &pki().middle, &pki().root})
            CHECK(!present(the_chain(), tls_context(pki().trust).pin_spki(key_pin(*one)), version).code);
        const std::string hex = certificate_pin(pki().leaf);
        CHECK(!present(the_chain(), tls_context(pki().trust).pin_certificate(hex), version).code);
    }
}

TEST_CASE("of several pins, of both kinds, one is enough") {
    tls_context trust = pki().trust;
    trust.pin_spki(other_pin).pin_certificate(std::string(64, '0'));
    CHECK(present(the_chain(), trust).code == tls_errc::pin_mismatch);
    CHECK(!present(the_chain(), tls_context(trust).pin_spki(key_pin(pki().leaf))).code);
    CHECK(!present(the_chain(), tls_context(trust).pin_certificate(certificate_pin(pki().leaf))).code);
    // That of a CA does not count as one of the certificate: CAs sign others as well.
    CHECK(present(the_chain(), tls_context(trust).pin_certificate(certificate_pin(pki().middle))).code ==
          tls_errc::pin_mismatch);
}

TEST_CASE("a refusal names the pins that were seen, and the peer is told before it hears of us") {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const auto result = present(the_chain(), tls_context(pki().trust).pin_spki(other_pin), version);
        CHECK(result.code == tls_errc::pin_mismatch);
        CHECK(result.server_was_told);
        CHECK(result.text.find("none of the pins matches; seen are " + key_pin(pki().leaf) +
                               " (CN = leaf), " + key_pin(pki().middle) + " (CN = Intermediate), " +
                               key_pin(pki().root) + " (CN = Test Root)") != std::string::npos);
    }
    const auto both = present(the_chain(), tls_context(pki().trust).pin_certificate(std::string(64, 'a')));
    CHECK(both.text.find("the certificate itself " + certificate_pin(pki().leaf)) != std::string::npos);
}

TEST_CASE("a pin does not take the place of verification") {
    const auto wrong_host = issue({.names = {"DNS:b.test"}}, &pki().root);
    CHECK(present({wrong_host}, tls_context(pki().trust).pin_spki(key_pin(wrong_host))).code ==
          tls_errc::hostname_mismatch);
    const auto stranger = issue({.names = {"DNS:a.test"}});
    CHECK(present({stranger}, tls_context(pki().trust).pin_spki(key_pin(stranger))).code ==
          tls_errc::unknown_ca);
}

TEST_CASE("a certificate that is sent along but leads nowhere cannot satisfy a pin") {
    const auto forged = issue({.names = {"DNS:a.test"}}, &pki().root);
    CHECK(present({forged, pki().middle}, tls_context(pki().trust).pin_spki(key_pin(pki().middle))).code ==
          tls_errc::pin_mismatch);
    // Without verification only the leaf has shown that it has its key.
    const auto anybody = tls_context::insecure().pin_spki(key_pin(pki().middle));
    CHECK(present({forged, pki().middle}, anybody).code == tls_errc::pin_mismatch);
}

TEST_CASE("insecure() with a pin believes that key and no other") {
    const auto device = issue({.common_name = "device", .to_days = -1});
    const auto pinned = tls_context::insecure().pin_spki(key_pin(device));
    CHECK(!pinned.verifies());
    CHECK(!present({device}, pinned).code);
    CHECK(!present({device}, pinned, TLS1_2_VERSION).code);
    CHECK(!present({device}, tls_context::insecure().pin_certificate(certificate_pin(device))).code);
    const auto impostor = issue({.common_name = "device"});
    const auto result = present({impostor}, pinned);
    CHECK(result.code == tls_errc::pin_mismatch);
    CHECK(result.text.find("seen are " + key_pin(impostor)) != std::string::npos);
}

TEST_CASE("a pin may be written in curl's way, a fingerprint in OpenSSL's") {
    std::string curls = key_pin(pki().leaf);
    curls.insert(7, "/");
    CHECK(!present(the_chain(), tls_context(pki().trust).pin_spki(curls)).code);
    // A hash that begins with a slash itself is no trap.
    const std::string with_slash = "/" + std::string(42, 'A') + "=";
    CHECK_NOTHROW((void)tls_context().pin_spki("sha256/" + with_slash));
    CHECK_NOTHROW((void)tls_context().pin_spki("sha256//" + with_slash));
    const std::string hex = certificate_pin(pki().leaf);
    std::string with_colons;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        with_colons += i == 0 ? "" : ":";
        with_colons += static_cast<char>(std::toupper(hex[i]));
        with_colons += static_cast<char>(std::toupper(hex[i + 1]));
    }
    CHECK(!present(the_chain(), tls_context(pki().trust).pin_certificate(with_colons)).code);
}

TEST_CASE("what is no pin is refused, and changes nothing") {
    tls_context one = pki().trust;
    const auto id = one.id();
    const std::string good = key_pin(pki().leaf);
    const std::string keys[] = {"",
                                "sha256/",
                                good.substr(7),
                                "sha1/" + good.substr(7),
                                good.substr(0, good.size() - 1),
                                good + "=",
                                good + "\n",
                                "sha256/" + std::string(43, '!') + "=",
                                "sha256/" + std::string(42, 'A') + "==",
                                "sha256/" + std::string(44, 'A'),
                                "sha256/" + std::string(42, 'A') + "B="};  // bits that do not count
    for (const auto& text : keys) CHECK_THROWS_AS(one.pin_spki(text), std::invalid_argument);
    const std::string hex(64, 'a');
    for (const auto& text : {std::string(), hex.substr(1), hex + "a", hex.substr(2) + "gg", ":" + hex,
                             "a:" + hex.substr(1), hex + " "})
        CHECK_THROWS_AS(one.pin_certificate(text), std::invalid_argument);
    CHECK(one.id() == id);
}
