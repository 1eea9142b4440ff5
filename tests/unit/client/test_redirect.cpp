// The rules of redirects as pure logic: the redirect corpus, and what it does not ask.
#include "client/session/redirect.hpp"
#include "corpus.hpp"

#include <skein/error.hpp>

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

using namespace skein;
using client::request_state;
using http1::response_head;
using nlohmann::json;

namespace {

request_state request(std::string_view method, std::string_view target) {
    request_state made(nullptr, method, url(target));
    client::take_url_credentials(made);
    return made;
}

response_head redirect(int status, std::string_view location) {
    response_head head;
    head.status = status;
    head.fields.append("Location", location);
    return head;
}

// Follows one redirect; what it leads to.
request_state after(request_state from, int status, std::string_view location,
                    const session_options& session = {}) {
    const auto head = redirect(status, location);
    REQUIRE(client::is_redirect(head));
    client::follow_redirect(from, head, session);
    return from;
}

/// A body that was sent, and cannot be sent again.
struct spent final : skein::detail::body_origin {
    skein::task<std::unique_ptr<skein::detail::body_stream>> open() override {
        throw std::logic_error("opened again");
    }
    bool can_replay() const noexcept override { return false; }
};

// ---- the corpus

std::string reason_to_skip(const json& row) {
    const std::string error = row.at("expect").value("error", "");
    if (error == "too_many_redirects") return "hops are counted where requests are sent";
    if (error == "timeout") return "time is limited where requests are sent";
    return "";
}

request_state request_of(const json& row) {
    const json& asked = row.at("request");
    auto made = request(asked.at("method").get<std::string>(), asked.at("url").get<std::string>());
    for (const auto& [name, value] : asked.at("headers").items()) {
        if (value.is_string()) made.fields.append(name, value.get<std::string>());
        if (value.is_array())
            for (const auto& one : value) made.fields.append(name, one.get<std::string>());
    }
    if (asked.at("body") == "<stream>") {
        made.upload = std::make_unique<client::upload>();
        made.upload->origin = std::make_shared<spent>();
    } else if (asked.at("body").is_string())
        made.body = std::make_shared<const std::string>(asked.at("body").get<std::string>());
    made.allow_downgrade = asked.at("options").value("allow_downgrade", false);
    return made;
}

response_head response_of(const json& hop) {
    auto head = redirect(hop.at("status").get<int>(), "");
    head.fields.remove("Location");
    std::string text = hop.at("location").get<std::string>();
    // "|Location: " separates two fields.
    const std::string separator = "|Location: ";
    for (std::size_t at = 0; (at = text.find(separator)) != text.npos;) {
        head.fields.append("Location", text.substr(0, at));
        text.erase(0, at + separator.size());
    }
    head.fields.append("Location", text);
    return head;
}

void check_kept(const request_state& end, const json& expected) {
    for (const auto& name : expected.value("dropped", json::array())) {
        CAPTURE(name);
        CHECK_FALSE(end.fields.contains(name.get<std::string>()));
    }
    for (const auto& name : expected.value("kept", json::array())) {
        CAPTURE(name);
        CHECK(end.fields.contains(name.get<std::string>()));
    }
}

void play(const json& row) {
    auto state = request_of(row);
    const json& expected = row.at("expect");
    int status = 200;
    bool refused = false;
    try {
        for (const auto& hop : row.at("hops")) {
            const auto head = response_of(hop);
            if (!client::is_redirect(head)) {
                status = head.status;
                break;
            }
            client::follow_redirect(state, head, {});
        }
    } catch (const invalid_url&) {
        refused = true;
    } catch (const payload_error&) {
        refused = true;
        CHECK(expected.value("error", "") == "body_not_replayable");
    }
    if (expected.at("result") == "error_or_encoded") {
        CHECK(state.url.target().find_first_of("\r\n \"") == std::string_view::npos);
        return;
    }
    CHECK(refused == (expected.at("result") == "error"));
    if (refused) return;
    if (expected.contains("final_status")) CHECK(status == expected.at("final_status").get<int>());
    // The fragment is no part of the target: the rows that are about it name it, others leave it out.
    const url target = url(expected.at("final_url").get<std::string>()).without_credentials();
    CHECK((target.fragment().empty() ? state.url.without_fragment() : state.url) == target);
    if (expected.contains("final_method"))
        CHECK(state.method == expected.at("final_method").get<std::string>());
    if (expected.contains("body_kept")) CHECK(state.has_body() == expected.at("body_kept").get<bool>());
    check_kept(state, expected);
}

}  // namespace

TEST_CASE("every row of the redirect corpus that these rules decide") {
    const json rows = corpus::load("redirects.json");
    std::map<std::string, int> skipped;
    int played = 0;
    for (const auto& row : rows) {
        const std::string id = row.at("id");
        CAPTURE(id);
        const std::string why = reason_to_skip(row);
        if (!why.empty()) {
            ++skipped[why];
            continue;
        }
        play(row);
        ++played;
    }
    MESSAGE("redirect corpus: " << played << " of " << rows.size() << " rows");
    for (const auto& [why, count] : skipped) MESSAGE("skipped: " << count << " rows: " << why);
}

// ---- beyond the corpus

TEST_CASE("only 301, 302, 303, 307 and 308 with a Location are redirects") {
    for (int status = 200; status < 600; ++status) {
        const bool expected =
            status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
        CHECK(client::is_redirect(redirect(status, "/n")) == expected);
        response_head without;
        without.status = status;
        CHECK_FALSE(client::is_redirect(without));
    }
}

TEST_CASE("which methods stay, for each status") {
    struct row {
        const char* method;
        int status;
        const char* expected;
    };
    for (const row& r : {row{"HEAD", 301, "HEAD"}, row{"HEAD", 303, "HEAD"}, row{"GET", 303, "GET"},
                         row{"PATCH", 302, "PATCH"}, row{"PATCH", 303, "GET"}, row{"POST", 308, "POST"},
                         row{"post", 302, "post"}}) {
        CAPTURE(r.method);
        CAPTURE(r.status);
        CHECK(after(request(r.method, "http://a.test/"), r.status, "/n").method == r.expected);
    }
}

TEST_CASE("headers of a body go with it, and only then") {
    auto post = request("POST", "http://a.test/");
    post.body = std::make_shared<const std::string>("data");
    for (const char* name : {"Content-Type", "content-encoding", "Content-MD5", "Trailer", "X-Other"})
        post.fields.append(name, "x");
    auto copy = request("POST", "http://a.test/");
    copy.body = post.body;
    copy.fields = post.fields;
    const auto kept = after(std::move(copy), 307, "/n");
    CHECK(kept.fields.contains("Content-Type"));
    CHECK(kept.body == post.body);  // not a copy
    const auto dropped = after(std::move(post), 302, "/n");
    for (const char* name : {"Content-Type", "Content-Encoding", "Content-MD5", "Trailer"}) {
        CAPTURE(name);
        CHECK_FALSE(dropped.fields.contains(name));
    }
    CHECK(dropped.fields.contains("X-Other"));
}

TEST_CASE("which change of URL is a change of origin") {
    const auto keeps = [](std::string_view from, std::string_view to) {
        auto r = request("GET", from);
        r.allow_downgrade = true;
        r.fields.append("Authorization", "secret");
        return after(std::move(r), 302, to).fields.contains("Authorization");
    };
    CHECK(keeps("http://a.test/", "/n"));
    CHECK(keeps("http://a.test/", "//a.test/n"));
    CHECK(keeps("http://a.test:8080/", "http://A.test:8080/n"));
    CHECK(keeps("http://a.test/", "https://a.test/n"));  // 80 to 443: the same site, with TLS
    CHECK_FALSE(keeps("http://a.test:8080/", "https://a.test:8443/n"));
    CHECK_FALSE(keeps("http://a.test/", "https://a.test:8443/n"));
    CHECK_FALSE(keeps("http://a.test:8080/", "https://a.test/n"));
    CHECK_FALSE(keeps("http://a.test/", "https://b.test/n"));
    CHECK_FALSE(keeps("https://a.test/", "http://a.test/n"));
    CHECK_FALSE(keeps("http://a.test/", "http://a.test:81/n"));
    CHECK_FALSE(keeps("http://a.test/", "http://www.a.test/n"));
    CHECK_FALSE(keeps("http://www.a.test/", "http://a.test/n"));
    CHECK_FALSE(keeps("http://127.0.0.1/", "http://localhost/n"));
    CHECK_FALSE(keeps("http://[::1]/", "http://127.0.0.1/n"));
}

TEST_CASE("what follows to another origin is harmless, or was marked") {
    auto r = request("GET", "http://a.test/");
    session_options session;
    session.redirect_safe_headers.emplace_back("x-session");
    r.rules = std::make_unique<client::header_rules>();
    r.rules->redirect_safe.emplace_back("X-REQUEST");
    const std::vector<std::string> kept = {"Accept",        "Accept-Language",   "User-Agent", "Range",
                                           "If-None-Match", "If-Modified-Since", "X-Session",  "X-Request"};
    const std::vector<std::string> dropped = {
        "Authorization", "Cookie",  "Cookie2", "Proxy-Authorization", "X-Api-Key",
        "Host",          "Referer", "Origin",  "WWW-Authenticate",    "X-Requested"};
    for (const auto& name : kept) r.fields.append(name, "x");
    for (const auto& name : dropped) r.fields.append(name, "x");
    const auto end = after(std::move(r), 302, "http://b.test/", session);
    for (const auto& name : kept) {
        CAPTURE(name);
        CHECK(end.fields.contains(name));
    }
    for (const auto& name : dropped) {
        CAPTURE(name);
        CHECK_FALSE(end.fields.contains(name));
    }
}

TEST_CASE("a tls_context of the request's own stays with its origin") {
    const auto with_context = [] {
        auto made = request("GET", "https://a.test/");
        made.choices = std::make_unique<client::connection_choices>();
        made.choices->tls = tls_context();
        return made;
    };
    const auto within = after(with_context(), 302, "/b");
    CHECK(within.choices->tls);
    for (const char* elsewhere : {"https://b.test/", "https://a.test:8443/"}) {
        const auto gone = after(with_context(), 302, elsewhere);
        CHECK(!gone.choices->tls);
    }
}

TEST_CASE("a Host header that the caller set names one hop only") {
    auto r = request("GET", "http://a.test/");
    r.fields.append("Host", "virtual.test");
    CHECK_FALSE(after(std::move(r), 302, "/n").fields.contains("Host"));
}

TEST_CASE("credentials in a Location are not used") {
    const auto end = after(request("GET", "http://a.test/"), 302, "http://user:pass@a.test/n");
    CHECK(end.url.str() == "http://a.test/n");
    CHECK_FALSE(end.fields.contains("Authorization"));
    const auto own = after(request("GET", "http://u:p@a.test/"), 302, "http://user:pass@a.test/n");
    CHECK(own.fields.get("Authorization") == "Basic dTpw");  // "u:p"
}

TEST_CASE("the fragment is inherited, by another origin too, unless the Location has its own") {
    // The examples of RFC 9110, section 10.2.2.
    const auto end = [](std::string_view location) {
        return after(request("GET", "http://www.example.org/index.html#larry"), 301, location).url.str();
    };
    CHECK(end("http://www.example.net/index.html") == "http://www.example.net/index.html#larry");
    CHECK(end("/People.html#tim") == "http://www.example.org/People.html#tim");
    CHECK(end("/People.html#") == "http://www.example.org/People.html#");  // an empty one is one
}

TEST_CASE("a Location without a host is refused") {
    for (const char* location :
         {"http:///x", "http://", "//", "///x", "//?q", "//#f", "http:\\\\\\x", "https://"}) {
        CAPTURE(location);
        auto r = request("GET", "http://a.test/");
        CHECK_THROWS_AS(client::follow_redirect(r, redirect(302, location), {}), invalid_url);
    }
    CHECK(after(request("GET", "http://a.test/"), 302, "/a//b").url.str() == "http://a.test/a//b");
    CHECK(after(request("GET", "http://a.test/"), 302, "?u=http:///x").url.str() ==
          "http://a.test/?u=http:///x");
}

TEST_CASE("two Location fields that say the same are one") {
    auto head = redirect(302, "/n");
    head.fields.append("Location", "/n");
    auto r = request("GET", "http://a.test/");
    client::follow_redirect(r, head, {});
    CHECK(r.url.str() == "http://a.test/n");
}

TEST_CASE("a refused redirect says from where, to where, and how it could be allowed") {
    std::string what;
    try {
        (void)after(request("GET", "https://u:secret@a.test/"), 302, "http://a.test/n");
    } catch (const invalid_url& e) {
        what = e.what();
    }
    CHECK(what.find("https://") != what.npos);
    CHECK(what.find("http://a.test/n") != what.npos);
    CHECK(what.find("allow_downgrade") != what.npos);
    CHECK(what.find("secret") == what.npos);
}

TEST_CASE("a Location cannot bring bytes of its own into the next request") {
    for (const char* location : {"/n\r\nX: y", "/n\nX: y", "/n\tx", "/n\rX"}) {
        CAPTURE(location);
        auto r = request("GET", "http://a.test/");
        response_head head;
        head.status = 302;
        // Past what the parser and the headers would refuse: as if both had failed.
        try {
            head.fields.append("Location", location);
        } catch (const std::invalid_argument&) {
            continue;
        }
        CHECK_THROWS_AS(client::follow_redirect(r, head, {}), invalid_url);
    }
}

TEST_CASE("a middleware's detour is an origin of its own, on the way there and back") {
    const url mirror("https://mirror.test/");
    const auto led = [](request_state from, const url& asked, std::string_view location) {
        client::follow_redirect(from, asked, redirect(302, location), {});
        return from;
    };
    auto secret = [](std::string_view where) {
        auto made = request("GET", where);
        made.fields.append("Authorization", "Bearer secret");
        return made;
    };
    // What leads back was not said by who the secret is for.
    CHECK_FALSE(
        led(secret("https://api.test/"), mirror, "https://api.test/b").fields.contains("Authorization"));
    CHECK_FALSE(led(secret("https://api.test/"), mirror, "/b").fields.contains("Authorization"));
    CHECK(led(secret("https://api.test/"), url("https://api.test/a"), "/b").fields.contains("Authorization"));
    // TLS on either of the two is given up.
    CHECK_THROWS_AS(led(request("GET", "http://api.test/"), mirror, "http://mirror.test/"), invalid_url);
    CHECK_THROWS_AS(led(request("GET", "https://api.test/"), url("http://mirror.test/"), "/b"), invalid_url);
}
