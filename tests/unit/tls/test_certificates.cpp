// Which certificates are refused, and that the message names the cause.
#include "engine_client.hpp"

#include <doctest/doctest.h>

#include <ctime>

using namespace skein::test;
using skein::tls_context;
using skein::tls_errc;

namespace {

struct verdict {
    std::error_code code;
    std::string text;

    bool says(std::string_view part) const { return text.find(part) != text.npos; }
};

verdict present(const std::vector<identity>& chain, std::string_view host, const tls_context& trust) {
    tls_server server({.chain = chain, .security_level = 0});
    engine_client client(trust, host);
    converse(client, server);
    CHECK(client.engine.established() == !client.engine.error());
    return {client.engine.error(), client.engine.failure_text()};
}

// A leaf of the common root with these names, shown to a client that wants `host`.
verdict named(std::vector<std::string> names, std::string_view host) {
    const auto& world = common_world();
    return present({issue({.common_name = "whatever", .names = std::move(names)}, &world.root)}, host,
                   world.trust);
}

std::string day(int from_now) {
    const std::time_t when = std::time(nullptr) + from_now * 86400;
    char text[16];
    std::strftime(text, sizeof text, "%Y-%m-%d", std::gmtime(&when));
    return text;
}

}  // namespace

TEST_CASE("a certificate for other names is refused with both, what it is for and what was wanted") {
    const auto result = named({"DNS:b.test", "DNS:*.c.test", "IP:10.0.0.1", "IP:::1"}, "a.test");
    CHECK(result.code == tls_errc::hostname_mismatch);
    CHECK(result.says("it is for b.test, *.c.test, 10.0.0.1, 0:0:0:0:0:0:0:1; wanted is a.test"));
    CHECK(result.says("subject CN = whatever; issuer CN = Test Root"));
}

TEST_CASE("a list of very many names is cut in the message") {
    std::vector<std::string> names;
    for (int i = 0; i < 1000; ++i) names.push_back("DNS:n" + std::to_string(i) + ".test");
    const auto result = named(names, "a.test");
    CHECK(result.code == tls_errc::hostname_mismatch);
    CHECK(result.says("n7.test and 992 more; wanted"));
    CHECK(result.text.size() < 1000);
}

TEST_CASE("the common name does not count") {
    const auto& world = common_world();
    const auto alone = present({issue({.common_name = "a.test"}, &world.root)}, "a.test", world.trust);
    CHECK(alone.code == tls_errc::hostname_mismatch);
    CHECK(alone.says("names no host at all"));
    const auto beside = present({issue({.common_name = "a.test", .names = {"DNS:b.test"}}, &world.root)},
                                "a.test", world.trust);
    CHECK(beside.code == tls_errc::hostname_mismatch);
}

TEST_CASE("a wildcard stands for exactly one whole label") {
    CHECK(!named({"DNS:*.a.test"}, "x.a.test").code);
    CHECK(!named({"DNS:*.A.test"}, "X.a.TEST").code);
    CHECK(!named({"DNS:*.a.test"}, "x.a.test.").code);
    for (const auto& [name, host] : {std::pair{"*.a.test", "a.test"},
                                     {"*.a.test", "x.y.a.test"},
                                     {"x*.a.test", "xy.a.test"},
                                     {"*x.a.test", "yx.a.test"},
                                     {"x.*.test", "x.a.test"},
                                     {"*.test", "a.test"},
                                     {"*", "a"},
                                     {"*.*.test", "x.a.test"}}) {
        INFO(std::string(name), " for ", std::string(host));
        CHECK(named({std::string("DNS:") + name}, host).code == tls_errc::hostname_mismatch);
    }
}

TEST_CASE("names are compared as A-labels, in any case") {
    CHECK(!named({"DNS:xn--bcher-kva.test"}, "XN--BCHER-KVA.TEST").code);
    CHECK(!named({"DNS:*.a.test"}, "xn--bcher-kva.a.test").code);
    CHECK(named({"DNS:xn--*.a.test"}, "xn--bcher-kva.a.test").code == tls_errc::hostname_mismatch);
    CHECK(named({"DNS:b\xc3\xbc"
                 "cher.test"},
                "xn--bcher-kva.test")
              .code);
}

TEST_CASE("an address is matched by an address, never by a name") {
    CHECK(!named({"IP:127.0.0.1"}, "127.0.0.1").code);
    CHECK(!named({"IP:::1"}, "[::1]").code);
    CHECK(!named({"IP:::1"}, "0:0:0:0:0:0:0:1").code);
    CHECK(named({"DNS:127.0.0.1"}, "127.0.0.1").code == tls_errc::hostname_mismatch);
    CHECK(named({"DNS:*.0.0.1"}, "127.0.0.1").code == tls_errc::hostname_mismatch);
    CHECK(named({"IP:127.0.0.2"}, "127.0.0.1").code == tls_errc::hostname_mismatch);
    CHECK(named({"IP:127.0.0.1"}, "a.test").code == tls_errc::hostname_mismatch);
}

TEST_CASE("bytes that a name must not have are shown escaped") {
    using namespace std::string_literals;
    const auto zero = named({"DNS:a.test\0.evil.test"s}, "a.test");
    CHECK(zero.code);
    CHECK(zero.says("a.test\\x00.evil.test"));
    const auto terminal = named({"DNS:\x1b[31m\nb.test"s}, "a.test");
    CHECK(terminal.code);
    CHECK(terminal.says("\\x1b[31m\\x0ab.test"));
    CHECK(terminal.text.find('\n') == terminal.text.npos);
}

TEST_CASE("an expired certificate says since when") {
    const auto& world = common_world();
    const auto leaf = issue({.names = {"DNS:a.test"}, .from_days = -10, .to_days = -3}, &world.root);
    const auto result = present({leaf}, "a.test", world.trust);
    CHECK(result.code == tls_errc::certificate_expired);
    CHECK(result.says("expired at 20"));
    // The day may turn between making and checking.
    CHECK((result.says("expired at " + day(-3)) || result.says("expired at " + day(-4))));
}

TEST_CASE("a certificate of the future says from when") {
    const auto& world = common_world();
    const auto leaf = issue({.names = {"DNS:a.test"}, .from_days = 3, .to_days = 10}, &world.root);
    const auto result = present({leaf}, "a.test", world.trust);
    CHECK(result.code == tls_errc::certificate_not_yet_valid);
    CHECK((result.says("not valid before " + day(3)) || result.says("not valid before " + day(2))));
}

TEST_CASE("a self-signed certificate, a foreign root and a missing intermediate are unknown CAs") {
    const auto& world = common_world();
    const auto alone =
        present({issue({.common_name = "a.test", .names = {"DNS:a.test"}})}, "a.test", world.trust);
    CHECK(alone.code == tls_errc::unknown_ca);
    CHECK(alone.says("self-signed"));

    const auto stranger = make_root("Stranger");
    const auto leaf = issue({.names = {"DNS:a.test"}}, &stranger);
    const auto foreign = present({leaf}, "a.test", world.trust);
    CHECK(foreign.code == tls_errc::unknown_ca);
    CHECK(foreign.says("no trusted CA \"CN = Stranger\""));
    const auto sent = present({leaf, stranger}, "a.test", world.trust);
    CHECK(sent.code == tls_errc::unknown_ca);
    CHECK(sent.says("its chain ends at \"CN = Stranger\""));
}

TEST_CASE("a self-signed certificate that is named as CA itself is trusted, for its names") {
    const auto alone = issue({.common_name = "a.test", .names = {"DNS:a.test"}});
    const auto trust = tls_context().ca_pem(to_pem(alone));
    CHECK(!present({alone}, "a.test", trust).code);
    CHECK(present({alone}, "b.test", trust).code == tls_errc::hostname_mismatch);
}

TEST_CASE("without verification anything goes") {
    const auto wrong = issue({.names = {"DNS:b.test"}, .from_days = -10, .to_days = -3});
    CHECK(!present({wrong}, "a.test", tls_context::insecure()).code);
}

TEST_CASE("a leaf cannot sign another") {
    const auto& world = common_world();
    const auto forged = issue({.names = {"DNS:a.test"}}, &world.leaf);
    CHECK(present({forged, world.leaf}, "a.test", world.trust).code == tls_errc::certificate_invalid);
}
