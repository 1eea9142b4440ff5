// Makes keys and certificates through the OpenSSL API.
#include "pki.hpp"

#include <atomic>
#include <stdexcept>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

namespace skein::test {

namespace {

void must(bool good, const char* what) {
    if (!good) throw std::runtime_error(std::string("making a test certificate: ") + what);
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    must(extension != nullptr, value.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

// By hand, since the text form cannot carry every byte.
void add_names(X509* certificate, const std::vector<std::string>& names) {
    const std::shared_ptr<GENERAL_NAMES> all(GENERAL_NAMES_new(), GENERAL_NAMES_free);
    for (const auto& name : names) {
        GENERAL_NAME* one = GENERAL_NAME_new();
        const auto is = [&](std::string_view kind) { return name.starts_with(kind); };
        if (is("DNS:") || is("URI:") || is("email:")) {
            const std::size_t from = name.find(':') + 1;
            ASN1_IA5STRING* text = ASN1_IA5STRING_new();
            ASN1_STRING_set(text, name.data() + from, static_cast<int>(name.size() - from));
            GENERAL_NAME_set0_value(one, is("DNS:") ? GEN_DNS : is("URI:") ? GEN_URI : GEN_EMAIL, text);
        } else {
            must(name.starts_with("IP:"), name.c_str());
            ASN1_OCTET_STRING* address = a2i_IPADDRESS(name.c_str() + 3);
            must(address != nullptr, name.c_str());
            GENERAL_NAME_set0_value(one, GEN_IPADD, address);
        }
        sk_GENERAL_NAME_push(all.get(), one);
    }
    must(X509_add1_ext_i2d(certificate, NID_subject_alt_name, all.get(), 0, 0) == 1, "names");
}

void add_extensions(X509* certificate, X509* issuer, const recipe& what) {
    if (what.is_ca) {
        std::string constraint = "critical,CA:TRUE";
        if (what.path_length >= 0) constraint += ",pathlen:" + std::to_string(what.path_length);
        add_extension(certificate, issuer, NID_basic_constraints, constraint);
        add_extension(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
    }
    if (!what.permitted.empty())
        add_extension(certificate, issuer, NID_name_constraints, "critical,permitted;" + what.permitted);
    if (!what.excluded.empty())
        add_extension(certificate, issuer, NID_name_constraints, "critical,excluded;" + what.excluded);
    if (!what.extended_use.empty()) add_extension(certificate, issuer, NID_ext_key_usage, what.extended_use);
    if (!what.names.empty()) add_names(certificate, what.names);
}

}  // namespace

identity issue(const recipe& what, const identity* issuer) {
    static std::atomic<long> serial = 1;
    identity made;
    EVP_PKEY* key =
        what.rsa_bits != 0 ? EVP_RSA_gen(static_cast<unsigned>(what.rsa_bits)) : EVP_EC_gen("P-256");
    must(key != nullptr, "key");
    made.key.reset(key, EVP_PKEY_free);
    made.certificate.reset(X509_new(), X509_free);
    X509* x = made.certificate.get();
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
    X509_gmtime_adj(X509_getm_notBefore(x), what.from_days * 86400L);
    X509_gmtime_adj(X509_getm_notAfter(x), what.to_days * 86400L);
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(what.common_name.c_str()), -1, -1, 0);
    X509* parent = issuer != nullptr ? issuer->certificate.get() : x;
    X509_set_issuer_name(x, X509_get_subject_name(parent));
    add_extensions(x, parent, what);
    EVP_PKEY* signer = issuer != nullptr ? issuer->key.get() : key;
    must(X509_sign(x, signer, EVP_get_digestbyname(what.digest.c_str())) > 0, "signature");
    return made;
}

identity make_root(const std::string& common_name) {
    return issue({.common_name = common_name, .is_ca = true});
}

namespace {
std::string text_of(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}
}  // namespace

std::string to_pem(const identity& who) {
    const std::shared_ptr<BIO> bio(BIO_new(BIO_s_mem()), BIO_free);
    must(PEM_write_bio_X509(bio.get(), who.certificate.get()) == 1, "PEM");
    return text_of(bio.get());
}

std::string key_to_pem(const identity& who, const std::string& password) {
    const std::shared_ptr<BIO> bio(BIO_new(BIO_s_mem()), BIO_free);
    const auto* bytes = reinterpret_cast<const unsigned char*>(password.data());
    must(PEM_write_bio_PrivateKey(bio.get(), who.key.get(), password.empty() ? nullptr : EVP_aes_128_cbc(),
                                  bytes, static_cast<int>(password.size()), nullptr, nullptr) == 1,
         "PEM of a key");
    return text_of(bio.get());
}

}  // namespace skein::test
