// How connections are made: names, versions, ciphers, the key log.
#include "engine_client.hpp"
#include "scratch_files.hpp"

#include <skein/error.hpp>

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <cstdlib>
#include <stdexcept>

using namespace skein::test;
using skein::tls_context;
using skein::tls_errc;
using skein::tls_version;

namespace {

const tls_context& trust() {
    return common_world().trust;
}

// What a handshake with that server gives: its version, or the error.
std::string outcome(const tls_context& with, int least = TLS1_2_VERSION, int most = TLS1_3_VERSION) {
    auto options = common_world().serves();
    options.min_version = least;
    options.max_version = most;
    tls_server server(options);
    engine_client client(with, "a.test");
    converse(client, server);
    return client.engine.established() ? std::string(client.engine.version())
                                       : client.engine.error().message();
}

std::string cipher_of(const tls_context& with, int version) {
    auto options = common_world().serves();
    options.min_version = options.max_version = version;
    tls_server server(options);
    engine_client client(with, "a.test");
    converse(client, server);
    return client.engine.established() ? std::string(client.engine.cipher())
                                       : client.engine.error().message();
}

}  // namespace

TEST_CASE("every change makes another context") {
    const scratch_files files;
    tls_context one;
    std::vector<std::uint64_t> ids = {one.id()};
    const auto is_new = [&](const tls_context& changed) {
        const bool known = std::find(ids.begin(), ids.end(), changed.id()) != ids.end();
        ids.push_back(changed.id());
        return !known;
    };
    CHECK(is_new(one.server_name("a.test")));
    CHECK(is_new(one.min_version(tls_version::tls_1_2)));
    CHECK(is_new(one.max_version(tls_version::tls_1_3)));
    CHECK(is_new(one.ciphers("ECDHE+AESGCM")));
    CHECK(is_new(one.cipher_suites("TLS_AES_128_GCM_SHA256")));
    CHECK(is_new(one.pin_certificate(std::string(64, '0'))));
    CHECK(is_new(one.pin_spki("sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")));
    CHECK(is_new(one.alpn({"one"})));
    CHECK(is_new(one.resumption(false)));
    CHECK(is_new(one.require_close_notify(false)));
    CHECK(is_new(one.key_log(files.path() / "keys")));
    CHECK(is_new(one.client_certificate_pem(to_pem(common_world().leaf), key_to_pem(common_world().leaf))));
    CHECK(!is_new(one));
}

TEST_CASE("names of application protocols have 1 to 255 bytes, of any value, and 65535 together") {
    tls_context one;
    const auto before = one.id();
    const std::string longest(255, 'x');
    CHECK_THROWS_AS(one.alpn({"one", ""}), std::invalid_argument);
    CHECK_THROWS_AS(one.alpn({longest + "x"}), std::invalid_argument);
    CHECK_THROWS_AS(one.alpn(std::vector<std::string>(256, longest)), std::invalid_argument);
    CHECK(one.id() == before);
    std::vector<std::string> most(255, longest);
    most.emplace_back(254, 'y');
    CHECK_NOTHROW(one.alpn(most));
    most.back() += "y";
    CHECK_THROWS_AS(one.alpn(most), std::invalid_argument);
    const std::string odd("\0\xff", 2);
    CHECK(one.alpn({odd}).shared()->settings().alpn == "\2" + odd);
    CHECK(one.alpn({}).shared()->settings().alpn.empty());
}

TEST_CASE("for a proxy, what is about one server goes, and who believed that one alone believes the CAs") {
    const std::string pin = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    CHECK(trust().for_proxy().id() == trust().id());
    const auto plain = tls_context(trust()).server_name("b.test").pin_spki(pin).for_proxy();
    CHECK(plain.verifies());
    CHECK(plain.shared()->settings().server_name.empty());
    CHECK(plain.shared()->settings().pins.empty());
    CHECK(outcome(plain) == "TLSv1.3");
    // Who we are is for the servers that the program has chosen, not for what is on the way to them.
    const auto known = tls_context(trust()).client_certificate_pem(to_pem(common_world().leaf),
                                                                   key_to_pem(common_world().leaf));
    CHECK(known.shared()->settings().identity);
    CHECK(!known.for_proxy().shared()->settings().identity);
    CHECK(known.for_proxy().verifies());
    CHECK(!tls_context::insecure().for_proxy().verifies());
    const auto pinned = tls_context::insecure().pin_spki(pin).for_proxy();
    CHECK(pinned.verifies());
    CHECK(pinned.shared()->settings().pins.empty());
    CHECK(outcome(pinned) == make_error_code(tls_errc::unknown_ca).message());
}

TEST_CASE("another name may be asked for and compared than the host's") {
    for (const char* name : {"a.test", "a.test.", "A.TEST"}) {
        tls_server server(common_world().serves());
        engine_client client(tls_context(trust()).server_name(name), "10.0.0.1");
        converse(client, server);
        CHECK(client.engine.established());
        CHECK(server.sni() == (name[0] == 'A' ? "A.TEST" : "a.test"));
    }
    tls_server server(common_world().serves());
    engine_client client(tls_context(trust()).server_name("b.test"), "a.test");
    converse(client, server);
    CHECK(client.engine.error() == tls_errc::hostname_mismatch);
    CHECK(server.sni() == "b.test");
    using namespace std::string_view_literals;
    for (const auto name : {""sv, "."sv, ".a.test"sv, "a\0.test"sv, "a b"sv,
                            "b\xc3\xbc"
                            "cher.test"sv})
        CHECK_THROWS_AS(tls_context().server_name(name), std::invalid_argument);
    CHECK_THROWS_AS(tls_context().server_name(std::string(300, 'a')), std::invalid_argument);
}

TEST_CASE("versions outside the limits are not spoken") {
    const tls_context old = tls_context(trust()).max_version(tls_version::tls_1_2);
    const tls_context young = tls_context(trust()).min_version(tls_version::tls_1_3);
    CHECK(outcome(trust()) == "TLSv1.3");
    CHECK(outcome(old) == "TLSv1.2");
    CHECK(outcome(young) == "TLSv1.3");
    CHECK(outcome(old, TLS1_3_VERSION) == make_error_code(tls_errc::protocol_version).message());
    CHECK(outcome(young, TLS1_2_VERSION, TLS1_2_VERSION) ==
          make_error_code(tls_errc::protocol_version).message());
    CHECK_THROWS_AS(tls_context(old).min_version(tls_version::tls_1_3), std::invalid_argument);
    CHECK_THROWS_AS(tls_context(young).max_version(tls_version::tls_1_2), std::invalid_argument);
}

TEST_CASE("ciphers are those that were named") {
    const char* const twelve = "ECDHE-ECDSA-AES256-GCM-SHA384";
    const char* const thirteen = "TLS_CHACHA20_POLY1305_SHA256";
    const tls_context with = tls_context(trust()).ciphers(twelve).cipher_suites(thirteen);
    CHECK(cipher_of(with, TLS1_2_VERSION) == twelve);
    CHECK(cipher_of(with, TLS1_3_VERSION) == thirteen);
    CHECK_THROWS_AS(tls_context().ciphers("NO-SUCH-CIPHER"), std::invalid_argument);
    CHECK_THROWS_AS(tls_context().ciphers(""), std::invalid_argument);
    CHECK_THROWS_AS(tls_context().cipher_suites("TLS_NO_SUCH"), std::invalid_argument);
    CHECK_THROWS_AS(tls_context().cipher_suites(""), std::invalid_argument);
}

TEST_CASE("ciphers without authentication are never offered, whatever the list says") {
    CHECK_THROWS_AS(tls_context().ciphers("aNULL@SECLEVEL=0"), std::invalid_argument);
    CHECK_THROWS_AS(tls_context().ciphers("eNULL:@SECLEVEL=0"), std::invalid_argument);
    auto options = common_world().serves();
    options.max_version = TLS1_2_VERSION;
    options.security_level = 0;
    options.ciphers = "ADH-AES256-GCM-SHA384";
    tls_server server(options);
    SSL_set_dh_auto(server.handle(), 1);
    engine_client client(tls_context(trust()).ciphers("ADH-AES256-GCM-SHA384:ALL:@SECLEVEL=0"), "a.test");
    converse(client, server);
    CHECK(!client.engine.established());
}

TEST_CASE("an end without close_notify is one if that was asked for, but not in the middle of a record") {
    using skein::tls::status;
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        for (const bool required : {true, false}) {
            auto options = common_world().serves();
            options.min_version = options.max_version = version;
            tls_server server(options);
            engine_client client(tls_context(trust()).require_close_notify(required), "a.test");
            converse(client, server);
            server.write("all of it");
            client.feed(server.take());
            client.feed_end();
            CHECK(client.received == "all of it");
            CHECK(client.last == (required ? status::failed : status::closed));
            client.engine.shutdown();
            CHECK(client.engine.output().empty() == required);  // we say it nevertheless

            for (const std::size_t bytes : {1u, 4u, 5u, 6u, 20u}) {
                tls_server cut(options);
                engine_client other(tls_context(trust()).require_close_notify(required), "a.test");
                converse(other, cut);
                cut.write("some of it");
                other.feed(cut.take().substr(0, bytes));
                other.feed_end();
                CHECK(other.engine.error() == tls_errc::truncated);
            }
        }
    }
}

TEST_CASE("secrets are logged only if that was asked for, to a file that is appended to and private") {
    const scratch_files files;
    const auto path = files.path() / "keys.log";
    setenv("SSLKEYLOGFILE", path.c_str(), 1);
    CHECK(outcome(trust()) == "TLSv1.3");
    CHECK(!std::filesystem::exists(path));

    const auto from_environment = tls_context(trust()).key_log_from_environment();
    CHECK(outcome(from_environment) == "TLSv1.3");
    const std::string first = files.read("keys.log");
    CHECK(first.find("CLIENT_HANDSHAKE_TRAFFIC_SECRET ") != std::string::npos);
    CHECK(first.ends_with('\n'));
    struct stat facts = {};
    REQUIRE(stat(path.c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0777) == 0600);

    CHECK(outcome(tls_context(trust()).key_log(path).max_version(tls_version::tls_1_2)) == "TLSv1.2");
    const std::string both = files.read("keys.log");
    CHECK(both.starts_with(first));
    CHECK(both.find("CLIENT_RANDOM ", first.size()) != std::string::npos);

    unsetenv("SSLKEYLOGFILE");
    const tls_context plain = trust();
    CHECK(tls_context(plain).key_log_from_environment().id() == plain.id());
    try {
        tls_context().key_log(files.path() / "no" / "folder");
        FAIL_CHECK("a log in a folder that does not exist");
    } catch (const skein::tls_error& e) {
        CHECK(e.code() == std::errc::no_such_file_or_directory);
        CHECK(std::string(e.what()).find("key log") != std::string::npos);
    }
}
