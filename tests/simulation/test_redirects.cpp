// Redirects through the public API, over the simulated network, with TLS where the URL says so: the corpus of
// redirects, and a chain with cookies and a fault at each wait.
#include "corpus.hpp"
#include "https_server.hpp"

#include <chrono>
#include <map>
#include <set>
#include <vector>

using namespace simulation;
using namespace std::chrono_literals;
using nlohmann::json;
using skein::invalid_url;
using skein::url;

namespace {

// ---- the corpus

/// Where a row stands: what its servers saw.
struct stage {
    const json& row;
    std::size_t next_hop = 0;
    std::vector<std::string> seen = {};
};

std::string response_of(stage& at) {
    const auto& hops = at.row.at("hops");
    // Of a loop, a row has one round.
    if (at.next_hop == hops.size() && at.row.at("expect").value("error", "") == "too_many_redirects")
        at.next_hop = 0;
    if (at.next_hop == hops.size()) return response("here");
    const json& hop = hops.at(at.next_hop++);
    std::string location = hop.at("location").get<std::string>();
    // As text in the corpus: a "|" ends one field, and \r\n are meant as bytes.
    const auto replace = [&](const std::string& what, const std::string& instead) {
        for (std::size_t found = 0; (found = location.find(what, found)) != location.npos;
             found += instead.size())
            location.replace(found, what.size(), instead);
    };
    replace("|", "\r\n");
    replace("\\r\\n", "\r\n ");
    return "HTTP/1.1 " + std::to_string(hop.at("status").get<int>()) + " See\r\nLocation: " + location +
           "\r\nContent-Length: 0\r\n\r\n";
}

/// Serves every origin of the row, all with one stage.
void serve(stage& at) {
    const auto listen = [&at](const url& where) {
        const std::string name(where.host());
        const bool secure = where.is_secure();
        const auto serve_one = [&at, name, secure](server_stream& client) -> task<> {
            web_stream web(client, secure ? name : std::string());
            const auto delay =
                std::chrono::milliseconds(at.row.at("request").at("options").value("hop_delay_ms", 0));
            for (;;) {
                at.seen.push_back(co_await web.request());
                co_await skein::sleep(delay);
                co_await web.respond(response_of(at));
            }
        };
        this_network().listen(name, where.port(), serve_one);
    };
    std::set<std::string> origins;
    url here(at.row.at("request").at("url").get<std::string>());
    for (std::size_t i = 0;; ++i) {
        if (origins.insert(here.origin()).second) listen(here);
        if (i == at.row.at("hops").size()) break;
        const auto there = url::try_parse(at.row.at("hops").at(i).at("location").get<std::string>(), here);
        if (there && (there->scheme() == "http" || there->scheme() == "https")) here = *there;
    }
}

skein::client_request request_of(client_session& session, const json& asked) {
    auto request = session.request(asked.at("method").get<std::string>(), asked.at("url").get<std::string>());
    for (const auto& [name, value] : asked.at("headers").items()) {
        if (value.is_string()) request.header(name, value.get<std::string>());
        if (value.is_array())
            for (const auto& one : value) request.header(name, one.get<std::string>());
    }
    if (asked.at("body").is_string()) request.body(asked.at("body").get<std::string>());
    const json& options = asked.at("options");
    request.allow_downgrade(options.value("allow_downgrade", false));
    if (options.contains("max_redirects")) request.max_redirects(options.at("max_redirects").get<int>());
    if (options.contains("total_timeout_ms"))
        request.timeout(std::chrono::milliseconds(options.at("total_timeout_ms").get<int>()));
    return request;
}

/// The corpus' word for how a row ended.
struct result {
    std::string error = {};  // empty: well
    int status = 0;
    std::string url = {};
};

task<result> send_row(const json& row, stage& at) {
    serve(at);
    session_options options;
    options.tls = trusting_tests();
    client_session session(options);
    const pool_check check(session);
    auto request = request_of(session, row.at("request"));
    result ended;
    try {
        auto got = co_await std::move(request);
        ended.status = got.status();
        ended.url = got.url().str();
        const auto text = co_await got.text();
        if (ended.status == 200) CHECK(text == "here");
        CHECK(got.history().size() == at.seen.size() - 1);
        CHECK(got.report().redirects == got.history().size());
    } catch (const skein::too_many_redirects&) {
        ended.error = "too_many_redirects";
    } catch (const skein::timeout_error&) {
        ended.error = "timeout";
    } catch (const invalid_url& e) {
        CHECK(e.report() != nullptr);
        ended.error = "redirect_url";
    } catch (const skein::protocol_error&) {
        ended.error = "protocol";
    }
    co_return ended;
}

void check_last_request(const json& expected, const std::string& last) {
    if (expected.contains("final_method"))
        CHECK(last.substr(0, last.find(' ')) == expected.at("final_method").get<std::string>());
    if (expected.contains("body_kept"))
        CHECK(!last.ends_with("\r\n\r\n") == expected.at("body_kept").get<bool>());
    for (const auto& name : expected.value("dropped", json::array())) {
        CAPTURE(name);
        CHECK(field_of(last, name.get<std::string>()).empty());
    }
    for (const auto& name : expected.value("kept", json::array())) {
        CAPTURE(name);
        CHECK_FALSE(field_of(last, name.get<std::string>()).empty());
    }
}

void check_row(const json& row, const result& ended, const stage& at) {
    const json& expected = row.at("expect");
    if (expected.at("result") == "error_or_encoded") {
        for (const auto& request : at.seen) CHECK(field_of(request, "X").empty());
        return;
    }
    std::string error = expected.value("error", "");
    if (error == "redirect_scheme") error = "redirect_url";  // one class of error for both
    CHECK(ended.error == error);
    if (!error.empty()) return;
    if (expected.contains("final_status")) CHECK(ended.status == expected.at("final_status").get<int>());
    // Credentials in a Location are not used. The fragment is named by the rows that are about it.
    const url target = url(expected.at("final_url").get<std::string>()).without_credentials();
    const url found(ended.url);
    CHECK((target.fragment().empty() ? found.without_fragment() : found) == target);
    check_last_request(expected, at.seen.back());
}

/// Why a row cannot be said in this API; empty if it can.
std::string reason_to_skip(const json& row) {
    if (row.at("request").at("body") == "<stream>") return "needs a body that cannot be sent again";
    return "";
}

}  // namespace

TEST_CASE("every row of the redirect corpus, as a program sees it and as its servers do") {
    const json rows = corpus::load("redirects.json");
    std::map<std::string, int> skipped;
    int played = 0;
    for (const auto& row : rows) {
        const std::string id = row.at("id");
        CAPTURE(id);
        if (const auto why = reason_to_skip(row); !why.empty()) {
            ++skipped[why];
            continue;
        }
        stage at{row};
        result ended;
        skein::testing::run([&]() -> task<> { ended = co_await send_row(row, at); });
        check_row(row, ended, at);
        ++played;
    }
    MESSAGE("redirect corpus over the network: " << played << " of " << rows.size() << " rows");
    for (const auto& [why, count] : skipped) MESSAGE("skipped: " << count << " rows: " << why);
    CHECK(played >= 41);
}

// ---- beyond the corpus

namespace {

struct answer_rule {
    const char* status_and_fields;
    bool is_followed;
};

}  // namespace

TEST_CASE("what is a redirect, on the wire") {
    const std::vector<answer_rule> rules = {
        {"200 OK\r\nLocation: /n\r\n", false},           {"201 Created\r\nLocation: /n\r\n", false},
        {"300 Choices\r\nLocation: /n\r\n", false},      {"301 Moved\r\n", false},
        {"301 Moved\r\nLocation: /n\r\n", true},         {"302 Found\r\nURI: /n\r\n", false},
        {"304 Not\r\nLocation: /n\r\n", false},          {"305 Proxy\r\nLocation: /n\r\n", false},
        {"306 Unused\r\nLocation: /n\r\n", false},       {"307 Temporary\r\nlocation: /n\r\n", true},
        {"308 Permanent\r\nLocation:   /n  \r\n", true}, {"399 What\r\nLocation: /n\r\n", false},
        {"401 Who\r\nLocation: /n\r\n", false},
    };
    for (const auto& rule : rules) {
        CAPTURE(rule.status_and_fields);
        skein::testing::run([&]() -> task<> {
            const auto serve_one = [&](server_stream& client) -> task<> {
                co_await client.read_until("\r\n\r\n");
                co_await client.write(std::string("HTTP/1.1 ") + rule.status_and_fields +
                                      "Content-Length: 0\r\n\r\n");
                co_await client.read_until("\r\n\r\n");
                co_await client.write(response("here"));
            };
            this_network().listen("a.test", 80, serve_one);
            client_session session;
            auto got = co_await session.get("http://a.test/");
            CHECK((got.url().path() == "/n") == rule.is_followed);
            CHECK(got.history().size() == (rule.is_followed ? 1 : 0));
        });
    }
}

TEST_CASE("a redirect chain over three hosts with cookies and a body, and a fault at each wait") {
    sweep("redirect chain", []() -> task<> {
        this_network().set_link(slow_link());
        const auto serve_first = [](server_stream& client) -> task<> {
            web_stream web(client, "");
            for (;;) {
                const auto request = co_await web.request();
                const bool logs_in = request.starts_with("POST /login");
                CHECK((logs_in || field_of(request, "Cookie") == "id=1; own=x"));
                CHECK(request.ends_with("\r\n\r\nname=me"));
                const std::string to = logs_in ? "/step" : "http://b.test/";
                std::string answer = "HTTP/1.1 307 See\r\nLocation: " + to + "\r\nContent-Length: 5\r\n";
                if (logs_in) answer += "Set-Cookie: id=1\r\n";
                co_await web.respond(answer + "\r\nover!");
            }
        };
        const auto serve_second = [](server_stream& client) -> task<> {
            web_stream web(client, "");
            for (;;) {
                const auto request = co_await web.request();
                CHECK(field_of(request, "Cookie").empty());
                CHECK(field_of(request, "X-Key").empty());
                CHECK(request.ends_with("\r\n\r\nname=me"));
                co_await web.respond(
                    "HTTP/1.1 303 See\r\nLocation: http://a.test:81/end\r\nContent-Length: 0\r\n\r\n");
            }
        };
        const auto serve_third = [](server_stream& client) -> task<> {
            web_stream web(client, "");
            for (;;) {
                const auto request = co_await web.request();
                CHECK(request.starts_with("GET /end HTTP/1.1\r\n"));
                CHECK(field_of(request, "Cookie") == "id=1");  // cookies know no ports
                CHECK(request.ends_with("\r\n\r\n"));
                co_await web.respond(response("here"));
            }
        };
        this_network().listen("a.test", 80, serve_first);
        this_network().listen("b.test", 80, serve_second);
        this_network().listen("a.test", 81, serve_third);
        client_session session;
        const pool_check check(session);
        auto request =
            session.post("http://a.test/login").body("name=me").cookie("own", "x").header("X-Key", "k");
        auto got = co_await std::move(request);
        const auto text = co_await got.text();
        CHECK(text == "here");
        CHECK(got.history().size() == 3);
        if (untouched) CHECK(this_network().made_connections() == 3);
    });
}
