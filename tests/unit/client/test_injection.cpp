// The injection corpus through the public interface: what could split a request, or have it read in two ways,
// is refused before a byte is written, or escaped. The encoder has a test of its own (tests/unit/http1).
#include "corpus.hpp"
#include "request_bodies.hpp"
#include "virtual_loop.hpp"

#include <skein/client_session.hpp>
#include <skein/error.hpp>

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <string>

using namespace skein;
using nlohmann::json;

namespace {

struct attempt {
    client_session& session;
    std::string text;
    std::string field;  // of a framing_header

    client_request get() const { return session.get("http://h/"); }
    client_request post() const { return session.post("http://h/"); }
    client_request with_part(multipart::part part) const {
        return post().multipart(multipart().add(std::move(part)));
    }
    multipart::part part() const { return multipart::part("n", std::string("v")); }
};

using setter = client_request (*)(const attempt&);

const std::map<std::string, setter>& setters() {
    static const std::map<std::string, setter> all = {
        {"method", [](const attempt& a) { return a.session.request(a.text, "http://h/"); }},
        {"target", [](const attempt& a) { return a.session.get("http://h" + a.text); }},
        {"header_name", [](const attempt& a) { return a.get().header(a.text, "v"); }},
        {"header_value", [](const attempt& a) { return a.get().header("X", a.text); }},
        {"proxy_header", [](const attempt& a) { return a.get().header("X", a.text); }},
        {"host_override", [](const attempt& a) { return a.get().header("Host", a.text); }},
        {"user_agent", [](const attempt& a) { return a.get().header("User-Agent", a.text); }},
        {"range_header", [](const attempt& a) { return a.get().header("Range", a.text); }},
        {"upgrade", [](const attempt& a) { return a.get().header("Upgrade", a.text); }},
        {"ws_subprotocol", [](const attempt& a) { return a.get().header("Sec-WebSocket-Protocol", a.text); }},
        {"framing_header", [](const attempt& a) { return a.get().header(a.field, a.text); }},
        {"cookie_name", [](const attempt& a) { return a.get().cookie(a.text, "v"); }},
        {"cookie_value", [](const attempt& a) { return a.get().cookie("n", a.text); }},
        {"basic_user", [](const attempt& a) { return a.get().basic_auth(a.text, "p"); }},
        {"basic_password", [](const attempt& a) { return a.get().basic_auth("u", a.text); }},
        {"bearer_token", [](const attempt& a) { return a.get().bearer(a.text); }},
        {"trailer_value", [](const attempt& a) { return a.post().body("b").trailer("X", a.text); }},
        {"multipart_field_name",
         [](const attempt& a) { return a.post().multipart(multipart().text(a.text, "v")); }},
        {"multipart_filename", [](const attempt& a) { return a.with_part(a.part().filename(a.text)); }},
        {"multipart_content_type",
         [](const attempt& a) { return a.with_part(a.part().content_type(a.text)); }},
        {"multipart_part_header", [](const attempt& a) { return a.with_part(a.part().header("X", a.text)); }},
        {"boundary", [](const attempt& a) { return a.post().multipart(multipart().boundary(a.text)); }},
    };
    return all;
}

const std::map<std::string, std::string> unsayable = {
    {"http_version", "the version of a request cannot be chosen"},
    {"digest_realm_echo", "a challenge is the server's to say: test_setters.cpp"},
};

/// What reached the server; nothing if it was refused.
std::optional<test::received_request> send(const json& row) {
    std::optional<test::received_request> got;
    std::size_t connections = 0;
    const auto serve = [&](testing::server_stream& client) -> task<> {
        got = co_await test::take_request(client);
        co_await client.write("HTTP/1.1 204 No Content\r\n\r\n");
    };
    const auto body = [&]() -> task<> {
        testing::this_network().listen("h", 80, serve);
        client_session session;
        const attempt a{session, corpus::from_latin1(row.at("value_latin1").get<std::string>()),
                        row.value("name", "")};
        try {
            auto request = setters().at(row.at("api").get<std::string>())(a);
            (void)co_await std::move(request);
        } catch (const std::invalid_argument&) {
            CHECK_FALSE(got);
        } catch (const invalid_url&) {
            CHECK_FALSE(got);
        }
        connections = testing::this_network().made_connections();
    };
    tests::run_virtual(body);
    CHECK(connections <= 1);
    return got;
}

std::string first_line(const test::received_request& got) {
    return got.head.substr(0, got.head.find("\r\n"));
}

/// The target that a row about one must give.
std::string expected_target(const std::string& expect, const std::string& text) {
    if (expect == "fragment not sent") return text.substr(0, text.find('#'));
    if (expect != "percent_encode") return text;
    std::string out;
    for (const char c : text) {
        constexpr std::string_view digits = "0123456789ABCDEF";
        const auto byte = static_cast<unsigned char>(c);
        if (byte > 0x20 && byte < 0x7f)
            out += c;
        else
            out.append({'%', digits[byte >> 4], digits[byte & 15]});
    }
    return out;
}

void check_sent(const json& row, const test::received_request& got) {
    const std::string api = row.at("api");
    const std::string expect = row.at("expect");
    std::string text = corpus::from_latin1(row.at("value_latin1").get<std::string>());
    if (api == "method") {
        CHECK(first_line(got) == text + " / HTTP/1.1");
    } else if (api == "target") {
        // URLs are UTF-8: bytes that are none, such as a lone 0xE9, are not what the row means.
        CHECK(first_line(got) == "GET " + expected_target(expect, text) + " HTTP/1.1");
    } else if (expect == "percent_encode") {
        const auto parts = test::parse_multipart(test::value_of(got.head, "Content-Type"), got.body);
        REQUIRE(parts.size() == 1);
        CHECK(parts[0].disposition().find("%0D") != std::string::npos);
        CHECK(parts[0].head.find("\r\nX: ") == std::string::npos);
        CHECK(parts[0].content == "v");
    } else {
        while (!text.empty() && text.front() == ' ') text.erase(0, 1);
        CHECK(test::value_of(got.head, "X") == text);
    }
}

}  // namespace

TEST_CASE("every row of the injection corpus that can be said is refused, escaped, or sent as it should be") {
    const json rows = corpus::load("request_injection.json");
    int played = 0;
    std::map<std::string, int> skipped;
    for (const auto& row : rows) {
        const std::string id = row.at("id");
        const std::string api = row.at("api");
        CAPTURE(id);
        if (const auto why = unsayable.find(api); why != unsayable.end()) {
            ++skipped[why->second];
            continue;
        }
        const auto got = send(row);
        const bool must_refuse = row.at("expect").get<std::string>().starts_with("reject") ||
                                 row.at("expect") == "ok only with chunked";
        CHECK(got.has_value() != must_refuse);
        if (got && !must_refuse) check_sent(row, *got);
        ++played;
    }
    MESSAGE("injection corpus, public interface: " << played << " of " << rows.size() << " rows");
    for (const auto& [why, count] : skipped) MESSAGE("skipped: " << count << " rows: " << why);
}
