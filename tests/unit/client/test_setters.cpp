// What a program hands in never splits a request: every setter with the bytes that could is refused before a
// byte is sent, or encodes them. The injection corpus has a test of its own.
#include "corpus.hpp"

#include <skein/skein.hpp>
#include <skein/testing.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <stdexcept>
#include <string>

using namespace skein;
using nlohmann::json;
using testing::server_stream;
using testing::this_network;

namespace {

using make_request = std::function<client_request(client_session&)>;

/// What came of a request.
struct wire_result {
    std::string sent = {};  ///< all bytes that a server got
    bool refused = false;   ///< by a setter, or when it was awaited
    int status = 0;
};

wire_result send(const make_request& make,
                 const std::string& answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") {
    wire_result result;
    testing::run([&]() -> task<> {
        const auto serve = [&](server_stream& client) -> task<> {
            for (std::string piece; !(piece = co_await client.read()).empty();) {
                result.sent += piece;
                co_await client.write(answer);
            }
        };
        this_network().listen("h.test", 80, serve);
        client_session session;
        try {
            auto request = make(session);
            auto got = co_await std::move(request);
            result.status = got.status();
        } catch (const std::invalid_argument&) {
            result.refused = true;
        } catch (const invalid_url&) {
            result.refused = true;
        } catch (const error&) {
            result.status = -1;
        }
        CHECK(session.stats().open == session.stats().idle);
    });
    if (result.refused) CHECK(result.sent.empty());
    return result;
}

const std::string home = "http://h.test/";

/// A row about a challenge: nothing of it may come back in a request.
void check_echo(const std::string& text) {
    const auto got = send([](client_session& s) { return s.get(home).digest_auth("u", "p"); },
                          "HTTP/1.1 401 Who\r\nContent-Length: 0\r\nWWW-Authenticate: Digest realm=\"" +
                              text + "\", nonce=\"n\", qop=\"auth\"\r\n\r\n");
    CHECK(got.status != 200);
    CHECK(got.sent.find("Authorization") == got.sent.npos);
}

}  // namespace

TEST_CASE("nothing of a challenge that could split a request comes back in one") {
    int played = 0;
    for (const auto& row : corpus::load("request_injection.json")) {
        if (row.at("api") != "digest_realm_echo") continue;
        CAPTURE(row.at("id").get<std::string>());
        check_echo(corpus::from_latin1(row.at("value_latin1").get<std::string>()));
        ++played;
    }
    CHECK(played != 0);
}

TEST_CASE("every setter with CR, LF, NUL and DEL, alone and with a header behind them") {
    using setter = std::function<client_request(client_session&, const std::string&)>;
    struct row {
        const char* name;
        bool encodes;
        setter set;
    };
    const auto get = [](client_session& s) { return s.get(home); };
    const std::vector<row> setters = {
        {"method", false, [](auto& s, auto& t) { return s.request("G" + t, home); }},
        {"URL", false, [](auto& s, auto& t) { return s.get("http://h.test/" + t); }},
        {"host", false, [](auto& s, auto& t) { return s.get("http://h.test" + t + "/"); }},
        {"header name", false, [&](auto& s, auto& t) { return get(s).header("X" + t, "v"); }},
        {"header value", false, [&](auto& s, auto& t) { return get(s).header("X", "v" + t + "w"); }},
        {"Host", false, [&](auto& s, auto& t) { return get(s).header("Host", "h" + t + "h"); }},
        {"param name", true, [&](auto& s, auto& t) { return get(s).param("n" + t, "v"); }},
        {"param value", true, [&](auto& s, auto& t) { return get(s).param("n", "v" + t); }},
        {"cookie name", false, [&](auto& s, auto& t) { return get(s).cookie("n" + t, "v"); }},
        {"cookie value", false, [&](auto& s, auto& t) { return get(s).cookie("n", "v" + t + "w"); }},
        {"basic user", false, [&](auto& s, auto& t) { return get(s).basic_auth("u" + t, "p"); }},
        {"basic password", false, [&](auto& s, auto& t) { return get(s).basic_auth("u", "p" + t); }},
        {"digest user", false, [&](auto& s, auto& t) { return get(s).digest_auth("u" + t, "p"); }},
        {"digest password", false, [&](auto& s, auto& t) { return get(s).digest_auth("u", "p" + t); }},
        {"bearer", false, [&](auto& s, auto& t) { return get(s).bearer("t" + t + "u"); }},
    };
    for (const auto& one : setters)
        for (const std::string byte : {"\r", "\n", "\r\n", "\x7f", "0"})
            for (const std::string behind : {"", "X-Evil: y", "\r\n\r\nGET /evil HTTP/1.1"}) {
                const std::string text = (byte == "0" ? std::string(1, '\0') : byte) + behind;
                CAPTURE(one.name);
                CAPTURE(text);
                const auto got = send([&](client_session& s) { return one.set(s, text); });
                // In a path, what is no line break is encoded.
                const bool path = std::string(one.name) == "URL" && text.find_first_of("\r\n") == text.npos;
                CHECK(got.refused == (!one.encodes && !path));
                CHECK(got.sent.find("\r\nX-Evil") == got.sent.npos);
                CHECK(got.sent.find("\nGET /evil") == got.sent.npos);
            }
}

TEST_CASE("credentials of a URL are decoded, and refused if Basic cannot say them") {
    for (const char* user : {"u%0d%0aX:p", "u:p%0a", "%00:p", "a%3Ab:p", "u:%7f"}) {
        CAPTURE(user);
        const auto got =
            send([&](client_session& s) { return s.get("http://" + std::string(user) + "@h.test/"); });
        CHECK(got.refused);
    }
    const auto got = send([](client_session& s) { return s.get("http://u:a%3Ab@h.test/"); });
    CHECK(got.sent.find("Authorization: Basic dTphOmI=\r\n") != got.sent.npos);  // u:a:b
}

TEST_CASE("Basic: UTF-8, an empty password, an empty user, a colon in the password") {
    const auto sent = [](const char* user, const char* password) {
        const auto got = send([&](client_session& s) { return s.get(home).basic_auth(user, password); });
        const auto from = got.sent.find("Basic ") + 6;
        return corpus::from_base64(got.sent.substr(from, got.sent.find("\r\n", from) - from));
    };
    CHECK(sent("test", "123\xc2\xa3") == "test:123\xc2\xa3");  // RFC 7617, section 2.1
    CHECK(sent("user", "") == "user:");
    CHECK(sent("", "pass") == ":pass");
    CHECK(sent("u", "a:b:") == "u:a:b:");
    CHECK(send([](client_session& s) { return s.get(home).basic_auth("a:b", "c"); }).refused);
    CHECK(send([](client_session& s) { return s.get(home).digest_auth("a:b", "c"); }).status == 200);
}

TEST_CASE("a url asks for what its text asks for, by every method") {
    client_session session;
    const url to("http://user:pw@h.test/a?b=c#d");
    const std::string_view text = to.str();
    CHECK(session.get(to).to_curl(true) == session.get(text).to_curl(true));
    CHECK(session.head(to).to_curl(true) == session.head(text).to_curl(true));
    CHECK(session.post(to).to_curl(true) == session.post(text).to_curl(true));
    CHECK(session.put(to).to_curl(true) == session.put(text).to_curl(true));
    CHECK(session.patch(to).to_curl(true) == session.patch(text).to_curl(true));
    CHECK(session.del(to).to_curl(true) == session.del(text).to_curl(true));
    CHECK(session.options(to).to_curl(true) == session.options(text).to_curl(true));
    CHECK(session.request("X", to).to_curl(true) == session.request("X", text).to_curl(true));
}

TEST_CASE("session headers with such bytes cannot be made") {
    session_options options;
    CHECK_THROWS_AS(options.default_headers.append("X", "a\r\nY: z"), std::invalid_argument);
    options.base_url = "http://h.test/\r\nX: y";
    CHECK_THROWS_AS(client_session{options}, invalid_url);
}
