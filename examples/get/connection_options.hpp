// How connections are made: whom they trust, which way they go, from where and to where they may go.
#pragma once

#include <skein/client_request.hpp>
#include <skein/session_options.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace get {

/// What the command line says of connections.
struct connection_options {
    std::string ca_file = {};
    std::string ca_folder = {};
    std::string certificate = {};  ///< who we are to the servers that are asked; empty: nobody
    std::string key = {};          ///< empty: it is in `certificate`
    std::vector<std::string> pins = {};
    bool insecure = false;  ///< believes any server; of proxies nothing is said
    bool insecure_proxy = false;

    skein::proxy proxy = {};
    std::string no_proxy = {};  ///< besides what NO_PROXY says
    bool trusts_proxy = false;  ///< under public_only

    std::map<std::string, std::vector<skein::ip_address>> hosts = {};
    skein::address_family family = skein::address_family::any;
    std::optional<skein::ip_address> local_address = {};
    std::string unix_socket = {};
    bool public_only = false;

    /// Lets the command line fill it. *Lifetime:* longer than the parsing. The parsing *throws*
    /// CLI::ValidationError for a value that is none.
    void add_to(CLI::App& app);
    /// Sees what no option can see alone, then reads the files. *Throws:* CLI::ValidationError; tls_error
    /// that names a file that cannot be used.
    void load();

    void add_to(skein::session_options& session) const;
    void add_to(skein::client_request& request) const;

private:
    skein::tls_context trust_ = {};
    skein::tls_context proxy_trust_ = {};
    // The same with the certificate: for the origins that are asked, not for those that they redirect to.
    std::optional<skein::tls_context> identity_ = {};
};

}  // namespace get
