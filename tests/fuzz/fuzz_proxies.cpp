// What proxies say, on any bytes: nothing crashes, a verdict does not depend on how they were cut, and a way
// that is open has no byte too many behind it; URLs of proxies and lists of exceptions on any text. The first
// byte chooses which.
#include "client/connection/proxy_rules.hpp"
#include "client/connection/proxy_tunnel.hpp"
#include "client/connection/socks5.hpp"

#include <skein/error.hpp>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>

namespace {

using namespace skein;
using namespace skein::client;

const http1::parser_limits usual_limits;

[[noreturn]] void report(const char* what, std::string_view text) {
    std::cerr << what << ": " << text << '\n';
    std::abort();
}

std::unique_ptr<negotiation> make(int which) {
    if (which == 0) {
        tunnel_request what;
        what.authority = "a.test:443";
        return std::make_unique<proxy_tunnel>(what, usual_limits);
    }
    socks5_request what;
    what.name = "a.test";
    what.port = 443;
    if (which == 1) what.username = what.password = "secret";
    return std::make_unique<socks5>(what);
}

void check_negotiation(int which, std::string_view bytes) {
    const auto whole = make(which);
    (void)whole->take_output();
    whole->feed(as_bytes(bytes));
    const auto pieces = make(which);
    (void)pieces->take_output();
    for (std::size_t i = 0; i < bytes.size(); ++i) pieces->feed(as_bytes(bytes.substr(i, 1)));
    if (whole->is_open() != pieces->is_open() || whole->has_failed() != pieces->has_failed() ||
        whole->why().status != pieces->why().status || whole->take_output() != pieces->take_output())
        report("depends on the cut", bytes);
    if (!whole->is_open()) return;
    whole->feed(as_bytes("x"));
    if (!whole->why().early) report("a byte too many", bytes);
}

void check_texts(std::string_view text) {
    const no_proxy_list list(text);
    for (const char* to : {"http://a.test/", "https://10.0.0.1:8443/", "http://[2001:db8::1]/"})
        (void)list.covers(url(to));
    try {
        const proxy p(text);
        const proxy again(p.to_string());
        if (again.host() != p.host() || again.port() != p.port() || again.scheme() != p.scheme())
            report("comes back different", text);
    } catch (const invalid_url&) {}
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    if (data[0] % 4 == 3)
        check_texts(text);
    else
        check_negotiation(data[0] % 4, text);
    return 0;
}
