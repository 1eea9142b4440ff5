// Squid in front of the application: plain, over TLS, with a login.
#include "gateway.hpp"

using namespace live;
using namespace skein;

site& live::squid() {
    application();  // before, so that it ends after
    static site made;
    static const bool started = [] {
        const std::string program = skein::test::find_program({"squid"});
        // "passw0rd", by crypt(5)
        made.folder().write("passwords",
                            "user:$6$skein$I0YapF.4KnWG4lBTjYclNeSsVhLZxFtzGo0.l8G4q4gzcqkiWAqNoJ/"
                            "ReuEtoU0dMo4Uzo5oIML7xI/UxATLa.\n");
        made.start({program, "-N", "-f", made.configure("squid.conf")});
        return true;
    }();
    (void)started;
    return made;
}

namespace {

std::string at(std::uint16_t port) {
    return skein::test::own_address() + ':' + std::to_string(port);
}

proxy plain_way() {
    return "http://" + at(squid().plain_port());
}
proxy secret_way() {
    return proxy("https://" + at(squid().secure_port())).tls(squid().options().tls);
}

}  // namespace

TEST_CASE("squid: requests are passed on") {
    requests_go_through(plain_way(), application().plain(""));
}

TEST_CASE("squid: requests go through tunnels") {
    requests_go_through(plain_way(), application().secure(""));
}

TEST_CASE("squid: requests are passed on over TLS with the proxy") {
    requests_go_through(secret_way(), application().plain(""));
}

TEST_CASE("squid: TLS goes through a tunnel in TLS") {
    requests_go_through(secret_way(), application().secure(""));
}

TEST_CASE("squid: bodies that are cut are told") {
    for (const std::string& base : {application().plain(""), application().secure("")}) {
        site way;
        way.lead_to(application(), plain_way());
        cut_bodies_are_told(way, base);
    }
}

TEST_CASE("squid: the certificate of an https proxy is verified") {
    client_session session(application().options());
    const auto body = [&]() -> task<> {
        const proxy unknown("https://" + at(squid().secure_port()));
        bool refused = false;
        try {
            (void)co_await session.get(application().plain("/bytes/1")).proxy(unknown);
        } catch (const tls_error& e) {
            refused = e.port() == squid().secure_port();
        }
        CHECK(refused);
    };
    run(body);
}

TEST_CASE("squid: a login is asked for, and goes no further") {
    logins_are_asked_for("http", at(squid().limited_port()), "407");
}

TEST_CASE("squid: what it refuses, and whom it cannot reach") {
    CHECK(outcome_through(plain_way(), "https://refused.test/") == "403");
    const std::string nobody = "https://" + at(skein::test::free_port()) + "/";
    CHECK(outcome_through(plain_way(), nobody) == "503");
}
