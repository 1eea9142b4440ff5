// stunnel, which makes an https proxy of one that knows no TLS: Squid behind it, and the application behind
// that.
#include "gateway.hpp"

using namespace live;
using namespace skein;

namespace {

site& stunnel() {
    const std::string squid_port = std::to_string(squid().plain_port());  // before, so that it ends after
    static site made;
    static const bool started = [&] {
        const std::string program = skein::test::find_program({"stunnel4", "stunnel"});
        made.start({program, made.configure("stunnel.conf", {{"SQUID", squid_port}})});
        return true;
    }();
    (void)started;
    return made;
}

proxy way_by(std::uint16_t port, const tls_context& trust) {
    return proxy("https://" + skein::test::own_address() + ':' + std::to_string(port)).tls(trust);
}
proxy open_way() {
    return way_by(stunnel().plain_port(), stunnel().options().tls);
}

}  // namespace

TEST_CASE("stunnel: requests are passed on") {
    requests_go_through(open_way(), application().plain(""));
}

TEST_CASE("stunnel: TLS goes through a tunnel in TLS") {
    requests_go_through(open_way(), application().secure(""));
}

TEST_CASE("stunnel: bodies that are cut are told") {
    for (const std::string& base : {application().plain(""), application().secure("")}) {
        site way;
        way.lead_to(application(), open_way());
        cut_bodies_are_told(way, base);
    }
}

TEST_CASE("stunnel: a certificate is shown to the proxy, where one is asked for") {
    const std::uint16_t port = stunnel().limited_port();
    for (const std::string& base : {application().plain(""), application().secure("")}) {
        CHECK(outcome_through(way_by(port, stunnel().tls_as("client")), base + "/bytes/4096") ==
              content(4096));
        client_session session(application().options());
        const auto body = [&]() -> task<> {
            const proxy nobody = way_by(port, stunnel().options().tls);
            bool refused = false;
            try {
                (void)co_await session.get(base + "/bytes/1").proxy(nobody);
            } catch (const connection_error&) {  // as TLS 1.3 has it, that may come after the handshake
                refused = true;
            }
            CHECK(refused);
        };
        run(body);
    }
}

TEST_CASE("stunnel: the certificate of the proxy is verified") {
    client_session session(application().options());
    const auto body = [&]() -> task<> {
        const proxy unknown = way_by(stunnel().plain_port(), tls_context());
        bool refused = false;
        try {
            (void)co_await session.get(application().secure("/bytes/1")).proxy(unknown);
        } catch (const tls_error& e) {
            refused = e.port() == stunnel().plain_port();
        }
        CHECK(refused);
    };
    run(body);
}
