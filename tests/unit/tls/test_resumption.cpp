// Resumption: later connections go on from earlier ones, where that is safe, and only there.
#include "engine_client.hpp"

#include "tls/session_cache.hpp"

#include <doctest/doctest.h>

using namespace skein::test;
using skein::tls_context;
using skein::tls_errc;
using skein::tls::owned;
using skein::tls::session_box;
using skein::tls::session_cache;

namespace {

/// A server whose connections share the key of their tickets.
struct ticket_server {
    explicit ticket_server(int version, server_options made = common_world().serves())
        : options(std::move(made)) {
        options.min_version = options.max_version = version;
        context = make_server_context(options);
    }
    server_options options;
    std::shared_ptr<SSL_CTX> context;
};

struct outcome {
    bool established = false;
    bool offered = false;
    bool resumed = false;
};

// A connection from hello to goodbye.
outcome connect(const ticket_server& to, const tls_context& trust,
                const std::shared_ptr<session_box>& sessions, bool say_goodbye = true) {
    tls_server server(to.context, to.options);
    engine_client client(trust, "a.test", sessions);
    converse(client, server);
    if (client.engine.established()) {
        server.write("hello");
        client.feed(server.take());
        CHECK(client.received == "hello");
        CHECK(client.engine.resumed() == server.resumed());
        if (say_goodbye)
            client.engine.shutdown();
        else
            client.feed_end();
    }
    return {client.engine.established() || client.engine.error() == tls_errc::truncated,
            server.resumption_offered(), server.resumed()};
}

owned<SSL_SESSION> fresh_session() {
    const auto box = std::make_shared<session_box>();
    const ticket_server server(TLS1_3_VERSION);
    connect(server, common_world().trust, box);
    return box->take();
}

}  // namespace

TEST_CASE("all but the first of a hundred connections in a row are resumed, with TLS 1.2 and 1.3") {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const ticket_server server(version);
        const auto box = std::make_shared<session_box>();
        int resumed = 0;
        for (int i = 0; i < 100; ++i) {
            const outcome one = connect(server, common_world().trust, box);
            CHECK(one.established);
            resumed += one.resumed ? 1 : 0;
        }
        CHECK(resumed == 99);
    }
}

TEST_CASE("a server that ends without close_notify is come back to in the same way") {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        auto options = common_world().serves();
        options.tickets = 1;
        const ticket_server server(version, options);
        const auto box = std::make_shared<session_box>();
        int resumed = 0;
        for (int i = 0; i < 20; ++i)
            resumed += connect(server, common_world().trust, box, false).resumed ? 1 : 0;
        CHECK(resumed == 19);
    }
}

TEST_CASE("without a box nothing is kept or offered, and neither with resumption(false)") {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const ticket_server server(version);
        for (int i = 0; i < 3; ++i) CHECK(!connect(server, common_world().trust, nullptr).offered);
        const auto off = tls_context(common_world().trust).resumption(false);
        const auto box = std::make_shared<session_box>();
        for (int i = 0; i < 3; ++i) CHECK(!connect(server, off, box).offered);
        if (version == TLS1_3_VERSION) CHECK(box->size() == 0);
    }
}

TEST_CASE("a ticket is used once, and the latest first") {
    const ticket_server server(TLS1_3_VERSION);
    const auto box = std::make_shared<session_box>();
    connect(server, common_world().trust, box);
    REQUIRE(box->size() == 2);  // as many as the server sent
    const auto one = box->take();
    const auto other = box->take();
    CHECK(one.get() != other.get());
    CHECK(box->take() == nullptr);
}

TEST_CASE("a server that has forgotten the key of its tickets gets a whole handshake, with verification") {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const auto box = std::make_shared<session_box>();
        connect(ticket_server(version), common_world().trust, box);
        const outcome again = connect(ticket_server(version), common_world().trust, box);
        CHECK(again.established);
        CHECK(again.offered);
        CHECK(!again.resumed);
        const auto size = box->size();
        auto options = common_world().serves();
        options.chain = {issue({.names = {"DNS:b.test"}}, &common_world().root)};
        CHECK(!connect(ticket_server(version, options), common_world().trust, box).established);
        CHECK(box->size() < size);
    }
}

TEST_CASE("a session is not offered after the certificate that it rests on has expired") {
    auto options = common_world().serves();
    options.chain = {issue({.names = {"DNS:a.test"}, .from_days = -3, .to_days = -1}, &common_world().root)};
    const auto anybody = tls_context::insecure();
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const ticket_server server(version, options);
        const auto box = std::make_shared<session_box>();
        CHECK(connect(server, anybody, box).established);
        CHECK(box->size() > 0);
        CHECK(!connect(server, anybody, box).offered);
    }
}

TEST_CASE("a session is not offered a day after it began, or when the server says that it is old") {
    const auto aged = [](long seconds) {
        session_box box;
        auto session = fresh_session();
        REQUIRE(session);
        SSL_SESSION_set_time(session.get(), SSL_SESSION_get_time(session.get()) - seconds);
        box.put(std::move(session));
        return box.take() != nullptr;
    };
    CHECK(aged(0));
    CHECK(aged(60));
    CHECK(!aged(2 * 60 * 60 + 60));  // OpenSSL's servers say two hours
    CHECK(!aged(25 * 60 * 60));
}

TEST_CASE("pins hold for what is resumed: the session is of the same context, which has seen the pin") {
    const ticket_server server(TLS1_3_VERSION);
    const auto box = std::make_shared<session_box>();
    const auto pinned =
        tls_context(common_world().trust).pin_spki("sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    CHECK(!connect(server, pinned, box).established);
    CHECK(box->size() == 0);  // who was refused leaves nothing
}

TEST_CASE("a client that shows a certificate is resumed, too") {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const auto root = make_root("Client Root");
        const auto leaf = issue({.common_name = "client"}, &root);
        auto options = common_world().serves();
        options.client_ca = root.certificate;
        const ticket_server server(version, options);
        const auto who =
            tls_context(common_world().trust).client_certificate_pem(to_pem(leaf), key_to_pem(leaf));
        const auto box = std::make_shared<session_box>();
        CHECK(!connect(server, who, box).resumed);
        CHECK(connect(server, who, box).resumed);
    }
}

TEST_CASE("a box holds so many sessions and no more, the latest") {
    session_box box;
    for (std::size_t i = 0; i < session_box::most_sessions + 10; ++i) box.put(fresh_session());
    CHECK(box.size() == session_box::most_sessions);
    box.put(nullptr);
    CHECK(box.size() == session_box::most_sessions);
}

TEST_CASE("a ticket that is very large is not kept") {
    const auto stuff = [](SSL* ssl, void*) {
        static const std::string data(session_box::most_ticket_bytes, 'x');
        return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), data.data(), data.size());
    };
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const ticket_server server(version);
        const auto box = std::make_shared<session_box>();
        SSL_CTX_set_session_ticket_cb(server.context.get(), stuff, nullptr, nullptr);
        CHECK(connect(server, common_world().trust, box).established);
        CHECK(box->size() == 0);
    }
}

TEST_CASE("a cache has a box for each key, and forgets the one that was not asked for longest") {
    session_cache cache;
    const auto first = cache.at("first");
    CHECK(cache.at("first") == first);
    CHECK(cache.at("second") != first);
    for (std::size_t i = 0; i < session_cache::most_peers - 2; ++i) cache.at(std::to_string(i));
    CHECK(cache.at("first") == first);
    cache.at("one more");
    CHECK(cache.at("first") == first);
    for (std::size_t i = 0; i < session_cache::most_peers; ++i) cache.at("x" + std::to_string(i));
    CHECK(cache.at("first") != first);
}

TEST_CASE("of very many sessions, those go whose peers were not asked for longest") {
    session_cache cache;
    const auto one = fresh_session();
    const auto fill = [&](const std::string& key) {
        const auto box = cache.at(key);
        while (box->size() < session_box::most_sessions) {
            SSL_SESSION_up_ref(one.get());
            box->put(owned<SSL_SESSION>(one.get()));
        }
        return box;
    };
    const auto first = fill("first");
    const auto second = fill("second");
    constexpr auto boxes = session_cache::most_sessions / session_box::most_sessions;
    const auto third = fill("third");
    for (std::size_t i = 3; i < boxes; ++i) fill(std::to_string(i));
    CHECK(cache.at("first") == first);
    fill("one more");
    CHECK(cache.at("first") == first);
    CHECK(first->size() == session_box::most_sessions);
    CHECK(second->size() == 0);
    CHECK(cache.at("second") != second);
    while (first->take()) {}
    fill("another");
    CHECK(cache.at("first") == first);
    CHECK(third->size() == session_box::most_sessions);  // there was room again
}

TEST_CASE("early data is never offered, not even where the server would take it") {
    auto options = common_world().serves();
    options.min_version = TLS1_3_VERSION;
    const auto context = make_server_context(options);
    SSL_CTX_set_max_early_data(context.get(), 16384);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_ANTI_REPLAY);  // takes tickets as in the other tests
    const auto box = std::make_shared<session_box>();
    for (int i = 0; i < 3; ++i) {
        tls_server server(context, options);
        engine_client client(common_world().trust, "a.test", box);
        converse(client, server);
        CHECK(server.resumed() == (i > 0));
        CHECK(!server.early_data_offered());
        client.engine.shutdown();
    }
}
