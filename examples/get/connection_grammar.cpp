// Owns the grammar of the options of connections, and the form of their values.
#include "connection_options.hpp"

#include <skein/error.hpp>
#include <skein/url.hpp>

#include <CLI/CLI.hpp>

#include <stdexcept>
#include <string_view>
#include <utility>

namespace get {

namespace {

[[noreturn]] void refuse(const char* option, const std::string& why) {
    throw CLI::ValidationError(option, why);
}

std::string in_quotes(std::string_view text) {
    return "\"" + std::string(text) + "\"";
}

// ---- values

// As in the environment, an http proxy needs no scheme.
skein::proxy proxy_of(std::string text) {
    if (text.empty()) refuse("--proxy", "is empty; --noproxy '*' is for none");
    if (text.find("://") == std::string::npos) text.insert(0, "http://");
    try {
        return text;
    } catch (const skein::invalid_url& why) {  // without the password
        refuse("--proxy", why.what());
    }
}

skein::ip_address address_of(const char* option, std::string_view text) {
    if (text.size() > 1 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
    if (const auto found = skein::ip_address::try_parse(text)) return *found;
    refuse(option, in_quotes(text) + " is no address");
}

// "host:port" in the form in which URLs name it.
std::string place_of(const std::string& entry, const std::string& text) {
    const auto parsed = skein::url::try_parse("http://" + text + "/");
    const bool is_place =
        parsed && text.back() != ':' && text.find_first_of("/\\?#@*+[ ") == std::string::npos;
    if (!is_place) refuse("--resolve", in_quotes(text) + " in " + in_quotes(entry) + " is no host and port");
    std::string_view host = parsed->host();
    if (host.ends_with('.')) host.remove_suffix(1);
    return std::string(host) + ":" + std::to_string(parsed->port());
}

using fixed_host = std::pair<std::string, std::vector<skein::ip_address>>;

fixed_host fixed_host_of(const std::string& entry) {
    const auto host_end = entry.find(':');
    const auto port_end = host_end == std::string::npos ? host_end : entry.find(':', host_end + 1);
    if (port_end == std::string::npos)
        refuse("--resolve", in_quotes(entry) + " is not of the form HOST:PORT:ADDRESS[,ADDRESS]");
    fixed_host made(place_of(entry, entry.substr(0, port_end)), {});
    std::string_view rest = std::string_view(entry).substr(port_end + 1);
    for (;;) {
        const auto comma = rest.find(',');
        made.second.push_back(address_of("--resolve", rest.substr(0, comma)));
        if (comma == rest.npos) return made;
        rest.remove_prefix(comma + 1);
    }
}

std::string pin_of(const std::string& text) {
    try {
        skein::tls_context().pin_spki(text);
    } catch (const std::invalid_argument& why) {
        refuse("--pin", why.what());
    }
    return text;
}

// ---- options

// Empty is what a variable becomes that is not set: nobody means it.
CLI::Option* add_name(CLI::App& app, const std::string& option, std::string& to, const char* type,
                      const char* help) {
    const auto take = [option, &to](const std::string& text) {
        if (text.empty()) refuse(option.c_str(), "is empty");
        to = text;
    };
    return app.add_option_function<std::string>(option, take, help)->type_name(type);
}

template <class Take>
CLI::Option* add_each(CLI::App& app, const char* option, const char* type, Take take, const char* help) {
    const auto take_all = [take](const std::vector<std::string>& all) {
        for (const auto& one : all) take(one);
    };
    return app.add_option_function<std::vector<std::string>>(option, take_all, help)
        ->type_name(type)
        ->allow_extra_args(false);
}

void add_trust(CLI::App& app, connection_options& out) {
    app.option_defaults()->group("Whom it trusts");
    auto* file =
        add_name(app, "--cacert", out.ca_file, "FILE", "Trust the CAs in FILE (PEM), not the system's");
    auto* folder = add_name(app, "--capath", out.ca_folder, "DIR",
                            "Trust the CAs in DIR, made by openssl rehash, not the system's");
    auto* mine = add_name(app, "--cert", out.certificate, "FILE",
                          "Show the certificate in FILE (PEM) to the servers that are asked");
    add_name(app, "--key", out.key, "FILE", "Its private key; default: in the same file")->needs(mine);
    add_each(
        app, "--pin", "sha256/B64", [&out](const std::string& text) { out.pins.push_back(pin_of(text)); },
        "Trust only servers with this public key; of several, one will do");
    app.add_flag("-k,--insecure", out.insecure,
                 "Believe any server, or any that --pin names, but no proxy: for tests")
        ->excludes(file)
        ->excludes(folder);
}

CLI::Option* add_proxies(CLI::App& app, connection_options& out) {
    auto* proxy = app.add_option_function<std::string>(
                         "-x,--proxy", [&out](const std::string& text) { out.proxy = proxy_of(text); },
                         "Go through a proxy (http, https, socks5, socks5h); default: what http_proxy, "
                         "https_proxy or all_proxy names")
                      ->type_name("URL");
    app.add_option("--noproxy", out.no_proxy,
                   "For these hosts go directly, besides those in no_proxy; '*': for all")
        ->type_name("LIST");
    app.add_flag("--proxy-insecure", out.insecure_proxy, "Believe any https proxy: for tests");
    return proxy;
}

void add_addresses(CLI::App& app, connection_options& out) {
    add_each(
        app, "--resolve", "H:P:ADDR",
        [&out](const std::string& text) {
            auto [place, addresses] = fixed_host_of(text);
            out.hosts.insert_or_assign(std::move(place), std::move(addresses));
        },
        "Use this address, or these with commas, for host H at port P");
    auto* ipv4 = app.add_flag_callback(
        "-4,--ipv4", [&out] { out.family = skein::address_family::ipv4; }, "Use IPv4 addresses only");
    app.add_flag_callback(
           "-6,--ipv6", [&out] { out.family = skein::address_family::ipv6; }, "Use IPv6 addresses only")
        ->excludes(ipv4);
    app.add_option_function<std::string>(
           "--interface",
           [&out](const std::string& text) {
               out.local_address = skein::ip_address::try_parse(text);
               if (!out.local_address)
                   refuse("--interface",
                          in_quotes(text) + " is no address; of an interface, say its address");
           },
           "Connect from this address of this machine")
        ->type_name("ADDR");
}

void add_way(CLI::App& app, connection_options& out) {
    app.option_defaults()->group("Which way it goes");
    auto* proxy = add_proxies(app, out);
    add_addresses(app, out);
    auto* socket = add_name(app, "--unix-socket", out.unix_socket, "PATH",
                            "Connect to this Unix socket, whatever URLs say; @NAME: an abstract one");
    auto* guarded = app.add_flag("--public-only", out.public_only,
                                 "Connect to addresses of the public Internet only, wherever names and "
                                 "redirects lead");
    app.add_flag("--trust-proxy", out.trusts_proxy, "Even so, use the proxy: it sees to that itself")
        ->needs(guarded)
        ->needs(proxy);
    socket->excludes(proxy)->excludes(guarded);
}

}  // namespace

void connection_options::add_to(CLI::App& app) {
    add_trust(app, *this);
    add_way(app, *this);
}

}  // namespace get
