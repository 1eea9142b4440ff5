// Proxies that stop, close or reset at every byte of what they say, or say it in pieces.
#include "proxies.hpp"

using namespace simulation;
using namespace std::chrono_literals;
using namespace std::string_literals;
using skein::proxy_error;

namespace {

enum class ending { close, reset, stall };

/// What a proxy says, in turns: before each, it reads so many bytes, or a head.
struct speech {
    const char* name;
    const char* url;
    std::vector<std::pair<std::size_t, std::string>> turns;  // 0: up to the end of a head

    std::size_t size() const {
        std::size_t all = 0;
        for (const auto& [reads, text] : turns) all += text.size();
        return all;
    }
};

const std::vector<speech> speeches = {
    {"CONNECT",
     "http://u:p@proxy.test:3128",
     {{0, "HTTP/1.1 103 Hints\r\nLink: </>\r\n\r\nHTTP/1.1 200 Established\r\nVia: 1.1 proxy\r\n\r\n"}}},
    {"SOCKS",
     "socks5h://u:p@proxy.test:3128",
     {{4, "\x05\x02"s}, {5, "\x01\x00"s}, {19, "\x05\x00\x00\x03\x04name\x04\x38"s}}},
    {"SOCKS with an address",
     "socks5h://proxy.test:3128",
     {{3, "\x05\x00"s}, {19, "\x05\x00\x00\x04"s + std::string(18, '\x01')}}},
};

task<> speak(server_stream& wire, const speech& all, std::size_t cut, ending how) {
    wire_end client(wire);
    for (const auto& [reads, text] : all.turns) {
        if (reads == 0)
            (void)co_await client.until("\r\n\r\n");
        else
            (void)co_await client.exactly(reads);
        const std::string part = text.substr(0, cut);
        cut -= part.size();
        co_await client.write(part);
        if (cut != 0 || part.size() == text.size()) continue;
        if (how == ending::reset) wire.reset();
        if (how == ending::stall) (void)co_await client.until("never");
        co_return;
    }
    if (how == ending::reset) wire.reset();
    if (how == ending::stall) (void)co_await client.until("never");
}

/// The name of what a request ended with, and in which phase.
task<std::string> outcome(client_session& session) {
    try {
        (void)co_await session.get("https://example.test/");
        co_return "an answer";
    } catch (const skein::timeout_error& e) {
        co_return "timeout " + std::string(to_string(e.phase()));
    } catch (const proxy_error& e) {
        CHECK(e.report() != nullptr);
        co_return "proxy";
    } catch (const skein::tls_error&) {
        co_return "tls";
    }
}

}  // namespace

TEST_CASE("a proxy that stops, closes or resets at any byte: an error of the proxy's, and nothing is left") {
    for (const auto& all : speeches) {
        CAPTURE(all.name);
        for (std::size_t cut = 0; cut <= all.size(); ++cut) {
            CAPTURE(cut);
            for (const ending how : {ending::close, ending::reset, ending::stall}) {
                CAPTURE(int(how));
                skein::testing::run([&]() -> task<> {
                    this_network().set_link(slow_link());
                    this_network().listen("proxy.test", 3128,
                                          [&](server_stream& wire) { return speak(wire, all, cut, how); });
                    session_options options = through(all.url);
                    options.timeout.connect = 3s;
                    options.timeout.tls = 4s;
                    client_session session(options);
                    const auto got = co_await outcome(session);
                    const bool whole = cut == all.size();
                    if (how == ending::stall)
                        CHECK(got == (whole ? "timeout tls" : "timeout proxy"));
                    else
                        CHECK(got == (whole ? "tls" : "proxy"));
                    CHECK(session.stats().open == 0);
                    CHECK(this_network().open_connections() == 0);
                });
            }
        }
    }
}

TEST_CASE("a proxy whose answers come in pieces of any size, with pauses") {
    for (const char* url : {"http://proxy.test:3128", "socks5h://proxy.test:3128"}) {
        CAPTURE(url);
        for (std::uint64_t seed = 0; seed < 50; ++seed) {
            CAPTURE(seed);
            skein::testing::simulation_options options;
            options.seed = seed;
            const auto scenario = [&]() -> task<> {
                proxy_log log;
                const proxy_plan plan;
                skein::testing::link odd = slow_link();
                if (seed == 0)
                    odd.largest_piece_bytes = 1;
                else
                    odd.random_pieces = true;
                this_network().set_link(odd);
                if (std::string_view(url).starts_with("socks"))
                    listen_as_socks("proxy.test", 3128, log, plan);
                else
                    listen_as_proxy("proxy.test", 3128, log, plan);
                client_session session(through(url));
                const pool_check check(session);
                for (const char* to : {"https://example.test/a", "http://example.test/a"}) {
                    const auto text = co_await body_of(session, to);
                    CHECK(text == "/a");
                }
            };
            skein::testing::run(scenario, options);
        }
    }
}

TEST_CASE("bytes behind the answer of a proxy are neither the origin's nor harmless") {
    const std::string granted = "HTTP/1.1 200 OK\r\n\r\n";
    const std::string evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL";
    for (const skein::clock::duration pause :
         {skein::clock::duration(0), skein::clock::duration(1ms), skein::clock::duration(10ms)}) {
        skein::testing::run([&]() -> task<> {
            this_network().listen("proxy.test", 3128, [&](server_stream& wire) -> task<> {
                wire_end client(wire);
                (void)co_await client.until("\r\n\r\n");
                if (pause == skein::clock::duration(0)) {
                    co_await client.write(granted + evil);
                } else {
                    co_await client.write(granted);
                    co_await skein::sleep(pause);
                    co_await client.write(evil);
                }
                (void)co_await client.until("never");
            });
            client_session session(through("http://proxy.test:3128"));
            const auto got = co_await outcome(session);
            CHECK(got == "tls");
            CHECK(session.stats().open == 0);
        });
    }
    // Where no TLS would notice.
    skein::testing::run([&]() -> task<> {
        this_network().listen("proxy.test", 1080, [&](server_stream& wire) -> task<> {
            wire_end client(wire);
            (void)co_await client.exactly(3);
            co_await client.write("\x05\x00"s);
            (void)co_await client.exactly(19);
            co_await client.write("\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"s + evil);
            (void)co_await client.until("never");
        });
        client_session session(through("socks5h://proxy.test"));
        bool refused = false;
        try {
            (void)co_await session.get("http://example.test/");
        } catch (const proxy_error&) {
            refused = true;
        }
        CHECK(refused);
        CHECK(session.stats().open == 0);
    });
}

TEST_CASE("a proxy that is not there is an error of the layer that failed, and the way is named") {
    skein::testing::run([]() -> task<> {
        this_network().refuse("proxy.test", 3128);
        this_network().swallow("proxy.test", 3129);
        const auto words = [](const char* p) -> task<std::string> {
            session_options options = through(p);
            options.timeout.connect = 3s;
            client_session session(options);
            try {
                (void)co_await session.get("https://example.test/");
                co_return "none";
            } catch (const skein::error& e) {
                CHECK(e.report()->via == p);
                co_return e.what();
            }
        };
        const auto refused = co_await words("http://proxy.test:3128");
        CHECK(refused.starts_with("cannot connect to proxy.test:3128"));
        CHECK(refused.find("through http://proxy.test:3128") != refused.npos);
        const auto swallowed = co_await words("socks5h://proxy.test:3129");
        CHECK(swallowed.starts_with("timed out connecting to proxy.test:3129"));
        const auto unknown = co_await words("http://unknown.test:1");
        CHECK(unknown.find("unknown.test") != unknown.npos);
    });
}
