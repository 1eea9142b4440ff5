// Certificates made on the spot, for tests: any chain, good or broken in one chosen way.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <openssl/evp.h>
#include <openssl/x509.h>

namespace skein::test {

/// What a certificate shall say. The defaults give a leaf that is valid now.
struct recipe {
    std::string common_name = "test";
    std::vector<std::string> names = {};  ///< "DNS:a.test", "IP:::1", "URI:", "email:"; any bytes
    int from_days = -1;                   ///< validity, counted from now
    int to_days = 30;
    bool is_ca = false;
    int path_length = -1;           ///< of a CA; -1: without limit
    std::string permitted = {};     ///< name constraint of a CA: "DNS:b.test"
    std::string excluded = {};      ///< the other kind
    std::string extended_use = {};  ///< "clientAuth"
    std::string digest = "sha256";
    int rsa_bits = 0;  ///< 0: an EC key on P-256
};

/// A certificate with its private key.
struct identity {
    std::shared_ptr<X509> certificate;
    std::shared_ptr<EVP_PKEY> key;
};

/// A certificate signed by `issuer`, or by itself.
identity issue(const recipe& what, const identity* issuer = nullptr);

/// A CA that signs itself.
identity make_root(const std::string& common_name = "Test Root");

/// The certificate as PEM text.
std::string to_pem(const identity& who);
/// The private key as PEM text, encrypted if there is a password.
std::string key_to_pem(const identity& who, const std::string& password = {});

}  // namespace skein::test
