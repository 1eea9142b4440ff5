// An address policy and proxies: what cannot be judged here is refused, unless the program vouches for it.
#include "proxies.hpp"

using namespace simulation;
using skein::proxy;

namespace {

skein::session_options guarded(const proxy& way) {
    session_options options;
    options.proxy = way;
    options.connector.address_policy = skein::address_policy::public_only();
    return options;
}

task<std::string> words_of_refusal(client_session& session, std::string url) {
    try {
        (void)co_await session.get(url);
    } catch (const skein::connect_error& e) {
        co_return e.what();
    }
    co_return "";
}

}  // namespace

TEST_CASE("under an address policy a proxy is used only if it is trusted by name, wherever it is") {
    skein::testing::run([]() -> task<> {
        proxy_log log;
        const proxy_plan plan;
        this_network().add_name("proxy.test", {"10.0.0.3"});
        listen_as_proxy("proxy.test", 3128, log, plan);
        client_session refusing(guarded(proxy("http://proxy.test:3128")));
        const auto words = co_await words_of_refusal(refusing, "http://example.test/");
        CHECK(words.find(
                  "a proxy that is not trusted, http://proxy.test:3128, is refused by the address policy") !=
              std::string::npos);
        CHECK(this_network().made_connections() == 0);

        client_session trusting(guarded(proxy("http://proxy.test:3128").trusted()));
        const auto text = co_await body_of(trusting, "http://example.test/one");
        CHECK(text == "/one");
    });
}

TEST_CASE("a trusted proxy is not asked for addresses that the policy refuses") {
    skein::testing::run([]() -> task<> {
        proxy_log log;
        const proxy_plan plan;
        listen_as_proxy("proxy.test", 3128, log, plan);
        listen_as_socks("socks.test", 1080, log, plan);
        this_network().add_name("inside.test", {"10.0.0.9"});
        client_session http(guarded(proxy("http://proxy.test:3128").trusted()));
        client_session socks(guarded(proxy("socks5://socks.test:1080").trusted()));
        for (const char* url : {"http://127.0.0.1/", "http://127.1/", "https://[::ffff:10.0.0.1]/",
                                "http://169.254.169.254/latest/meta-data/"}) {
            for (auto* session : {&http, &socks}) {
                const auto words = co_await words_of_refusal(*session, url);
                CHECK_MESSAGE(words.find("refused by the address policy") != std::string::npos, url);
            }
        }
        const auto words = co_await words_of_refusal(socks, "http://inside.test/");  // resolved here
        CHECK(words.find("10.0.0.9") != std::string::npos);
        CHECK(this_network().made_connections() == 0);
    });
}
