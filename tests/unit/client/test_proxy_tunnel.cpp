// CONNECT, in memory: what is asked, and what each kind of answer comes to, in every cut.
#include "client/connection/proxy_tunnel.hpp"
#include "negotiations.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>

using namespace negotiations;
using skein::client::proxy_tunnel;
using skein::client::tunnel_request;

namespace {

const skein::http1::parser_limits usual_limits;

std::unique_ptr<negotiation> make() {
    tunnel_request what;
    what.authority = "example.test:443";
    return std::make_unique<proxy_tunnel>(what, usual_limits);
}

end answered(std::string_view bytes) {
    return feed_every_cut(make, bytes);
}

}  // namespace

TEST_CASE("CONNECT names the origin with its port, and says no more than is needed") {
    CHECK(make()->take_output() == "CONNECT example.test:443 HTTP/1.1\r\nHost: example.test:443\r\n\r\n");
    tunnel_request what;
    what.authority = "[::1]:8443";
    what.authorization = "Basic dTpw";
    what.user_agent = "me/1";
    CHECK(proxy_tunnel(what, usual_limits).take_output() ==
          "CONNECT [::1]:8443 HTTP/1.1\r\nHost: [::1]:8443\r\nUser-Agent: me/1\r\n"
          "Proxy-Authorization: Basic dTpw\r\n\r\n");
    what.authorization = "a\r\nb: c";
    CHECK_THROWS_AS(proxy_tunnel(what, usual_limits), std::invalid_argument);
}

TEST_CASE("any 2xx opens the tunnel, whatever it says of a body; interim responses go by") {
    for (const char* head :
         {"HTTP/1.1 200 Connection established\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.1 204 \r\n\r\n",
          "HTTP/1.1 299 Odd\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
          "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"}) {
        CAPTURE(head);
        const end e = answered(head);
        if (std::string_view(head).find("Length: x") == std::string_view::npos) CHECK(e.open);
        CHECK(e.open != e.failed);
        if (e.open) cut_everywhere(make, head);
    }
}

TEST_CASE("any other answer is a refusal with its status and headers; its body is never read") {
    for (const int status : {300, 302, 400, 401, 403, 404, 500, 502, 503, 504, 600, 999}) {
        CAPTURE(status);
        const end e = answered("HTTP/1.1 " + std::to_string(status) +
                               " Some reason\r\nContent-Length: 9\r\nX-Why: because\r\n\r\nHTTP/1.1 ");
        CHECK(e.failed);
        CHECK_FALSE(e.early);
        CHECK(e.status == status);
        CHECK(e.what == "refused a tunnel: it answered " + std::to_string(status) + " Some reason");
    }
    auto n = make();
    n->feed(skein::as_bytes("HTTP/1.1 403 No\r\nX-Why: because\r\nSet-Cookie: a=b\r\n\r\n"));
    CHECK(n->why().fields.get("X-Why") == "because");
}

TEST_CASE("407 is named, with what the proxy wants") {
    const end e = answered(
        "HTTP/1.1 407 Proxy Authentication Required\r\n"
        "Proxy-Authenticate: Basic realm=\"x\"\r\n\r\n");
    CHECK(e.status == 407);
    CHECK(e.what ==
          "refused a tunnel: it wants credentials: 407 Proxy Authentication Required (Basic realm=\"x\")");
    const end rude = answered("HTTP/1.1 407 \xc2\x9b" + std::string(1000, 'n') +
                              "\r\nProxy-Authenticate: \xc2\x9b" + std::string(1000, 'x') + "\r\n\r\n");
    CHECK(rude.what.find("407 \\xc2\\x9bnnn") != std::string::npos);
    CHECK(rude.what.find("(\\xc2\\x9bxxx") != std::string::npos);
    CHECK(rude.what.size() < 500);
}

TEST_CASE("bytes behind the answer fail, however they are cut") {
    for (const char* more : {"x", "\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL"}) {
        const end e = answered(std::string("HTTP/1.1 200 OK\r\n\r\n") + more);
        CHECK(e.failed);
        CHECK(e.early);
        CHECK(e.status == 0);
    }
}

TEST_CASE("an end behind the answer is a failure, too") {
    auto n = make();
    n->feed(skein::as_bytes("HTTP/1.1 200 OK\r\n\r\n"));
    CHECK(n->is_open());
    n->feed_end({});
    CHECK(n->has_failed());
}

TEST_CASE("what is no HTTP, and heads over the limits, fail") {
    for (const char* bytes : {"garbage\r\n\r\n", "\x05\xff", "HTTP/1.1 99 x\r\n\r\n", "HTTP/2 200 OK\r\n\r\n",
                              "HTTP/1.1 200 OK\nA: b\n\n", "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
                              "HTTP/1.1 101 Switching Protocols\r\n\r\n"}) {
        CAPTURE(bytes);
        const end e = answered(bytes);
        CHECK(e.failed);
        CHECK(e.status == 0);
    }
    auto endless = make();
    endless->feed(skein::as_bytes("HTTP/1.1 200 OK\r\n"));
    const std::string line = "X: " + std::string(1000, 'x') + "\r\n";
    std::size_t fed = 0;
    for (; !endless->is_over() && fed < 1'000'000; fed += line.size()) endless->feed(skein::as_bytes(line));
    CHECK(endless->has_failed());
    CHECK(fed <= 18 * 1024);
    CHECK(endless->why().what.find("head of more than 16384 bytes") != std::string::npos);
}

TEST_CASE("the corpus: every answer to CONNECT, in every cut") {
    std::size_t seen = 0;
    for (const auto& entry : corpus::load("h1_responses.json")) {
        if (entry.at("request_method") != "CONNECT") continue;
        CAPTURE(entry.at("id").get<std::string>());
        const end e = answered(corpus::response_bytes(entry));
        if (entry.at("expect") == "ok") {
            CHECK(e.open);
        } else {
            CHECK(e.failed);
            CHECK(e.early == (entry.at("error_class") == "tls"));
        }
        ++seen;
    }
    CHECK(seen >= 8);
}
