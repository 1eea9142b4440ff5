// nginx: versions of TLS, sessions that go on, client certificates.
#include "behaviour.hpp"
#include "nginx.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <fstream>
#include <string>

using namespace live;
using namespace skein;
using namespace std::chrono_literals;

namespace {

std::string at(std::uint16_t port) {
    return "https://" + skein::test::own_address() + ":" + std::to_string(port) + "/";
}

struct connections {
    int all = 0;
    int reused = 0;  // that took up the session of an earlier one
};

connections read_log(const std::string& name) {
    std::ifstream log(nginx().folder() / name);
    connections seen;
    for (std::string line; std::getline(log, line); ++seen.all)
        seen.reused += line.find(" r ") != line.npos ? 1 : 0;
    return seen;
}

// nginx writes the line of a request when it is done with it, which may be after we are.
task<connections> logged(std::string name, int expected) {
    connections seen = read_log(name);
    for (int tries = 0; seen.all < expected && tries < 1000; ++tries) {
        co_await sleep(10ms);
        seen = read_log(name);
    }
    co_return seen;
}

}  // namespace

TEST_CASE("nginx: with TLS 1.2 alone and with 1.3 alone, a hundred reconnections are resumed") {
    auto options = nginx().options();
    options.connector.force_close = true;
    const auto body = [&]() -> task<> {
        for (const bool old : {true, false}) {
            client_session session(options);
            const std::string url = at(old ? nginx_ports().tls12 : nginx_ports().tls13);
            int resumed = 0;
            for (int i = 0; i < 101; ++i) {
                auto got = co_await session.get(url);
                const std::string text = co_await got.text();
                const std::string expected = old ? "TLSv1.2 " : "TLSv1.3 ";
                CHECK(text == expected + (got.report().tls_resumed ? "r" : "."));
                CHECK(got.report().tls_version == (old ? "TLSv1.2" : "TLSv1.3"));
                resumed += got.report().tls_resumed ? 1 : 0;
            }
            CHECK(resumed == 100);
            const auto seen = co_await logged(old ? "tls12.log" : "tls13.log", 101);
            CHECK(seen.reused == 100);
        }
    };
    run(body);
}

TEST_CASE("nginx: a version that the server does not have is an error that says so") {
    const auto body = [&]() -> task<> {
        client_session session(nginx().options());
        const auto young = tls_context(nginx().options().tls).min_version(tls_version::tls_1_3);
        std::error_code code;
        try {
            (void)co_await session.get(at(nginx_ports().tls12)).tls(young);
        } catch (const tls_error& e) {
            code = e.code();
        }
        CHECK(code == tls_errc::protocol_version);
    };
    run(body);
}

TEST_CASE("nginx: a client certificate is let in, none and a stranger's are not") {
    const auto body = [&]() -> task<> {
        client_session session(nginx().options());
        const std::string url = at(nginx_ports().mutual);
        auto let_in = co_await session.get(url).tls(nginx().tls_as("somebody"));
        CHECK(co_await let_in.text() == "SUCCESS CN=somebody");
        auto nobody = co_await session.get(url);  // nginx answers that, too
        CHECK(nobody.status() == 400);
        CHECK((co_await nobody.text()).find("No required SSL certificate was sent") != std::string::npos);
        const auto root = skein::test::make_root("Stranger");
        skein::test::recipe what;
        what.common_name = "stranger";
        const auto who = skein::test::issue(what, &root);
        auto stranger = nginx().options().tls;
        stranger.client_certificate_pem(skein::test::to_pem(who), skein::test::key_to_pem(who));
        auto refused = co_await session.get(url).tls(stranger);
        CHECK(refused.status() == 400);
    };
    run(body);
}
