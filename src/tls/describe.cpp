// Puts certificates into words.
#include "tls/describe.hpp"

#include "tls/handles.hpp"

#include <cstdio>
#include <ctime>

#include <openssl/asn1.h>
#include <openssl/x509v3.h>

namespace skein::tls {

namespace {

constexpr int most_names = 8;

std::string name_text(const X509_NAME* name) {
    const owned<BIO> bio(BIO_new(BIO_s_mem()));
    if (!bio) return {};
    X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_ONELINE);  // escapes control and non-ASCII characters
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    if (size <= 0) return "(empty)";
    return printable({data, static_cast<std::size_t>(size)}, 200);
}

std::string_view content(const ASN1_STRING* text) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
            static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string address_text(std::string_view bytes) {
    char text[48];
    const auto byte = [&](std::size_t i) {
        return static_cast<unsigned>(static_cast<unsigned char>(bytes[i]));
    };
    if (bytes.size() == 4) {
        std::snprintf(text, sizeof text, "%u.%u.%u.%u", byte(0), byte(1), byte(2), byte(3));
        return text;
    }
    if (bytes.size() != 16) return "(bad address)";
    std::string all;
    for (std::size_t i = 0; i < 16; i += 2) {
        std::snprintf(text, sizeof text, i == 0 ? "%x" : ":%x", byte(i) << 8 | byte(i + 1));
        all += text;
    }
    return all;
}

// One subject alternative name; empty for the kinds that name no host.
std::string alternative_text(const GENERAL_NAME* name) {
    if (name->type == GEN_DNS) return printable(content(name->d.dNSName));
    if (name->type == GEN_IPADD) return address_text(content(name->d.iPAddress));
    return {};
}

}  // namespace

std::string printable(std::string_view text, std::size_t most) {
    std::string out;
    for (const char c : text.substr(0, most)) {
        if (c >= 0x20 && c < 0x7f) {
            out += c;
        } else {
            char escaped[8];
            std::snprintf(escaped, sizeof escaped, "\\x%02x",
                          static_cast<unsigned>(static_cast<unsigned char>(c)));
            out += escaped;
        }
    }
    if (text.size() > most) out += "...";
    return out;
}

std::string subject_text(const X509* certificate) {
    return name_text(X509_get_subject_name(certificate));
}

std::string issuer_text(const X509* certificate) {
    return name_text(X509_get_issuer_name(certificate));
}

std::string time_text(const ASN1_TIME* time) {
    std::tm parts = {};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return "(bad time)";
    char text[40];
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts);
    return text;
}

std::string names_text(const X509* certificate) {
    struct free_names {
        void operator()(GENERAL_NAMES* p) const noexcept { GENERAL_NAMES_free(p); }
    };
    const std::unique_ptr<GENERAL_NAMES, free_names> names(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    std::string all;
    int count = 0;
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const std::string one = alternative_text(sk_GENERAL_NAME_value(names.get(), i));
        if (one.empty() || ++count > most_names) continue;
        if (count > 1) all += ", ";
        all += one;
    }
    if (count > most_names) all += " and " + std::to_string(count - most_names) + " more";
    return all;
}

std::string describe(const X509* certificate) {
    const std::string names = names_text(certificate);
    return "subject " + subject_text(certificate) + "; issuer " + issuer_text(certificate) + "; valid from " +
           time_text(X509_get0_notBefore(certificate)) + " to " + time_text(X509_get0_notAfter(certificate)) +
           "; names " + (names.empty() ? "none" : names);
}

}  // namespace skein::tls
