// Certificates in words, for messages. What a peer put into them is shown escaped and cut: it may be hostile.
#pragma once

#include <string>
#include <string_view>

#include <openssl/x509.h>

namespace skein::tls {

/// Text from a peer, fit for a message or a terminal: printable ASCII, the rest as \xNN, and cut after `most`
/// bytes.
std::string printable(std::string_view text, std::size_t most = 100);

/// "CN = a.test, O = Example".
std::string subject_text(const X509* certificate);
std::string issuer_text(const X509* certificate);

/// "2026-11-22 09:30:00 UTC".
std::string time_text(const ASN1_TIME* time);

/// The DNS names and IP addresses that it is good for (the subject alternative names), at most eight of them,
/// separated by commas; empty if it has none.
std::string names_text(const X509* certificate);

/// All of that in one line.
std::string describe(const X509* certificate);

}  // namespace skein::tls
