// Who is shown what over TLS, and what connections have in common: resumption, client certificates,
// redirects, insecure().
#include "sweep.hpp"
#include "tls_wire.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <map>
#include <string>
#include <vector>

using namespace simulation;
using namespace std::chrono_literals;
using skein::tls_context;
using skein::tls_errc;
using skein::test::identity;
using skein::test::server_options;

namespace {

const identity& root() {
    static const identity made = skein::test::make_root();
    return made;
}

identity leaf_for(const std::vector<std::string>& names) {
    skein::test::recipe what;
    what.names = names;
    return skein::test::issue(what, &root());
}

const tls_context& trusting() {
    static const auto made = tls_context().ca_pem(skein::test::to_pem(root()));
    return made;
}

tls_context with_certificate(const std::string& name) {
    skein::test::recipe what;
    what.common_name = name;
    const identity who = skein::test::issue(what, &root());
    return tls_context(trusting())
        .client_certificate_pem(skein::test::to_pem(who), skein::test::key_to_pem(who));
}

/// A server for some names that answers targets, and what it has seen.
struct secure_site {
    explicit secure_site(std::vector<std::string> names, int version = 0) {
        options.chain = {leaf_for(names)};
        if (version != 0) options.min_version = options.max_version = version;
        context = skein::test::make_server_context(options);
    }

    void ask_for_certificates() {
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), root().certificate.get());
        SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);  // and takes those who have none
    }

    void listen(const std::string& host, std::uint16_t port = 443) {
        this_network().listen(host, port, [this](server_stream& wire) { return serve(wire); });
    }

    server_options options;
    std::shared_ptr<SSL_CTX> context;
    std::function<std::string(const std::string& target)> answer = [](const std::string& target) {
        return response(target);
    };
    // Of each connection in turn.
    std::vector<bool> offered;
    std::vector<std::string> protocols;
    std::vector<bool> resumed;
    std::vector<int> certificates;

private:
    task<> serve(server_stream& wire) {
        tls_wire client(wire, context, options);
        (void)co_await client.step();  // the ClientHello
        offered.push_back(client.engine.resumption_offered());
        protocols.push_back(client.engine.offered_alpn());
        const bool well = co_await client.shake_hands();
        resumed.push_back(client.engine.resumed());
        certificates.push_back(client.engine.client_certificates());
        if (!well) co_return;
        for (;;) {
            const std::string head = co_await client.request();
            if (head.empty()) co_return;
            co_await client.write(answer(target_of(head)));
        }
    }
};

task<skein::request_report> get(client_session& session, std::string url) {
    auto got = co_await session.get(url);
    (void)co_await got.text();
    co_return got.report();
}

task<skein::request_report> get(client_session& session, std::string url, const tls_context& trust) {
    auto got = co_await session.get(url).tls(trust);
    (void)co_await got.text();
    co_return got.report();
}

session_options one_request_a_connection() {
    session_options options;
    options.tls = trusting();
    options.connector.force_close = true;
    return options;
}

}  // namespace

TEST_CASE("https: reconnecting goes on from the connection before, and the report says so") {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        secure_site site({"DNS:a.test"}, version);
        int resumed = 0;
        skein::testing::run([&]() -> task<> {
            site.listen("a.test");
            client_session session(one_request_a_connection());
            for (int i = 0; i < 100; ++i) {
                const auto report = co_await get(session, "https://a.test/");
                CHECK(report.tls_resumed == site.resumed.back());
                CHECK(report.to_json()["tls"]["resumed"] == report.tls_resumed);
                resumed += report.tls_resumed ? 1 : 0;
            }
        });
        CHECK(site.resumed.size() == 100);
        CHECK(resumed == 99);
    }
}

TEST_CASE("https: connections that begin together do not share a ticket") {
    secure_site site({"DNS:a.test"}, TLS1_3_VERSION);
    skein::testing::run([&]() -> task<> {
        site.listen("a.test");
        client_session session(one_request_a_connection());
        (void)co_await get(session, "https://a.test/");  // brings two
        std::vector<task<skein::request_report>> all;
        for (int i = 0; i < 5; ++i) all.push_back(get(session, "https://a.test/"));
        const auto reports = co_await skein::gather(std::move(all));
        int resumed = 0;
        for (const auto& one : reports) resumed += one.tls_resumed ? 1 : 0;
        CHECK(resumed == 2);
    });
}

TEST_CASE(
    "https: a raw stream offers the protocols of its context and says which it got; requests offer theirs") {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        secure_site site({"DNS:a.test"}, version);
        skein::testing::run([&]() -> task<> {
            site.listen("a.test");
            auto options = one_request_a_connection();
            options.tls.alpn({"chat/2", "chat/1"});
            client_session session(options);
            skein::connect_options how;
            how.tls = options.tls;
            std::string chosen;
            for (const char* choice : {"chat/1", "chat/2", ""}) {
                site.options.chosen_alpn = choice;
                auto s = co_await session.connect("a.test", 443, how);
                chosen += std::string(s.alpn()) + " ";
                co_await s.write("GET /x HTTP/1.1\r\n\r\n");
                (void)co_await s.read_until("\r\n\r\n");
            }
            CHECK(chosen == "chat/1 chat/2  ");
            site.options.chosen_alpn = "http/1.1";
            (void)co_await get(session, "https://a.test/");
            (void)co_await get(session, "https://a.test/", options.tls);
            site.options.chosen_alpn = "";
            how.tls = trusting();
            auto plain = co_await session.connect("a.test", 443, how);
            CHECK(plain.alpn() == "");
            co_await plain.write("GET /x HTTP/1.1\r\n\r\n");
            (void)co_await plain.read_until("\r\n\r\n");
        });
        const std::string chat =
            "\x06"
            "chat/2\x06"
            "chat/1";
        const std::string http = "\x08http/1.1";
        CHECK(site.protocols == std::vector<std::string>{chat, chat, chat, http, http, ""});
        // What streams have left is not for requests, though their context is the same.
        std::string resumed;
        for (const bool one : site.resumed) resumed += one ? "yes " : "no ";
        CHECK(resumed == "no yes yes no no no ");
    }
}

TEST_CASE(
    "https: a server that has none of the protocols of a raw stream refuses it, and the error says so") {
    secure_site site({"DNS:a.test"});
    site.options.refuses_alpn = true;
    skein::testing::run([&]() -> task<> {
        site.listen("a.test");
        skein::connect_options how;
        how.tls = tls_context(trusting()).alpn({"chat/1"});
        try {
            (void)co_await skein::connect("a.test", 443, how);
            FAIL("it was refused");
        } catch (const skein::tls_error& e) {
            CHECK(e.code() == tls_errc::alert);
            CHECK(std::string(e.what()).find("\"no application protocol\" (120)") != std::string::npos);
            CHECK(std::string(e.what()).find("a.test:443") != std::string::npos);
        }
    });
}

TEST_CASE("https: a session is offered to the same context, host and port, and to nobody else") {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        secure_site site({"DNS:a.test", "DNS:b.test", "DNS:c.test"}, version);
        skein::testing::run([&]() -> task<> {
            site.listen("a.test");
            site.listen("a.test", 8443);
            site.listen("b.test");
            client_session session(one_request_a_connection());
            (void)co_await get(session, "https://a.test/");
            (void)co_await get(session, "https://b.test/");
            (void)co_await get(session, "https://a.test:8443/");
            const std::vector<tls_context> others = {
                tls_context().ca_pem(skein::test::to_pem(root())), tls_context::insecure(),
                with_certificate("A"), with_certificate("B"), tls_context(trusting()).server_name("c.test")};
            for (const auto& other : others) (void)co_await get(session, "https://a.test/", other);
            for (const bool offered : site.offered) CHECK(!offered);
            CHECK(site.offered.size() == 8);
            for (const auto& other : others) (void)co_await get(session, "https://a.test/", other);
            (void)co_await get(session, "https://a.test/");
            for (std::size_t i = 8; i < site.offered.size(); ++i) CHECK(site.resumed[i]);
            client_session stranger(one_request_a_connection());
            (void)co_await get(stranger, "https://a.test/");
            CHECK(!site.offered.back());
        });
    }
}

TEST_CASE("https: what insecure() began is never taken for verified") {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        secure_site impostor({"DNS:other.test"}, version);
        skein::testing::run([&]() -> task<> {
            impostor.listen("a.test");
            client_session session(one_request_a_connection());
            const auto anybody = tls_context::insecure();
            for (int i = 0; i < 2; ++i) (void)co_await get(session, "https://a.test/", anybody);
            CHECK(impostor.resumed.back());
            std::error_code code;
            try {
                (void)co_await get(session, "https://a.test/");
            } catch (const skein::tls_error& e) {
                code = e.code();
            }
            CHECK(code == tls_errc::hostname_mismatch);
            CHECK(impostor.offered == std::vector<bool>{false, true, false});
        });
    }
}

TEST_CASE("https: resumption(false) offers nothing") {
    secure_site site({"DNS:a.test"});
    skein::testing::run([&]() -> task<> {
        site.listen("a.test");
        auto options = one_request_a_connection();
        options.tls.resumption(false);
        client_session session(options);
        for (int i = 0; i < 5; ++i) {
            const auto report = co_await get(session, "https://a.test/");
            CHECK(!report.tls_resumed);
        }
        for (const bool offered : site.offered) CHECK(!offered);
    });
}

TEST_CASE("https: a request's client certificate stays with its origin, the session's does not") {
    secure_site first({"DNS:a.test"});
    secure_site second({"DNS:b.test"});
    first.ask_for_certificates();
    second.ask_for_certificates();
    first.answer = [](const std::string& target) {
        if (target == "/here") return response("here");
        const std::string to = target == "/within" ? "https://a.test/here" : "https://b.test/there";
        return "HTTP/1.1 307 Temporary Redirect\r\nLocation: " + to + "\r\nContent-Length: 0\r\n\r\n";
    };
    second.answer = [](const std::string& target) {
        if (target == "/there") return response("there");
        return std::string(
            "HTTP/1.1 307 Temporary Redirect\r\nLocation: https://a.test/here\r\n"
            "Content-Length: 0\r\n\r\n");
    };
    skein::testing::run([&]() -> task<> {
        first.listen("a.test");
        second.listen("b.test");
        const tls_context who = with_certificate("A");
        {
            client_session session(one_request_a_connection());
            (void)co_await get(session, "https://a.test/within", who);
            CHECK(first.certificates == std::vector<int>{1, 1});
            (void)co_await get(session, "https://a.test/elsewhere", who);
            CHECK(first.certificates == std::vector<int>{1, 1, 1});
            CHECK(second.certificates == std::vector<int>{0});
            // Once left behind it does not come back.
            (void)co_await get(session, "https://b.test/back", who);
            CHECK(second.certificates == std::vector<int>{0, 1});
            CHECK(first.certificates == std::vector<int>{1, 1, 1, 0});
        }
        auto options = one_request_a_connection();
        options.tls = who;
        client_session session(options);
        (void)co_await get(session, "https://a.test/elsewhere");
        CHECK(first.certificates.back() == 1);
        CHECK(second.certificates.back() == 1);
    });
}

TEST_CASE("https: insecure() is told once for a context, and not if there is a pin") {
    secure_site site({"DNS:other.test"});
    std::vector<std::string> told;
    skein::testing::simulation_options options;
    options.exception_handler = [&](std::string_view context, const std::exception_ptr& error) {
        try {
            std::rethrow_exception(error);
        } catch (const skein::tls_error& e) {
            told.push_back(std::string(context) + ": " + e.what());
        }
    };
    unsigned char hash[32];
    X509_digest(site.options.chain[0].certificate.get(), EVP_sha256(), hash, nullptr);
    std::string hex;
    for (const unsigned char byte : hash) {
        hex += "0123456789abcdef"[byte >> 4];
        hex += "0123456789abcdef"[byte & 15];
    }
    skein::testing::run(
        [&]() -> task<> {
            site.listen("a.test");
            client_session session(one_request_a_connection());
            const auto anybody = tls_context::insecure();
            for (int i = 0; i < 3; ++i) (void)co_await get(session, "https://a.test/", anybody);
            const auto pinned = tls_context::insecure().pin_certificate(hex);
            (void)co_await get(session, "https://a.test/", pinned);
        },
        options);
    REQUIRE(told.size() == 1);
    CHECK(told[0].starts_with("TLS with a.test:443 believes anybody: tls_context::insecure() is in use"));
}

TEST_CASE("https: a server that must have a certificate and gets none is an error that says so") {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        secure_site site({"DNS:a.test"}, version);
        site.ask_for_certificates();
        SSL_CTX_set_verify(site.context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
        skein::testing::run([&]() -> task<> {
            site.listen("a.test");
            client_session session(one_request_a_connection());
            std::string text;
            std::error_code code;
            try {
                (void)co_await get(session, "https://a.test/");
            } catch (const skein::connection_error& e) {
                text = e.what();
                code = e.code();
            }
            // With TLS 1.3 the handshake is over on our side when the server looks.
            const bool is_late = version == TLS1_3_VERSION;
            CHECK(code == (is_late ? tls_errc::certificate_required : tls_errc::alert));
            CHECK(text.find("client certificate") != std::string::npos);
            (void)co_await get(session, "https://a.test/", with_certificate("A"));
        });
    }
}

TEST_CASE(
    "https: a body with a length needs no close_notify behind it, one without does unless told otherwise") {
    enum class kind { sized, until_the_end, taken_as_it_is };
    for (const kind of : {kind::sized, kind::until_the_end, kind::taken_as_it_is}) {
        const bool sized = of == kind::sized;
        secure_site site({"DNS:a.test"});
        skein::testing::run([&]() -> task<> {
            const auto end_raw = [&](server_stream& wire) -> task<> {
                tls_wire client(wire, site.context, site.options);
                const bool well = co_await client.shake_hands();
                CHECK(well);
                const std::string head = co_await client.request();
                std::string answer = "HTTP/1.1 200 OK\r\n";
                answer += sized ? "Content-Length: 4\r\n\r\nbody" : "Connection: close\r\n\r\nbody";
                co_await client.write(answer);
            };
            this_network().listen("a.test", 443, end_raw);
            session_options options;
            options.tls = trusting();
            if (of == kind::taken_as_it_is) options.tls.require_close_notify(false);
            client_session session(options);
            auto got = co_await session.get("https://a.test/");
            std::string error;
            try {
                const std::string text = co_await got.text();
                CHECK(text == "body");
            } catch (const skein::payload_error& e) {
                error = e.what();
            }
            CHECK(error.empty() == (of != kind::until_the_end));
            if (of == kind::until_the_end) CHECK(error.find("close_notify") != std::string::npos);
        });
    }
}
