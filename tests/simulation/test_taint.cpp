// No secret leaves its origin: random chains of redirects over several origins, with every kind of
// credential, and for each request that a server got, exactly what it may have been told.
#include "https_server.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <random>
#include <vector>

#include <unistd.h>

using namespace simulation;
namespace fs = std::filesystem;

namespace {

struct origin {
    const char* scheme;
    const char* host;
    std::uint16_t port;

    std::string url() const {
        const bool plain = port == (std::string(scheme) == "http" ? 80 : 443);
        return std::string(scheme) + "://" + host + (plain ? "" : ":" + std::to_string(port));
    }
};

constexpr std::array<origin, 7> origins = {{{"http", "a.test", 80},
                                            {"https", "a.test", 443},
                                            {"http", "a.test", 8080},
                                            {"https", "a.test", 8443},
                                            {"http", "b.test", 80},
                                            {"https", "www.a.test", 443},
                                            {"http", "127.0.0.1", 80}}};

// As DESIGN says it, not as the client computes it.
bool keeps_trust(const origin& from, const origin& to) {
    const std::string host(from.host);
    if (host != to.host) return false;
    if (from.port == to.port) return true;  // no port here has two schemes
    return from.port == 80 && to.port == 443;
}

struct told {
    std::string authorization;
    std::string key;
    std::string safe;
    std::string cookie;
    std::string accept;

    friend bool operator==(const told&, const told&) = default;
};

std::ostream& operator<<(std::ostream& out, const told& t) {
    return out << t.authorization << " | " << t.key << " | " << t.safe << " | " << t.cookie << " | "
               << t.accept;
}

struct chain {
    std::vector<std::size_t> hops;  // which origin, the first included
    bool has_own = false;           // an Authorization of the request's own
    std::vector<told> seen = {};
};

// "name=host" in the cookie that each server sets; browsers and we keep it by host.
std::string expected_cookie(const chain& c, std::size_t at, bool trusted) {
    std::string cookie;
    const std::string host = origins[c.hops[at]].host;
    for (std::size_t i = 0; i < at; ++i)
        if (origins[c.hops[i]].host == host) cookie = "jar=" + host;
    if (trusted) cookie += (cookie.empty() ? "" : "; ") + std::string("own=secret");
    return cookie;
}

told expected(const chain& c, std::size_t at) {
    bool trusted = true;
    for (std::size_t i = 1; i <= at; ++i)
        trusted = trusted && keeps_trust(origins[c.hops[i - 1]], origins[c.hops[i]]);
    told t;
    const std::string host = origins[c.hops[at]].host;
    if (host == "a.test") t.authorization = "Basic YTpuZXRyYw==";  // a:netrc
    if (host == "b.test") t.authorization = "Basic YjpuZXRyYw==";  // b:netrc
    if (c.has_own && trusted) t.authorization = "Bearer secret";
    if (trusted) t.key = "secret";
    t.safe = "public";
    t.cookie = expected_cookie(c, at, trusted);
    t.accept = "text/html";
    return t;
}

task<> serve(server_stream& client, chain& c, const origin& here) {
    web_stream web(client, here.port == 443 || here.port == 8443 ? here.host : "");
    for (;;) {
        const auto request = co_await web.request();
        c.seen.push_back({field_of(request, "Authorization"), field_of(request, "X-Key"),
                          field_of(request, "X-Safe"), field_of(request, "Cookie"),
                          field_of(request, "Accept")});
        std::string answer = "Set-Cookie: jar=" + std::string(here.host) + "\r\nContent-Length: 0\r\n\r\n";
        if (c.seen.size() < c.hops.size())
            answer =
                "HTTP/1.1 302 See\r\nLocation: " + origins[c.hops[c.seen.size()]].url() + "/\r\n" + answer;
        else
            answer = "HTTP/1.1 200 OK\r\n" + answer;
        co_await web.respond(answer);
    }
}

task<> walk(chain& c, const fs::path& netrc) {
    for (const auto& one : origins)
        this_network().listen(one.host, one.port,
                              [&](server_stream& client) { return serve(client, c, one); });
    session_options options;
    options.tls = trusting_tests();
    options.netrc = netrc;
    options.default_headers.append("Accept", "text/html");
    client_session session(options);
    const pool_check check(session);
    auto request = session.get(origins[c.hops[0]].url() + "/");
    request.header("X-Key", "secret")
        .header("X-Safe", "public")
        .redirect_safe("X-Safe")
        .cookie("own", "secret");
    request.allow_downgrade(true);
    if (c.has_own) request.bearer("secret");
    auto got = co_await std::move(request);
    CHECK(got.status() == 200);
}

}  // namespace

TEST_CASE("random chains of redirects: every server is told what is for it, and nothing else") {
    const fs::path netrc = fs::temp_directory_path() / ("skein-taint-" + std::to_string(::getpid()));
    std::ofstream(netrc) << "machine a.test login a password netrc\nmachine b.test login b password netrc\n";
    std::size_t requests = 0;
    for (unsigned seed = 0; seed < 300; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        chain c;
        c.has_own = random() % 2 == 0;
        for (std::size_t left = 2 + random() % 6; left != 0; --left)
            // Often the same site again: what is kept must be seen, too.
            c.hops.push_back(random() % 3 == 0 ? random() % origins.size() : random() % 2);
        skein::testing::run([&]() -> task<> { co_await walk(c, netrc); });
        REQUIRE(c.seen.size() == c.hops.size());
        for (std::size_t at = 0; at < c.hops.size(); ++at) {
            CAPTURE(at);
            CHECK(c.seen[at] == expected(c, at));
        }
        requests += c.seen.size();
    }
    fs::remove(netrc);
    MESSAGE("taint: " << requests << " requests of 300 chains looked at");
}
