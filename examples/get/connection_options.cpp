// Owns what the options of connections ask of the library.
#include "connection_options.hpp"

#include <CLI/CLI.hpp>

#include <cstdlib>

namespace get {

namespace {

// The library looks at NO_PROXY where it takes the proxy from the environment, too; curl does in any case.
std::string no_proxy_of_environment() {
    for (const char* name : {"no_proxy", "NO_PROXY"})
        if (const char* value = std::getenv(name)) return value;
    return {};
}

}  // namespace

void connection_options::load() {
    using skein::address_family;
    if (local_address && !local_address->is_of(family))
        throw CLI::ValidationError("--interface", local_address->to_string() +
                                                      " is of the other family than " +
                                                      (family == address_family::ipv4 ? "--ipv4" : "--ipv6"));
    skein::tls_context known;
    if (!ca_file.empty()) known.ca_file(ca_file);
    if (!ca_folder.empty()) known.ca_folder(ca_folder);
    trust_ = insecure ? skein::tls_context::insecure() : known;
    for (const auto& pin : pins) trust_.pin_spki(pin);
    if (!certificate.empty())
        identity_ =
            skein::tls_context(trust_).client_certificate(certificate, key.empty() ? certificate : key);
    // It is no server that was asked: neither --pin nor --insecure is about it.
    proxy_trust_ = insecure_proxy ? skein::tls_context::insecure() : known;
    if (proxy) proxy.trusted(trusts_proxy);
}

void connection_options::add_to(skein::session_options& session) const {
    session.tls = trust_;
    session.proxy_tls = proxy_trust_;
    session.proxy = proxy;
    session.trust_env = unix_socket.empty();
    session.no_proxy = no_proxy;
    if (proxy) session.no_proxy += "," + no_proxy_of_environment();

    auto& connector = session.connector;
    connector.hosts = hosts;
    connector.family = family;
    connector.local_address = local_address;
    connector.unix_socket = unix_socket;
    if (public_only) connector.address_policy = skein::address_policy::public_only();
}

void connection_options::add_to(skein::client_request& request) const {
    if (identity_) request.tls(*identity_);
}

}  // namespace get
