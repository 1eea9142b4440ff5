// Connecting to names with several addresses (RFC 8305), in virtual time: who is tried when, who wins, what
// is told of it; the policy on addresses; Unix sockets.
#include "addresses.hpp"
#include "sweep.hpp"

#include "client/connection/address_race.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace simulation;
using namespace skein;
using namespace std::chrono_literals;

namespace {

/// Names the addresses; those of `answering` answer.
void serve_at(std::vector<std::string> addresses, const std::vector<std::string>& answering) {
    this_network().add_name("example.test", std::move(addresses));
    for (const auto& one : answering) this_network().listen(one, 80, echo_target);
}

/// The connects of the latest attempt: "ADDRESS at MS for MS: ERROR", a plus for the one that was used.
std::string told(const request_report& report) {
    std::string all;
    const auto ms = [](clock::duration value) {
        return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(value).count());
    };
    for (const auto& one : report.attempt_list.back().connects)
        all += one.address + " at " + ms(one.started) + " for " + ms(one.duration) + ": " + one.error +
               (one.connected ? "+" : "") + "\n";
    return all;
}

/// What a GET of example.test says of connecting: told(), and in front of that what was thrown.
task<std::string> connects_of(client_session& session, std::string url = "http://example.test/") {
    try {
        auto got = co_await session.get(url);
        (void)co_await got.text();
        co_return told(got.report());
    } catch (const error& e) {
        const std::string words = e.what();
        co_return words.substr(0, words.find(" (GET")) + "\n" + told(*e.report());
    }
}

std::string in_a_simulation(const std::function<void()>& set_up, session_options options = {},
                            std::string url = "http://example.test/") {
    testing::simulation world;
    return world.run([&]() -> task<std::string> {
        set_up();
        client_session session(options);
        co_return co_await connects_of(session, url);
    });
}

}  // namespace

TEST_CASE("the families take turns, beginning with that of the first address; none comes twice") {
    using client::in_turns;
    CHECK(in_turns({}).empty());
    CHECK(in_turns(list({"10.0.0.1"})) == list({"10.0.0.1"}));
    CHECK(in_turns(list({"fd00::1", "fd00::2", "10.0.0.1", "10.0.0.2", "10.0.0.3"})) ==
          list({"fd00::1", "10.0.0.1", "fd00::2", "10.0.0.2", "10.0.0.3"}));
    CHECK(in_turns(list({"10.0.0.1", "10.0.0.2", "fd00::1"})) == list({"10.0.0.1", "fd00::1", "10.0.0.2"}));
    CHECK(in_turns(list({"10.0.0.1", "10.0.0.1", "fd00::1", "fd00::1"})) == list({"10.0.0.1", "fd00::1"}));
}

TEST_CASE("one address is tried once, and the report says so") {
    CHECK(in_a_simulation([] {
              serve_at({"10.0.7.1"}, {"10.0.7.1"});
              this_network().delay("10.0.7.1", 80, 20ms);
          }) == "10.0.7.1:80 at 0 for 20: +\n");
    CHECK(in_a_simulation([] { serve_at({"10.0.7.1"}, {}); }) ==
          "cannot connect to example.test:80: 10.0.7.1:80: Connection refused (0 ms)\n"
          "10.0.7.1:80 at 0 for 0: Connection refused\n");
}

TEST_CASE("an address that is silent costs 250 ms, and is left when another one answers") {
    CHECK(in_a_simulation([] {
              serve_at({"fd00::1", "10.0.7.1"}, {"10.0.7.1"});
              this_network().swallow("fd00::1", 80);
              this_network().delay("10.0.7.1", 80, 20ms);
          }) ==
          "[fd00::1]:80 at 0 for 270: another address was faster\n"
          "10.0.7.1:80 at 250 for 20: +\n");
}

TEST_CASE("an address that is slow goes on beside the next, and may win") {
    CHECK(in_a_simulation([] {
              serve_at({"fd00::1", "10.0.7.1"}, {"fd00::1", "10.0.7.1"});
              this_network().delay("fd00::1", 80, 400ms);
              this_network().delay("10.0.7.1", 80, 200ms);
          }) ==
          "[fd00::1]:80 at 0 for 400: +\n"
          "10.0.7.1:80 at 250 for 150: another address was faster\n");
}

TEST_CASE("an address that refuses starts the next at once, and so does one that fails later") {
    CHECK(in_a_simulation([] {
              serve_at({"fd00::1", "10.0.7.1", "10.0.7.2", "10.0.7.3"}, {"10.0.7.3"});
              this_network().delay("10.0.7.1", 80, 300ms);
              this_network().swallow("10.0.7.2", 80);
          }) ==
          "[fd00::1]:80 at 0 for 0: Connection refused\n"
          "10.0.7.1:80 at 0 for 300: Connection refused\n"
          "10.0.7.2:80 at 250 for 50: another address was faster\n"
          "10.0.7.3:80 at 300 for 0: +\n");
}

TEST_CASE(
    "all dead: the error lists every attempt, and the limit on connecting is for all of them together") {
    CHECK(in_a_simulation([] {
              serve_at({"fd00::1", "10.0.7.1"}, {});
              this_network().refuse("10.0.7.1", 80, std::errc::network_unreachable);
              this_network().delay("fd00::1", 80, 100ms);
          }) ==
          "cannot connect to example.test:80: [fd00::1]:80: Connection refused (100 ms); "
          "10.0.7.1:80: Network is unreachable (0 ms)\n"
          "[fd00::1]:80 at 0 for 100: Connection refused\n"
          "10.0.7.1:80 at 100 for 0: Network is unreachable\n");
    session_options options;
    options.timeout.connect = 1s;
    CHECK(in_a_simulation(
              [] {
                  serve_at({"fd00::1", "10.0.7.1", "fd00::2"}, {});
                  this_network().swallow("fd00::1", 80);
                  this_network().swallow("fd00::2", 80);
              },
              options) ==
          "timed out connecting to example.test:80: [fd00::1]:80: no answer (1 s); "
          "10.0.7.1:80: Connection refused (0 ms); [fd00::2]:80: no answer (750 ms): limit connect 1 s\n"
          "[fd00::1]:80 at 0 for 1000: no answer\n"
          "10.0.7.1:80 at 250 for 0: Connection refused\n"
          "[fd00::2]:80 at 250 for 750: no answer\n");
}

TEST_CASE("a delay of one's own, and none at all: the next one only when one has failed") {
    session_options options;
    options.timeout.connect = 5s;
    const auto set_up = [] {
        serve_at({"fd00::1", "10.0.7.1"}, {"10.0.7.1"});
        this_network().refuse("fd00::1", 80, std::errc::host_unreachable);
        this_network().delay("fd00::1", 80, 3s);
    };
    options.connector.happy_eyeballs_delay = 50ms;
    CHECK(in_a_simulation(set_up, options).ends_with("10.0.7.1:80 at 50 for 0: +\n"));
    options.connector.happy_eyeballs_delay = 0ms;
    CHECK(in_a_simulation(set_up, options) ==
          "[fd00::1]:80 at 0 for 3000: No route to host\n10.0.7.1:80 at 3000 for 0: +\n");
}

TEST_CASE("of a hundred addresses twenty are tried") {
    const std::string told = in_a_simulation([] {
        std::vector<std::string> many;
        for (int i = 1; i <= 100; ++i) many.push_back("10.0.7." + std::to_string(i));
        serve_at(many, {"10.0.7.50"});
    });
    CHECK(told.find("10.0.7.20:80: Connection refused (0 ms); 80 more not tried\n") != told.npos);
    CHECK(std::count(told.begin(), told.end(), '\n') == 21);
    CHECK(in_a_simulation([] {
              serve_at({}, {});
          }).starts_with("cannot resolve host 'example.test': it has no"));
}

TEST_CASE("the family that was chosen is the only one that is used") {
    session_options options;
    options.connector.family = address_family::ipv4;
    const auto set_up = [] { serve_at({"fd00::1", "10.0.7.1"}, {"fd00::1", "10.0.7.1"}); };
    CHECK(in_a_simulation(set_up, options) == "10.0.7.1:80 at 0 for 0: +\n");
    CHECK(in_a_simulation(set_up, options, "http://[fd00::1]/") ==
          "cannot resolve host 'fd00::1': it has no IPv4 address\n");
    options.connector.family = address_family::ipv6;
    CHECK(in_a_simulation(set_up, options) == "[fd00::1]:80 at 0 for 0: +\n");
    options.connector.family = address_family::any;
    options.connector.local_address = ip_address("10.0.0.7");
    CHECK(in_a_simulation(set_up, options) == "10.0.7.1:80 at 0 for 0: +\n");
}

TEST_CASE("the attempts to connect are in the report as JSON") {
    testing::run([]() -> task<> {
        serve_at({"fd00::1", "10.0.7.1"}, {"10.0.7.1"});
        client_session session;
        auto got = co_await session.get("http://example.test/");
        const auto connects = got.report().to_json()["attempts"][0]["connects"];
        REQUIRE(connects.size() == 2);
        CHECK(connects[0] == nlohmann::json{{"address", "[fd00::1]:80"},
                                            {"connected", false},
                                            {"error", "Connection refused"},
                                            {"started", 0.0},
                                            {"duration", 0.0}});
        CHECK(connects[1]["connected"] == true);
        CHECK(connects[1]["error"] == nullptr);
    });
}

TEST_CASE("a race of addresses, with a fault at each wait: one connection is left, or none") {
    const auto race = [](std::vector<std::string> addresses, std::vector<std::string> answering) {
        return [=]() -> task<> {
            this_network().set_link(slow_link());
            serve_at(addresses, answering);
            this_network().swallow("fd00::1", 80);
            this_network().delay("10.0.7.1", 80, 260ms);
            client_session session;
            const pool_check check(session);
            try {
                co_await fetch_target(session, "/one");
            } catch (const error&) {
                if (untouched) throw;
            }
            try {
                co_await fetch_target(session, "/two");
            } catch (const error&) {
                if (untouched) throw;
            }
        };
    };
    sweep("silent, slow, quick", race({"fd00::1", "10.0.7.1", "10.0.7.2"}, {"10.0.7.1", "10.0.7.2"}));
    sweep("silent, refusing, quick", race({"fd00::1", "10.0.7.9", "10.0.7.2"}, {"10.0.7.2"}));
    sweep("two that answer at the same time", [&]() -> task<> {
        this_network().set_link(slow_link());
        serve_at({"10.0.7.3", "10.0.7.4"}, {"10.0.7.3", "10.0.7.4"});
        this_network().delay("10.0.7.3", 80, 250ms);
        client_session session;
        const pool_check check(session);
        co_await fetch_target(session, "/one");
    });
}

// ---- policies

TEST_CASE("under public_only the addresses of this machine and its networks are not connected to") {
    for (const char* host : {"127.0.0.1",
                             "127.1",
                             "0x7f.1",
                             "2130706433",
                             "0177.0.0.1",
                             "0.0.0.0",
                             "0",
                             "10.0.0.1",
                             "172.16.0.1",
                             "192.168.1.1",
                             "169.254.169.254",
                             "100.64.0.1",
                             "192.0.2.1",
                             "198.18.0.1",
                             "224.0.0.1",
                             "255.255.255.255",
                             "[::1]",
                             "[::]",
                             "[::ffff:127.0.0.1]",
                             "[::ffff:7f00:1]",
                             "[::127.0.0.1]",
                             "[64:ff9b::10.0.0.1]",
                             "[2002:7f00:1::]",
                             "[2001:0:a00:1::]",
                             "[fe80::1]",
                             "[fc00::1]",
                             "[fd00::1]",
                             "[ff02::1]",
                             "[2001:db8::1]",
                             "[fec0::1]"}) {
        CAPTURE(host);
        session_options options;
        options.connector.address_policy = address_policy::public_only();
        const auto body = [&]() -> task<> {
            const url to("http://" + std::string(host) + "/");
            this_network().listen(to.host_without_brackets(), 80, echo_target);
            client_session session(options);
            std::optional<connect_error> refused;
            try {
                (void)co_await session.get(to.str());
            } catch (const connect_error& e) {
                refused = e;
            }
            REQUIRE(refused);
            CHECK(refused->code() == std::errc::permission_denied);
            const ip_address address(to.host_without_brackets());
            const std::string shown = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
            // The address stands there where it is not what the URL says already.
            const std::string host_of_url(to.host());
            const std::string tried = shown == host_of_url ? "" : shown + ":80: ";
            const std::string refusal = "cannot connect to " + host_of_url + ":80: " + tried +
                                        "refused by the address policy public_only: ";
            CHECK(std::string_view(refused->what()).starts_with(refusal));
            CHECK(this_network().made_connections() == 0);
        };
        testing::run(body);
    }
}

TEST_CASE("under public_only what is public is connected to") {
    session_options options;
    options.connector.address_policy = address_policy::public_only();
    CHECK(in_a_simulation([] { serve_at({"93.184.216.34"}, {"93.184.216.34"}); }, options) ==
          "93.184.216.34:80 at 0 for 0: +\n");
}

TEST_CASE("of a name's addresses those that the policy refuses are left out, and told of") {
    session_options options;
    options.connector.address_policy = address_policy::public_only();
    CHECK(in_a_simulation(
              [] {
                  serve_at({"10.0.0.1", "93.184.216.34", "::1"}, {"10.0.0.1", "::1"});
              },
              options) ==
          "cannot connect to example.test:80: 93.184.216.34:80: Connection refused (0 ms); "
          "10.0.0.1:80: refused by the address policy public_only: private-use; "
          "[::1]:80: refused by the address policy public_only: loopback\n"
          "93.184.216.34:80 at 0 for 0: Connection refused\n"
          "10.0.0.1:80 at 0 for 0: refused by the address policy public_only: private-use\n"
          "[::1]:80 at 0 for 0: refused by the address policy public_only: loopback\n");
    // Nor does one that is allowed open the way for those behind it.
    const std::string behind = in_a_simulation(
        [] {
            serve_at({"93.184.216.34", "10.0.0.1", "::1"}, {"10.0.0.1", "::1"});
        },
        options);
    CHECK(behind.starts_with("cannot connect to example.test:80: 93.184.216.34:80: Connection refused"));
    CHECK(behind.find("10.0.0.1:80: refused by the address policy") != behind.npos);
    CHECK(behind.find("[::1]:80: refused by the address policy") != behind.npos);
}

TEST_CASE("a name that leads elsewhere the next time does not get around the policy") {
    session_options options;
    options.connector.address_policy = address_policy::public_only();
    options.connector.dns_ttl = 0s;
    options.connector.force_close = true;
    testing::run([&]() -> task<> {
        serve_at({"93.184.216.34"}, {"93.184.216.34"});
        this_network().listen("10.0.0.1", 80, echo_target);
        client_session session(options);
        co_await fetch_target(session, "/one");
        this_network().add_name("example.test", {"10.0.0.1"});
        const std::string second = co_await connects_of(session);
        CHECK(second.starts_with(
            "cannot connect to example.test:80: 10.0.0.1:80: refused by the address policy"));
        CHECK(this_network().made_connections() == 1);
    });
}

TEST_CASE("a redirect does not get around the policy, be it to an address or to a name") {
    session_options options;
    options.connector.address_policy = address_policy::public_only();
    testing::run([&]() -> task<> {
        const auto redirect = testing::answer_with([](const testing::received_request& request) {
            headers to;
            to.append("Location",
                      request.target == "/address" ? "http://169.254.169.254/latest" : "http://inside.test/");
            return testing::response_text(302, "", to);
        });
        this_network().add_name("example.test", {"93.184.216.34"});
        this_network().listen("93.184.216.34", 80, redirect);
        this_network().add_name("inside.test", {"192.168.1.1"});
        client_session session(options);
        const std::string address = co_await connects_of(session, "http://example.test/address");
        CHECK(address.starts_with("cannot connect to 169.254.169.254:80: refused by"));
        const std::string name = co_await connects_of(session, "http://example.test/name");
        CHECK(name.starts_with("cannot connect to inside.test:80: 192.168.1.1:80: refused by"));
        CHECK(this_network().made_connections() == 1);
    });
}

TEST_CASE("a policy of one's own sees address and port, and what it throws arrives") {
    session_options options;
    options.connector.address_policy =
        address_policy("no ports above 1024", [](const ip_address& to, std::uint16_t port) {
            if (to == ip_address("10.0.0.66")) throw std::logic_error("a bug");
            return port <= 1024;
        });
    CHECK(in_a_simulation([] { serve_at({"10.0.7.1"}, {"10.0.7.1"}); }, options) ==
          "10.0.7.1:80 at 0 for 0: +\n");
    CHECK(
        in_a_simulation([] { serve_at({"10.0.7.1"}, {}); }, options, "http://example.test:8080/")
            .starts_with("cannot connect to example.test:8080: 10.0.7.1:8080: refused by the address policy "
                         "no ports above 1024: private-use\n"));
    CHECK_THROWS_AS(in_a_simulation([] {}, options, "http://10.0.0.66/"), std::logic_error);
    CHECK_THROWS_AS(address_policy("none", {}), std::invalid_argument);
    CHECK_FALSE(address_policy());
    CHECK(address_policy().allows(ip_address("127.0.0.1"), 80));
}

// ---- Unix sockets

TEST_CASE("all connections go to the Unix socket; the Host header is the URL's, and no name is looked up") {
    session_options options;
    options.connector.unix_socket = "/run/service.sock";
    testing::run([&]() -> task<> {
        std::string host;
        this_network().listen_unix("/run/service.sock",
                                   testing::answer_with([&](const testing::received_request& request) {
                                       host = request.headers.get("Host").value_or("");
                                       return response(request.target);
                                   }));
        client_session session(options);
        co_await fetch_target(session, "/one");
        CHECK(host == "example.test");
        auto got = co_await session.get("http://other.test:8080/two");
        CHECK(host == "other.test:8080");
        CHECK(got.report().peer == "unix:/run/service.sock");
        CHECK(told(got.report()) == "unix:/run/service.sock at 0 for 0: +\n");
        CHECK(this_network().lookups() == 0);
        CHECK(this_network().made_connections() == 2);
    });
}

TEST_CASE("a Unix socket that is not there, one that is silent, and one under a policy") {
    session_options options;
    options.timeout.connect = 2s;
    options.connector.unix_socket = "@none";
    CHECK(in_a_simulation([] {}, options) ==
          "cannot connect to example.test:80: unix:@none: No such file or directory\n"
          "unix:@none at 0 for 0: No such file or directory\n");
    options.connector.address_policy = address_policy::public_only();
    CHECK(in_a_simulation([] {}, options) ==
          "cannot connect to example.test:80: the Unix socket @none is refused by the address policy "
          "public_only\n");
}

TEST_CASE("a Unix socket, with a fault at each wait") {
    sweep("Unix socket", []() -> task<> {
        this_network().set_link(slow_link());
        this_network().listen_unix("/run/service.sock", echo_target);
        session_options options;
        options.connector.unix_socket = "/run/service.sock";
        client_session session(options);
        const pool_check check(session);
        co_await fetch_target(session, "/one");
        co_await fetch_target(session, "/two");
    });
}
