// tinyproxy in front of the application, without and with a login.
#include "gateway.hpp"

using namespace live;
using namespace skein;

namespace {

void start(site& one, const std::string& more) {
    const std::string program = skein::test::find_program({"tinyproxy"});
    one.start({program, "-d", "-c", one.configure("tinyproxy.conf", {{"MORE", more}})});
}

site& tinyproxy() {
    application();  // before, so that it ends after
    static site made;
    static const bool started = (start(made, ""), true);
    (void)started;
    return made;
}

site& with_login() {
    application();
    static site made;
    static const bool started = (start(made, "BasicAuth user passw0rd"), true);
    (void)started;
    return made;
}

std::string at(const site& one) {
    return skein::test::own_address() + ':' + std::to_string(one.plain_port());
}

}  // namespace

TEST_CASE("tinyproxy: requests go through tunnels") {
    requests_go_through("http://" + at(tinyproxy()), application().secure(""));
}

TEST_CASE("tinyproxy: requests are passed on, and it closes after each") {
    site way;
    way.lead_to(application(), "http://" + at(tinyproxy()));
    const std::string base = application().plain("");
    bodies_come_down(way, base);
    // It closes without having said so: a POST on a connection that was used would not be repeated.
    auto options = way.options();
    options.connector.force_close = true;
    client_session session(options);
    const auto body = [&]() -> task<> {
        for (const std::size_t size : sizes) {
            auto got = co_await session.post(base + "/echo").body(content(size));
            const std::string text = co_await got.text();
            CHECK(text.starts_with("POST " + std::to_string(size) + " "));
        }
    };
    run(body);
}

TEST_CASE("tinyproxy: a login is asked for, and goes no further") {
    const std::string address = at(with_login());
    const std::string right = "http://user:passw0rd@" + address;
    for (const std::string& base : {application().plain(""), application().secure("")}) {
        CHECK(outcome_through(right, base + "/bytes/4096") == content(4096));
        CHECK(heard_through(right, base).find("uthorization") == std::string::npos);
        CHECK(outcome_through("http://" + address, base + "/bytes/1") == "407");
    }
    // A wrong one gets 401, as if from the origin; where it answers CONNECT, that is known to be its own.
    CHECK(outcome_through("http://user:wrong@" + address, application().secure("/bytes/1")) == "401");
}
