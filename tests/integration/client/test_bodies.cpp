// Bodies: whole and in pieces, large, slow to be read, read once; requests whose body is answered early.
#include "client_test.hpp"
#include "in_child.hpp"

#include <nlohmann/json.hpp>

#include <atomic>

using namespace client_test;
using namespace skein;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

// Bytes in which a lost, doubled or swapped piece shows.
std::string pattern(std::size_t size) {
    std::string out(size, '\0');
    std::uint32_t state = 1;
    for (char& c : out) {
        state = state * 1664525 + 1013904223;
        c = static_cast<char>(state >> 24);
    }
    return out;
}

std::string chunked(const std::string& body, std::size_t piece) {
    std::string out;
    char size[32];
    for (std::size_t at = 0; at < body.size(); at += piece) {
        const std::string part = body.substr(at, piece);
        std::snprintf(size, sizeof size, "%zx\r\n", part.size());
        out.append(size).append(part).append("\r\n");
    }
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + out + "0\r\n\r\n";
}

}  // namespace

TEST_CASE("a large body arrives byte for byte, whole or in pieces, however it is framed") {
    const std::string content = pattern(20'000'000);
    std::string sent;
    SUBCASE("by length") {
        sent = response(content);
    }
    SUBCASE("in large chunks") {
        sent = chunked(content, 100'000);
    }
    SUBCASE("in chunks a little larger than what is copied") {
        sent = chunked(content, 9'000);
    }
    SUBCASE("in small chunks") {
        sent = chunked(content, 700);
    }
    evil_server server(always(sent));
    const auto body = [&]() -> task<> {
        client_session session;
        auto whole = co_await session.get(server.url());
        CHECK(co_await whole.text() == content);
        auto pieces = co_await session.get(server.url());
        std::string got;
        while (auto piece = co_await pieces.chunk()) got += as_text(*piece);
        CHECK(got == content);
        CHECK_FALSE(co_await pieces.chunk());  // the end stays the end
        CHECK(pieces.report().response_body_bytes == content.size());
    };
    run(body);
    CHECK(server.connections() == 1);
}

TEST_CASE("a body without a length ends with the connection") {
    const std::string content = pattern(3'000'000);
    evil_server server([&](evil_peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\n\r\n" + content);
    });
    const auto body = [&]() -> task<> {
        client_session session;
        CHECK(co_await fetch(session, server.url()) == content);
    };
    run(body);
}

TEST_CASE("a reader that does not ask stops the sender, and loses nothing") {
    const std::string content = pattern(64'000'000);
    std::atomic<std::size_t> sent = 0;
    evil_server server([&](evil_peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(content.size()) + "\r\n\r\n");
        for (std::size_t at = 0; at < content.size(); at += 64'000) {
            if (!peer.send(std::string_view(content).substr(at, 64'000))) return;
            sent += 64'000;
        }
    });
    const auto body = [&]() -> task<> {
        client_session session;
        auto got = co_await session.get(server.url());
        // Until nothing moves any more: what is sent lies in our 256 KiB and in the kernel's buffers.
        std::size_t before = 0;
        for (int still = 0; still < 10; still = sent == before && before != 0 ? still + 1 : 0) {
            before = sent;
            co_await sleep(10ms);
        }
        CHECK(sent < content.size() / 2);
        std::string all;
        while (auto piece = co_await got.chunk()) all += as_text(*piece);
        CHECK(all == content);
    };
    run(body);
}

TEST_CASE("a body is read once") {
    evil_server server(always(response("hello")));
    const auto body = [&]() -> task<> {
        client_session session;
        auto got = co_await session.get(server.url());
        CHECK(co_await got.text() == "hello");
        CHECK_THROWS_WITH_AS((void)got.text(), "text(): the body was read before", std::logic_error);
        CHECK_THROWS_AS((void)got.chunk(), std::logic_error);
        auto in_pieces = co_await session.get(server.url());
        CHECK(co_await in_pieces.chunk());
        CHECK_THROWS_AS((void)in_pieces.read(), std::logic_error);
        auto closed = co_await session.get(server.url());
        closed.close();
        closed.close();
        CHECK_THROWS_WITH_AS((void)closed.read(), "read(): the response is closed", std::logic_error);
    };
    run(body);
}

TEST_CASE("two tasks cannot read one response") {
    evil_server server([](evil_peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
        if (peer.server().wait_for_signal()) peer.send("hello");
        peer.drain();
    });
    const auto body = [&]() -> task<> {
        client_session session;
        auto got = co_await session.get(server.url());
        auto first = create_task(got.chunk());
        co_await yield();
        CHECK_THROWS_AS(co_await got.chunk(), std::logic_error);
        server.signal();
        const auto piece = co_await first;
        REQUIRE(piece);
        CHECK(as_text(*piece) == "hello");
    };
    run(body);
}

TEST_CASE("a body over the limit is refused, and its connection closed") {
    evil_server server(always(response(std::string(1000, 'x'))));
    const auto body = [&]() -> task<> {
        client_session session;
        auto fits = co_await session.get(server.url());
        CHECK((co_await fits.read(1000)).size() == 1000);
        auto got = co_await session.get(server.url());
        std::string what;
        try {
            (void)co_await got.read(999);
        } catch (const payload_error& e) {
            what = e.what();
            CHECK(e.report() != nullptr);
        }
        CHECK(what.find("limit of 999 bytes") != what.npos);
    };
    run(body);
    evil_server endless([](evil_peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while (peer.send("3e8\r\n" + std::string(1000, 'x') + "\r\n")) {}
    });
    const auto while_it_comes = [&]() -> task<> {
        client_session session;
        auto got = co_await session.get(endless.url());
        bool refused = false;
        try {
            (void)co_await got.read(999);
        } catch (const payload_error&) {
            refused = true;
        }
        CHECK(refused);
        CHECK(session.stats().open == 0);  // though the response is still there
        CHECK_THROWS_AS((void)got.chunk(), std::logic_error);
    };
    run(while_it_comes);
    CHECK(endless.wait_until_open(0));
}

TEST_CASE("JSON comes parsed, and what is not JSON says so") {
    evil_server server([](evil_peer& peer) {
        while (auto request = peer.read_request())
            peer.send(response(request->starts_with("GET /good") ? R"({"a": [1, 2]})" : "{\"a\": "));
    });
    const auto body = [&]() -> task<> {
        client_session session;
        auto good = co_await session.get(server.url("/good"));
        const auto value = co_await good.json();
        CHECK(value.at("a").at(1) == 2);
        auto bad = co_await session.get(server.url("/bad"));
        std::string what;
        try {
            (void)co_await bad.json();
        } catch (const payload_error& e) {
            what = e.what();
        }
        CHECK(what.find("not JSON") != what.npos);
    };
    run(body);
}

TEST_CASE("a large request body arrives, and the connection serves again") {
    const std::string content = pattern(10'000'000);
    evil_server server(always(response("got it")));
    const auto body = [&]() -> task<> {
        client_session session;
        for (int i = 0; i < 2; ++i) {
            auto got = co_await session.post(server.url()).body(content);
            CHECK(co_await got.text() == "got it");
            CHECK(got.report().request_bytes > content.size());
        }
    };
    run(body);
    CHECK(server.connections() == 1);
    for (const auto& request : server.seen()) CHECK(request.ends_with("\r\n\r\n" + content));
}

TEST_CASE("a response that comes before the request is sent is delivered, and its connection closed") {
    const std::string content(50'000'000, 'x');
    SUBCASE("and the server reads no further") {
        evil_server server([](evil_peer& peer) {
            peer.read_head();
            peer.send(response("too large", "413 Content Too Large"));
            peer.hold();
        });
        const auto body = [&]() -> task<> {
            client_session session;
            auto got = co_await session.post(server.url()).body(content).timeout(20s);
            CHECK(got.status() == 413);
            CHECK(co_await got.text() == "too large");
            CHECK(session.stats().open == 0);
        };
        run(body);
    }
    SUBCASE("in two parts") {
        evil_server server([](evil_peer& peer) {
            peer.read_head();
            peer.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 9\r\n\r\ntoo");
            if (peer.server().wait_for_signal()) peer.send(" large");
            peer.hold();
        });
        const auto body = [&]() -> task<> {
            client_session session;
            auto got = co_await session.post(server.url()).body(content).timeout(20s);
            CHECK(got.status() == 413);
            server.signal();
            CHECK(co_await got.text() == "too large");
            CHECK(session.stats().open == 0);
        };
        run(body);
    }
    SUBCASE("and the server echoes while it reads") {
        evil_server server([&](evil_peer& peer) {
            peer.read_head();
            peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n200\r\n");
            if (!peer.skip(content.size())) return;
            peer.send("4\r\n end\r\n0\r\n\r\n");
            peer.drain();
        });
        const auto body = [&]() -> task<> {
            client_session session;
            auto got = co_await session.post(server.url()).body(content).timeout(60s);
            CHECK(co_await got.text() == "200 end");
        };
        run(body);
    }
    SUBCASE("and the response is given up") {
        evil_server server([](evil_peer& peer) {
            peer.read_head();
            peer.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 9\r\n\r\ntoo");
            peer.hold();
        });
        const auto body = [&]() -> task<> {
            client_session session;
            { (void)co_await session.post(server.url()).body(content).timeout(20s); }
            CHECK(session.stats().open == 0);
        };
        run(body);
    }
    SUBCASE("and the connection is reset") {
        evil_server server([](evil_peer& peer) {
            peer.read_head();
            peer.send(response("too large", "413 Content Too Large"));
            peer.reset();
        });
        const auto body = [&]() -> task<> {
            client_session session;
            // The reset may destroy the response on its way; if it does not, it must be seen.
            try {
                auto got = co_await session.post(server.url()).body(content).timeout(20s);
                CHECK(got.status() == 413);
            } catch (const disconnected_error& e) {
                CHECK(e.report() != nullptr);
            }
            CHECK(session.stats().open == 0);
        };
        run(body);
    }
}

TEST_CASE("a server that goes while a request is written ends the request, not the process by SIGPIPE") {
    REQUIRE(skein::tests::disposition_is(SIGPIPE, SIG_DFL));
    const std::string content(20'000'000, 'x');
    evil_server server([](evil_peer& peer) {
        peer.read_head();
        if (peer.number() % 2 == 0) peer.send(response("too large", "413 Content Too Large"));
        peer.finish();
        peer.reset();
    });
    const auto body = [&]() -> task<> {
        client_session session;
        for (int i = 0; i < 20; ++i) {
            bool answered = false;
            try {
                auto got = co_await session.post(server.url()).body(content);
                answered = got.status() == 413;
            } catch (const connection_error& e) {
                CHECK(mentions(e, "127.0.0.1"));
                answered = i % 2 == 0;
            }
            CHECK(answered);
        }
    };
    run(body);
}
