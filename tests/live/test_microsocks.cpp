// MicroSocks in front of the application, without and with a login.
#include "gateway.hpp"

using namespace live;
using namespace skein;

namespace {

site& started(site& one, const std::vector<std::string>& more) {
    std::vector<std::string> command = {skein::test::find_program({"microsocks"}), "-i",
                                        skein::test::own_address(), "-p", std::to_string(one.plain_port())};
    command.insert(command.end(), more.begin(), more.end());
    one.start(std::move(command));
    return one;
}

site& microsocks() {
    application();  // before, so that it ends after
    static site made;
    static site& running = started(made, {});
    return running;
}

site& with_login() {
    application();
    static site made;
    static site& running = started(made, {"-u", "user", "-P", "passw0rd"});
    return running;
}

std::string at(const site& one) {
    return skein::test::own_address() + ':' + std::to_string(one.plain_port());
}

}  // namespace

TEST_CASE("microsocks: requests go through, the address resolved here") {
    requests_go_through("socks5://" + at(microsocks()), application().plain(""));
}

TEST_CASE("microsocks: requests go through, the name given to the proxy, over TLS") {
    requests_go_through("socks5h://" + at(microsocks()), application().secure(""));
}

TEST_CASE("microsocks: names are resolved here or there") {
    for (const char* scheme : {"socks5", "socks5h"}) {
        // Whatever the name leads to, nobody listens there but the proxy answers.
        const auto got =
            outcome_through(std::string(scheme) + "://" + at(microsocks()),
                            "http://localhost:" + std::to_string(skein::test::free_port()) + "/");
        CHECK(got == "0");
    }
}

TEST_CASE("microsocks: a login is asked for, and goes no further") {
    logins_are_asked_for("socks5h", at(with_login()), "0");
}
