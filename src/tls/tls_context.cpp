// Owns what tls_context's calls mean: each that changes something makes a new context, with a new id.
#include <skein/tls_context.hpp>

#include "base/read_file.hpp"
#include "tls/context.hpp"
#include "tls/describe.hpp"
#include "tls/peer_name.hpp"

#include <skein/error.hpp>

#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace skein {

namespace {

tls_error failure(const std::string& what, std::error_code code) {
    return {what + ": " + code.message(), "", 0, code};
}

constexpr std::size_t max_file_bytes = std::size_t{64} * 1024 * 1024;

std::string read_file(const std::filesystem::path& path, const std::string& source) {
    try {
        return detail::read_file(path, max_file_bytes, detail::pipes::waited_for).text;
    } catch (const std::system_error& e) {
        throw failure(source, e.code());
    }
}

// For one more CA.
void name_trust(tls::settings& s) {
    if (!s.verify) throw std::logic_error("tls_context::insecure() trusts anybody: a CA has no use there");
    if (!std::exchange(s.named, true)) s.system_roots = false;
}

void trust(tls::settings& s, std::vector<std::shared_ptr<X509>> certificates) {
    name_trust(s);
    for (auto& one : certificates) s.certificates.push_back(std::move(one));
}

int number_of(tls_version version) noexcept {
    return version == tls_version::tls_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;
}

void check_versions(const tls::settings& s) {
    if (s.max_version != 0 && s.max_version < s.min_version)
        throw std::invalid_argument("the oldest TLS version that is allowed is newer than the newest");
}

void check_ciphers(const tls::settings& s) {
    const tls::owned<SSL_CTX> trial(SSL_CTX_new(TLS_client_method()));
    if (!trial) throw std::bad_alloc();
    tls::set_policy(trial.get());
    tls::set_ciphers(trial.get(), s);
}

}  // namespace

tls_context::tls_context() : tls_context(std::make_shared<tls::context>(tls::settings())) {}

tls_context::tls_context(std::shared_ptr<tls::context> shared) noexcept : shared_(std::move(shared)) {}

template <class Fn>
tls_context& tls_context::change(Fn&& how) {
    tls::settings changed = shared_->settings();
    how(changed);
    shared_ = std::make_shared<tls::context>(std::move(changed));
    return *this;
}

tls_context tls_context::insecure() {
    tls::settings s;
    s.verify = false;
    s.system_roots = false;
    return tls_context(std::make_shared<tls::context>(std::move(s)));
}

// ---- whom to trust

tls_context& tls_context::ca_file(const std::filesystem::path& path) & {
    return change([&](tls::settings& s) {
        const std::string source = "CA file " + path.string();
        trust(s, tls::parse_certificates(read_file(path, source), source));
    });
}

tls_context& tls_context::ca_folder(const std::filesystem::path& path) & {
    return change([&](tls::settings& s) {
        std::error_code code;
        std::filesystem::directory_iterator(path, code);  // it exists, is a folder and can be read
        if (code) throw failure("CA folder " + path.string(), code);
        name_trust(s);
        s.folders.push_back(path.string());
    });
}

tls_context& tls_context::ca_pem(std::string_view pem) & {
    return change([&](tls::settings& s) { trust(s, tls::parse_certificates(pem, "CA certificates")); });
}

tls_context& tls_context::trust_system_roots() & {
    return change([](tls::settings& s) {
        name_trust(s);
        s.system_roots = true;
    });
}

tls_context& tls_context::pin_spki(std::string_view pin) & {
    return change([&](tls::settings& s) { s.pins.add_key(pin); });
}

tls_context& tls_context::pin_certificate(std::string_view sha256) & {
    return change([&](tls::settings& s) { s.pins.add_certificate(sha256); });
}

tls_context& tls_context::server_name(std::string_view name) & {
    return change([&](tls::settings& s) {
        s.server_name = tls::peer_name(name);
        if (!tls::can_be_named(s.server_name))
            throw std::invalid_argument("no certificate can be for the host \"" + tls::printable(name) +
                                        "\"");
    });
}

// ---- who we are

tls_context& tls_context::client_certificate(const std::filesystem::path& certificate,
                                             const std::filesystem::path& key, std::string_view password) & {
    return change([&](tls::settings& s) {
        const std::string certificate_source = "client certificate " + certificate.string();
        const std::string key_source = "client key " + key.string();
        std::string key_text = read_file(key, key_source);
        s.identity = tls::parse_identity(read_file(certificate, certificate_source), certificate_source,
                                         key_text, key_source, password);
        OPENSSL_cleanse(key_text.data(), key_text.size());
    });
}

tls_context& tls_context::client_certificate_pem(std::string_view certificate, std::string_view key,
                                                 std::string_view password) & {
    return change([&](tls::settings& s) {
        s.identity = tls::parse_identity(certificate, "client certificate", key, "client key", password);
    });
}

// ---- how it is done

tls_context& tls_context::min_version(tls_version oldest) & {
    return change([&](tls::settings& s) {
        s.min_version = number_of(oldest);
        check_versions(s);
    });
}

tls_context& tls_context::max_version(tls_version newest) & {
    return change([&](tls::settings& s) {
        s.max_version = number_of(newest);
        check_versions(s);
    });
}

tls_context& tls_context::ciphers(std::string_view list) & {
    return change([&](tls::settings& s) {
        if (list.empty()) throw std::invalid_argument("an empty list of TLS ciphers");
        s.ciphers = list;
        check_ciphers(s);
    });
}

tls_context& tls_context::cipher_suites(std::string_view list) & {
    return change([&](tls::settings& s) {
        if (list.empty()) throw std::invalid_argument("an empty list of TLS cipher suites");
        s.cipher_suites = list;
        check_ciphers(s);
    });
}

tls_context& tls_context::alpn(const std::vector<std::string>& protocols) & {
    constexpr std::size_t longest_name = 255;
    constexpr std::size_t longest_list = 65535;
    std::string list;
    for (const auto& name : protocols) {
        if (name.empty() || name.size() > longest_name)
            throw std::invalid_argument("the application protocol \"" + tls::printable(name) + "\" has " +
                                        std::to_string(name.size()) + " bytes, not 1 to 255");
        list.append(1, static_cast<char>(name.size())).append(name);
    }
    if (list.size() > longest_list)
        throw std::invalid_argument("the list of application protocols takes " + std::to_string(list.size()) +
                                    " bytes, more than 65535");
    return change([&](tls::settings& s) { s.alpn = std::move(list); });
}

tls_context& tls_context::key_log(const std::filesystem::path& path) & {
    return change([&](tls::settings& s) { s.key_log = std::make_shared<tls::key_log>(path); });
}

tls_context& tls_context::key_log_from_environment() & {
    const char* path = std::getenv("SSLKEYLOGFILE");
    return path == nullptr || *path == '\0' ? *this : key_log(path);
}

tls_context& tls_context::resumption(bool on) & {
    return change([&](tls::settings& s) { s.resumption = on; });
}

tls_context& tls_context::require_close_notify(bool on) & {
    return change([&](tls::settings& s) { s.requires_close_notify = on; });
}

tls_context tls_context::for_proxy() const {
    const tls::settings& own = shared_->settings();
    tls_context made = *this;
    if (!own.identity && own.pins.empty() && own.server_name.empty()) return made;
    return made.change([](tls::settings& s) {
        if (!s.verify && !s.pins.empty()) s.verify = s.system_roots = true;
        s.identity.reset();
        s.pins = {};
        s.server_name.clear();
    });
}

bool tls_context::verifies() const noexcept {
    return shared_->settings().verify;
}

std::uint64_t tls_context::id() const noexcept {
    return shared_->id();
}

}  // namespace skein
