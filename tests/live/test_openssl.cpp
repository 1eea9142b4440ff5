// openssl s_server, one version of TLS at a time: it says itself whether a session was reused.
#include "behaviour.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace live;
using namespace skein;

TEST_CASE("openssl: a hundred reconnections to s_server are resumed, with TLS 1.2 and 1.3") {
    const std::string program = skein::test::find_program({"openssl"});
    for (const bool old : {true, false}) {
        site server;
        const std::string address = skein::test::own_address() + ":" + std::to_string(server.plain_port());
        server.start({program, "s_server", "-accept", address, "-cert", "cert.pem", "-key", "key.pem", "-www",
                      "-quiet", old ? "-tls1_2" : "-tls1_3"});
        auto options = server.options();
        options.connector.force_close = true;
        const auto body = [&]() -> task<> {
            client_session session(options);
            const std::string version = old ? "TLSv1.2" : "TLSv1.3";
            int resumed = 0;
            for (int i = 0; i < 101; ++i) {
                const std::string page = co_await fetch(session, "https://" + address + "/");
                const bool reused = page.find("Reused, " + version) != page.npos;
                CHECK((reused || page.find("New, " + version) != page.npos));
                resumed += reused ? 1 : 0;
            }
            CHECK(resumed == 100);
        };
        run(body);
    }
}
