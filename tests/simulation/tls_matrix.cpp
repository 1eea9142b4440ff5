// Reads the words of corpora/tls_matrix.json. A word that is not known is an error: no row is passed over.
#include "tls_matrix.hpp"

#include <stdexcept>

namespace simulation {

using nlohmann::json;
using skein::tls_context;
using skein::test::identity;
using skein::test::recipe;

namespace {

[[noreturn]] void unknown(const std::string& what, const std::string& text) {
    throw std::runtime_error("cannot express the " + what + " \"" + text + "\"");
}

std::string text_of(const json& object, const char* key) {
    return object.value(key, std::string());
}

std::vector<std::string> split(const std::string& text, const std::string& separator) {
    std::vector<std::string> parts;
    std::size_t from = 0;
    for (std::size_t at = 0; (at = text.find(separator, from)) != text.npos; from = at + separator.size())
        parts.push_back(text.substr(from, at - from));
    parts.push_back(text.substr(from));
    return parts;
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != text.npos;
}

// "DNS:a.test\0.evil.test" is written with a backslash and a zero.
std::string unescape(std::string text) {
    if (const auto at = text.find("\\0"); at != text.npos) text.replace(at, 2, 1, '\0');
    return text;
}

void set_validity(recipe& what, const std::string& text) {
    if (text.empty() || text == "now") return;
    if (text == "future") {
        what.from_days = 1;
        what.to_days = 30;
    } else if (text == "expired" || text == "past") {
        what.from_days = -30;
        what.to_days = -1;
    } else {
        unknown("validity", text);
    }
}

recipe leaf_of(const json& certificate, const std::string& host, bool first) {
    recipe leaf = {.common_name = certificate.value("cn", std::string("leaf"))};
    if (first)
        for (const auto& name : certificate.value("san", json::array()))
            leaf.names.push_back(unescape(name.get<std::string>()));
    else
        leaf.names = {"DNS:" + host};
    set_validity(leaf, text_of(certificate, "valid"));
    leaf.extended_use = text_of(certificate, "eku");
    if (const auto digest = text_of(certificate, "sig"); !digest.empty()) leaf.digest = digest;
    if (const auto key = text_of(certificate, "key"); key.starts_with("rsa"))
        leaf.rsa_bits = std::stoi(key.substr(3));
    else if (!key.empty() && key != "ec" && key != "p256")
        unknown("key", key);
    return leaf;
}

recipe intermediate_of(const json& certificate) {
    const std::string kind = text_of(certificate, "intermediate");
    recipe middle = {.common_name = "Intermediate", .is_ca = true};
    if (text_of(certificate, "sig") == "md5") middle.rsa_bits = 2048;  // ECDSA has no MD5
    if (kind == "expired" || kind == "future")
        set_validity(middle, kind);
    else if (kind.starts_with("pathlen:0"))
        middle.path_length = 0;
    else if (kind.starts_with("permitted;"))
        middle.permitted = kind.substr(10);
    else if (kind.starts_with("excluded;"))
        middle.excluded = kind.substr(9);
    else if (has(kind, "CA:FALSE") || has(kind, "not a CA") || has(kind, "no CA") || has(kind, "non-CA"))
        middle.is_ca = false;
    else if (!kind.empty())
        unknown("intermediate", kind);
    return middle;
}

body_plan body_of(const std::string& description, const std::string& server) {
    body_plan body;
    if (has(description, "close-delimited"))
        body.how = body_plan::framing::close;
    else if (has(description, "chunked"))
        body.how = body_plan::framing::chunked;
    body.ends = server == "raw FIN" || server == "close_notify early" || server == "close_notify";
    body.close_notify = server != "raw FIN";
    bool is_cut = has(server, "early");
    for (const char* word : {"short", "incomplete", "missing", "without the last", "before the last"})
        is_cut = is_cut || has(description, word);
    body.whole = body.how == body_plan::framing::close || !is_cut;
    return body;
}

std::size_t number_in(const std::string& text, std::size_t otherwise) {
    const auto at = text.find_first_of("0123456789");
    return at == text.npos ? otherwise : std::stoul(text.substr(at));
}

void set_server(row_plan& plan, const std::string& server) {
    auto& options = plan.server;
    const auto only = [&](int version) { options.min_version = options.max_version = version; };
    if (server == "-tls1") {
        only(TLS1_VERSION);
    } else if (server == "-tls1_1") {
        only(TLS1_1_VERSION);
    } else if (server == "-tls1_2") {
        only(TLS1_2_VERSION);
    } else if (server == "-tls1_3") {
        only(TLS1_3_VERSION);
    } else if (server == "s_server R") {
        only(TLS1_2_VERSION);
        plan.does = play::renegotiate;
    } else if (server.starts_with("s_server K")) {
        only(TLS1_3_VERSION);
        plan.does = play::key_updates;
        plan.flood = number_in(server, 100'000);
    } else if (server == "flood") {
        only(TLS1_3_VERSION);
        plan.does = play::tickets;
    } else if (server.starts_with("HTTP/1.1")) {
        plan.does = play::plain_http;
    } else if (server.starts_with("alert ")) {
        plan.does = play::alert;
        plan.alert = std::string("\x15\x03\x03\x00\x02\x02", 6) + static_cast<char>(number_in(server, 40));
    } else if (server.starts_with("close after N bytes")) {
        plan.does = play::cut_handshake;
    } else if (server.starts_with("stall")) {
        plan.does = play::stall_handshake;
    } else if (server.starts_with("RST after") || server.starts_with("reset after")) {
        plan.does = play::reset_handshake;
    } else if (has(server, "alpn")) {
        options.chosen_alpn = has(server, "h2") ? "h2" : "http/1.0";
    } else if (server != "normal" && server != "observe" && server != "raw FIN" &&
               !server.starts_with("close_notify")) {
        unknown("server", server);
    }
}

void set_requests(row_plan& plan, const std::string& connect_to) {
    if (connect_to == "two requests")
        plan.urls = {"https://a.test/", "https://a.test/"};
    else
        plan.urls = split(connect_to, " then ");
    for (const auto& url : plan.urls)
        if (!url.starts_with("https://")) unknown("address", connect_to);
}

tls_context with_certificate(const tls_context& trust, const std::string& name, const identity& root) {
    const auto who = skein::test::issue({.common_name = name}, &root);
    return tls_context(trust).client_certificate_pem(skein::test::to_pem(who), skein::test::key_to_pem(who));
}

// The requests of a row about what must not be shared differ in what its id names.
void set_contexts(row_plan& plan) {
    const tls_context trust = tls_context().ca_pem(skein::test::to_pem(plan.root));
    plan.contexts.assign(plan.urls.size(), trust);
    const bool resumes = plan.id.starts_with("resume");
    if (!plan.id.starts_with("pool-") && !resumes) return;
    const auto hyphen = plan.id.find('-');
    const std::string what = hyphen == plan.id.npos ? "" : plan.id.substr(hyphen + 1);
    plan.keeps_connections = !resumes;
    if (what == "host" || what.empty() || what == "ok" || what == "same") return;
    tls_context other = trust;
    if (what == "cert")
        other = with_certificate(trust, "B", plan.root);
    else if (what == "sni")
        other.server_name("other.test");
    else if (what == "verify" || what == "insecure")
        plan.contexts.front() = tls_context::insecure();
    else if (what == "ca")
        other.ca_pem(skein::test::to_pem(skein::test::make_root("One more")));
    else if (what == "version" || what == "min-tls" || what == "versions")
        other.min_version(skein::tls_version::tls_1_3);
    else if (what == "ciphers")
        other.cipher_suites("TLS_AES_128_GCM_SHA256");
    else if (what == "pin" || what == "pins")
        other.pin_certificate(std::string(64, '0'));
    else
        unknown("difference", plan.id);
    plan.contexts.back() = other;
    if (what != "cert") return;
    plan.server.client_ca = plan.root.certificate;
    plan.contexts.front() = with_certificate(trust, "A", plan.root);
    plan.urls.push_back(plan.urls.front());
    plan.contexts.push_back(trust);  // none
}

}  // namespace

std::string row_plan::host_of(const std::string& url) {
    const auto begin = url.find("//") + 2;
    std::string host = url.substr(begin, url.find('/', begin) - begin);
    if (host.starts_with('[')) host = host.substr(1, host.find(']') - 1);
    for (char& c : host)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return host;
}

std::vector<identity> row_plan::chain_for(const std::string& host) const {
    recipe leaf = leaf_of(certificate, host, host == host_of(urls.front()));
    if (id == "pool-sni") leaf.names.push_back("DNS:other.test");
    const auto parts = split(text_of(certificate, "chain"), "<-");
    if (parts.size() == 1) {
        if (!has(parts[0], "leaf") && !has(parts[0], "self")) unknown("chain", parts[0]);
        return {skein::test::issue(leaf)};
    }
    const bool trusted = parts.back() == "root(trusted)";
    if (!trusted && parts.back() != "other-root" && parts.back() != "root") unknown("chain", parts.back());
    const identity other = skein::test::make_root("Other Root");
    const identity& top = trusted ? root : other;
    std::vector<identity> above;  // from the leaf's issuer up
    if (parts.size() == 3) {
        above.push_back(skein::test::issue(intermediate_of(certificate), &top));
        if (has(text_of(certificate, "intermediate"), "one more CA"))
            above.insert(above.begin(),
                         skein::test::issue({.common_name = "One more", .is_ca = true}, &above.front()));
    } else if (parts.size() != 2) {
        unknown("chain", text_of(certificate, "chain"));
    }
    std::vector<identity> sent = {skein::test::issue(leaf, above.empty() ? &top : &above.front())};
    const std::string send = text_of(certificate, "send");
    if (send == "leaf only") return sent;
    if (send.empty()) {
        sent.insert(sent.end(), above.begin(), above.end());
        return sent;
    }
    const auto wanted = split(send, ",");
    if (wanted.front() != "leaf") unknown("order of certificates", send);
    for (std::size_t i = 1; i < wanted.size(); ++i) {
        if (wanted[i] == "unrelated")
            sent.push_back(skein::test::make_root("Unrelated"));
        else if (wanted[i] == "root")
            sent.push_back(top);
        else if (wanted[i] == "int")
            sent.insert(sent.end(), above.begin(), above.end());
        else
            unknown("order of certificates", send);
    }
    return sent;
}

row_plan plan_of(const json& row) {
    row_plan plan;
    plan.id = row.at("id");
    plan.expect = row.at("expect");
    plan.certificate = row.at("certificate");
    plan.root = skein::test::make_root();
    plan.server.security_level = 0;
    set_server(plan, row.at("server"));
    plan.body = body_of(row.at("description"), row.at("server"));
    set_requests(plan, row.at("connect_to"));
    set_contexts(plan);
    return plan;
}

}  // namespace simulation
