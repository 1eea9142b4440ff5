// Whom a context trusts, whose copy it is, and what it says about files it cannot use.
#include "engine_client.hpp"
#include "scratch_files.hpp"

#include <skein/error.hpp>
#include <skein/tls_context.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <thread>

using namespace skein::test;
using skein::tls_context;
using skein::tls_errc;

namespace {

std::error_code outcome(const tls_context& trust, const identity& leaf = common_world().leaf) {
    tls_server server({.chain = {leaf}});
    engine_client client(trust, "a.test");
    converse(client, server);
    return client.engine.error();
}

}  // namespace

TEST_CASE("copies are the same context, contexts made separately are not") {
    const tls_context one;
    const tls_context copy = one;
    const tls_context other;
    CHECK(copy.id() == one.id());
    CHECK(other.id() != one.id());
    CHECK(tls_context::insecure().id() != tls_context::insecure().id());
    CHECK(one.verifies());
    CHECK(!tls_context::insecure().verifies());
}

TEST_CASE("a changed copy is another context, and the original keeps what it trusts") {
    tls_context one = common_world().trust;
    tls_context changed = one;
    const auto stranger = make_root("Stranger");
    changed.ca_pem(to_pem(stranger));
    CHECK(changed.id() != one.id());
    const auto theirs = issue({.names = {"DNS:a.test"}}, &stranger);
    CHECK(outcome(one, theirs) == tls_errc::unknown_ca);
    CHECK(!outcome(changed, theirs));
    CHECK(!outcome(changed));  // named beside, not instead
}

TEST_CASE("a context that moved on still is one") {
    tls_context one = common_world().trust;
    const tls_context two = std::move(one);
    CHECK(one.id() == two.id());
}

TEST_CASE("a CA comes from a file, several from one file, or from a prepared folder") {
    const scratch_files folder;
    const auto stranger = make_root("Stranger");
    const auto file = folder.write("ca.pem", to_pem(common_world().root));
    CHECK(!outcome(tls_context().ca_file(file)));

    const auto both =
        folder.write("both.pem", "About them:\n" + to_pem(stranger) + to_pem(common_world().root));
    CHECK(!outcome(tls_context().ca_file(both)));

    char name[32];
    std::snprintf(name, sizeof name, "%08lx.0",
                  X509_NAME_hash_ex(X509_get_subject_name(common_world().root.certificate.get()), nullptr,
                                    nullptr, nullptr));
    const std::filesystem::path hashed = folder.path() / "hashed";
    std::filesystem::create_directory(hashed);
    CHECK(outcome(tls_context().ca_folder(hashed)) == tls_errc::unknown_ca);
    std::filesystem::copy_file(file, hashed / name);
    CHECK(!outcome(tls_context().ca_folder(hashed)));
}

TEST_CASE("a CA that cannot be loaded is told with its name and the reason") {
    const scratch_files folder;
    const auto missing = folder.path() / "missing.pem";
    CHECK(message_of([&] { tls_context().ca_file(missing); }) ==
          "CA file " + missing.string() + ": No such file or directory");
    CHECK(message_of([&] { tls_context().ca_file(folder.path()); }) ==
          "CA file " + folder.path().string() + ": Is a directory");
    CHECK(message_of([&] { tls_context().ca_folder(missing); }) ==
          "CA folder " + missing.string() + ": No such file or directory");
    const auto empty = folder.write("empty.pem", "");
    CHECK(message_of([&] { tls_context().ca_file(empty); }) ==
          "CA file " + empty.string() + ": no PEM certificate in it");
    const std::string good = to_pem(common_world().root);
    const auto broken = folder.write("broken.pem", good + good.substr(0, 100) + "!" + good.substr(101));
    CHECK(message_of([&] {
              tls_context().ca_file(broken);
          }).starts_with("CA file " + broken.string() + ": certificate 2 is broken: "));
    CHECK(message_of([&] { tls_context().ca_pem("nothing"); }) ==
          "CA certificates: no PEM certificate in it");
    try {
        tls_context().ca_file(missing);
    } catch (const skein::tls_error& e) {
        CHECK(e.code() == std::errc::no_such_file_or_directory);
    }
}

TEST_CASE("a call that fails leaves the context as it was") {
    tls_context one = common_world().trust;
    const auto id = one.id();
    CHECK_THROWS_AS(one.ca_pem("nothing"), skein::tls_error);
    CHECK(one.id() == id);
    CHECK(!outcome(one));
}

TEST_CASE("a CA for a context that trusts anybody is a mistake") {
    auto anybody = tls_context::insecure();
    CHECK_THROWS_AS(anybody.ca_pem(to_pem(common_world().root)), std::logic_error);
    CHECK_THROWS_AS(anybody.trust_system_roots(), std::logic_error);
}

TEST_CASE("the system's CAs are those that OpenSSL finds, and a named CA takes their place") {
    const scratch_files folder;
    const auto file = folder.write("system.pem", to_pem(common_world().root));
    setenv("SSL_CERT_FILE", file.c_str(), 1);
    setenv("SSL_CERT_DIR", folder.path().c_str(), 1);
    const auto stranger = to_pem(make_root("Stranger"));
    CHECK(!outcome(tls_context()));
    CHECK(outcome(tls_context().ca_pem(stranger)) == tls_errc::unknown_ca);
    CHECK(!outcome(tls_context().ca_pem(stranger).trust_system_roots()));
    CHECK(!outcome(tls_context().trust_system_roots().ca_pem(stranger)));

    // Loaded once, at the first handshake: not when it is made, not again.
    const tls_context lazy;
    const tls_context copy = lazy;
    setenv("SSL_CERT_FILE", "/nonexistent", 1);
    CHECK(outcome(lazy) == tls_errc::unknown_ca);
    setenv("SSL_CERT_FILE", file.c_str(), 1);
    CHECK(outcome(copy) == tls_errc::unknown_ca);
    unsetenv("SSL_CERT_FILE");
    unsetenv("SSL_CERT_DIR");
}

TEST_CASE("a system without any CA is named as the reason") {
    const scratch_files folder;
    setenv("SSL_CERT_FILE", "/nonexistent", 1);
    setenv("SSL_CERT_DIR", folder.path().c_str(), 1);
    tls_server server(common_world().serves());
    engine_client client(tls_context(), "a.test");
    converse(client, server);
    CHECK(client.engine.error() == tls_errc::unknown_ca);
    CHECK(client.engine.failure_text().find("there is no CA on this system") != std::string::npos);
    unsetenv("SSL_CERT_FILE");
    unsetenv("SSL_CERT_DIR");
}

TEST_CASE("several threads may make their first handshake with one context at once") {
    const tls_context trust = tls_context().ca_pem(to_pem(common_world().root));
    std::error_code codes[4];
    std::vector<std::thread> threads;
    for (auto& code : codes)
        threads.emplace_back([&code, &trust] {
            tls_server server(common_world().serves());
            engine_client client(trust, "a.test");
            converse(client, server);
            code = client.engine.established() ? client.engine.error()
                                               : make_error_code(tls_errc::handshake_failed);
        });
    for (auto& thread : threads) thread.join();
    for (const auto& code : codes) CHECK(!code);
}

TEST_CASE("every code has a text of its own") {
    std::vector<std::string> texts;
    for (int i = 1; i <= static_cast<int>(tls_errc::certificate_required); ++i) {
        const std::error_code code = static_cast<tls_errc>(i);
        CHECK(code.category().name() == std::string("skein.tls"));
        CHECK(std::find(texts.begin(), texts.end(), code.message()) == texts.end());
        texts.push_back(code.message());
    }
}
