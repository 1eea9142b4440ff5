// The table of certificates and servers (corpora/tls_matrix.json): builds what each row describes, connects
// to it, and compares. Rows about pools, sessions and bodies are for the layers that have them.
#include "engine_client.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include <fstream>
#include <set>

using namespace skein::test;
using nlohmann::json;
using skein::tls_context;
using skein::tls_errc;
using skein::tls::status;

namespace {

const std::set<std::string> for_other_layers = {
    "cut-cl-notify",  // the engine's part is in test_engine_data.cpp; the length is HTTP's
    "resume-host",    // sessions are not resumed
    "pool-cert",
    "pool-sni",
};

std::string text_of(const json& object, const char* key) {
    return object.value(key, std::string());
}

// "DNS:a.test\0.evil.test" is written with a backslash and a zero.
std::string unescape(std::string text) {
    if (const auto at = text.find("\\0"); at != text.npos) text.replace(at, 2, 1, '\0');
    return text;
}

std::string host_of(const std::string& url) {
    const auto begin = url.find("//") + 2;
    return url.substr(begin, url.find('/', begin) - begin);
}

struct chain {
    identity root = make_root();
    std::vector<identity> sent;
};

chain build_chain(const json& row) {
    const json& wanted = row.at("certificate");
    chain made;
    const std::string kind = text_of(wanted, "intermediate");
    recipe middle = {.common_name = "Intermediate", .is_ca = true};
    if (kind == "expired") middle.to_days = -1, middle.from_days = -30;
    if (kind.starts_with("pathlen:0")) middle.path_length = 0;
    if (kind.starts_with("permitted;")) middle.permitted = kind.substr(10);
    if (text_of(wanted, "sig") == "md5") middle.rsa_bits = 2048;  // ECDSA has no MD5
    const identity other_root = make_root("Other Root");
    const bool trusted = text_of(wanted, "chain").find("other-root") == std::string::npos;
    identity issuer = issue(middle, trusted ? &made.root : &other_root);
    std::vector<identity> above = {issuer};
    if (kind.starts_with("pathlen:0")) {
        issuer = issue({.common_name = "One more", .is_ca = true}, &issuer);
        above.insert(above.begin(), issuer);
    }

    recipe leaf = {.common_name = wanted.value("cn", std::string("leaf"))};
    for (const auto& name : wanted.at("san")) leaf.names.push_back(unescape(name.get<std::string>()));
    if (text_of(wanted, "valid") == "future") leaf.from_days = 1, leaf.to_days = 30;
    leaf.extended_use = text_of(wanted, "eku");
    if (const auto digest = text_of(wanted, "sig"); !digest.empty()) leaf.digest = digest;
    if (text_of(wanted, "key") == "rsa1024") leaf.rsa_bits = 1024;
    made.sent = {issue(leaf, &issuer)};
    const std::string send = text_of(wanted, "send");
    if (send == "leaf only") return made;
    if (send.starts_with("leaf,unrelated")) made.sent.push_back(make_root("Unrelated"));
    made.sent.insert(made.sent.end(), above.begin(), above.end());
    return made;
}

// One connection to the row's server, until nothing more happens.
struct attempt {
    attempt(const json& row, const chain& chain)
        : server(options_of(row, chain)),
          client(tls_context().ca_pem(to_pem(chain.root)), host_of(row.at("connect_to"))) {
        const std::string kind = row.at("server");
        if (kind.starts_with("HTTP/1.1")) {
            client.feed(kind + "\r\n\r\n");
        } else if (kind == "alert 40") {
            client.feed(std::string("\x15\x03\x03\x00\x02\x02\x28", 7));
        } else {
            converse(client, server);
            if (client.engine.established()) go_on(kind, row.at("id") == "sends-notify");
        }
    }

    // What the row's server does after the handshake.
    void go_on(const std::string& kind, bool we_close) {
        if (kind == "s_server R") server.ask_to_renegotiate();
        for (int i = 0; kind.starts_with("s_server K") && i < 100'000 && going_on(); ++i) {
            server.key_update(true);
            client.feed(server.take());
        }
        for (int i = 0; kind == "flood" && i < 10'000 && going_on(); ++i) {
            server.new_ticket();
            client.feed(server.take());
        }
        client.feed(server.take());
        if (kind == "raw FIN") client.feed_end();
        if (we_close) client.engine.shutdown();
        if (we_close) converse(client, server);
    }

    bool going_on() const { return client.last == status::want_input; }

    static server_options options_of(const json& row, const chain& chain) {
        server_options options = {.chain = chain.sent, .security_level = 0};
        const std::string kind = row.at("server");
        if (kind == "-tls1") options.min_version = options.max_version = TLS1_VERSION;
        if (kind == "-tls1_2" || kind == "s_server R") options.max_version = TLS1_2_VERSION;
        if (kind == "-tls1_3") options.min_version = TLS1_3_VERSION;
        return options;
    }

    tls_server server;
    engine_client client;
};

void compare(const json& row, const attempt& result) {
    const std::string expect = row.at("expect");
    const std::error_code code = result.client.engine.error();
    if (expect.starts_with("ok or error")) return;  // it ended: that was the question
    if (expect.starts_with("ok")) {
        CHECK(result.client.engine.established());
        CHECK(!code);
    } else if (expect == "error:cert_not_yet_valid") {
        CHECK(code == tls_errc::certificate_not_yet_valid);
    } else if (expect == "error:untrusted") {
        CHECK(code == tls_errc::unknown_ca);
    } else if (expect == "error:hostname") {
        CHECK(code == tls_errc::hostname_mismatch);
    } else if (expect == "error:protocol") {
        CHECK(code == tls_errc::protocol_version);
    } else if (expect == "error:truncated") {
        CHECK(code == tls_errc::truncated);
    } else if (expect == "bounded") {
        CHECK(code == tls_errc::flood);
    } else if (expect == "close_notify seen") {
        CHECK(result.server.saw_close_notify());
    } else if (expect == "no early_data") {
        CHECK(!result.server.early_data_offered());
    } else {
        CHECK((expect == "error" || expect == "error:tls"));
        CHECK(code.category() == skein::tls_category());
        CHECK(!result.client.engine.established());
    }
}

}  // namespace

TEST_CASE("every row of the TLS table that concerns the engine behaves as it says") {
    std::ifstream file(SKEIN_CORPORA "/tls_matrix.json");
    const json rows = json::parse(file);
    int checked = 0;
    for (const auto& row : rows) {
        const std::string id = row.at("id");
        if (for_other_layers.count(id) != 0 || id == "hs-eof")
            continue;  // hs-eof: test_handshake.cpp, all offsets
        INFO(id);
        const chain chain = build_chain(row);
        const attempt result(row, chain);
        INFO(result.client.engine.failure_text());
        compare(row, result);
        ++checked;
    }
    CHECK(checked == 33);
}
