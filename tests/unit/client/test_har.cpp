// HTTP Archives against the field list of HAR 1.2: every field that must be there is, nothing else is, and of
// the right type; and what is in them.
#include <skein/skein.hpp>
#include <skein/testing_doctest.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <map>
#include <string>
#include <vector>

using namespace skein;
using namespace std::chrono_literals;
using nlohmann::json;
using skein::testing::scripted_server;
using skein::testing::this_network;

namespace {

using type = json::value_t;

struct field {
    const char* name;
    bool required;
    std::vector<type> types;
};

const std::vector<type> text = {type::string};
const std::vector<type> number = {type::number_float, type::number_integer, type::number_unsigned};
const std::vector<type> list = {type::array};
const std::vector<type> object = {type::object};
const std::vector<type> boolean = {type::boolean};

/// The fields of each object of an archive, by the specification.
const std::map<std::string, std::vector<field>> fields_of = {
    {"log",
     {{"version", true, text},
      {"creator", true, object},
      {"browser", false, object},
      {"pages", false, list},
      {"entries", true, list},
      {"comment", false, text}}},
    {"creator", {{"name", true, text}, {"version", true, text}, {"comment", false, text}}},
    {"entry",
     {{"pageref", false, text},
      {"startedDateTime", true, text},
      {"time", true, number},
      {"request", true, object},
      {"response", true, object},
      {"cache", true, object},
      {"timings", true, object},
      {"serverIPAddress", false, text},
      {"connection", false, text},
      {"comment", false, text}}},
    {"request",
     {{"method", true, text},
      {"url", true, text},
      {"httpVersion", true, text},
      {"cookies", true, list},
      {"headers", true, list},
      {"queryString", true, list},
      {"postData", false, object},
      {"headersSize", true, number},
      {"bodySize", true, number},
      {"comment", false, text}}},
    {"response",
     {{"status", true, number},
      {"statusText", true, text},
      {"httpVersion", true, text},
      {"cookies", true, list},
      {"headers", true, list},
      {"content", true, object},
      {"redirectURL", true, text},
      {"headersSize", true, number},
      {"bodySize", true, number},
      {"comment", false, text}}},
    {"cookie",
     {{"name", true, text},
      {"value", true, text},
      {"path", false, text},
      {"domain", false, text},
      {"expires", false, text},
      {"httpOnly", false, boolean},
      {"secure", false, boolean},
      {"comment", false, text}}},
    {"pair", {{"name", true, text}, {"value", true, text}, {"comment", false, text}}},
    {"postData",
     {{"mimeType", true, text}, {"params", false, list}, {"text", false, text}, {"comment", false, text}}},
    {"content",
     {{"size", true, number},
      {"compression", false, number},
      {"mimeType", true, text},
      {"text", false, text},
      {"encoding", false, text},
      {"comment", false, text}}},
    {"timings",
     {{"blocked", false, number},
      {"dns", false, number},
      {"connect", false, number},
      {"send", true, number},
      {"wait", true, number},
      {"receive", true, number},
      {"ssl", false, number},
      {"comment", false, text}}},
};

void check_object(const json& value, const std::string& kind) {
    const auto& fields = fields_of.at(kind);
    for (const auto& one : fields) {
        INFO(kind << "." << one.name);
        if (one.required) CHECK(value.contains(one.name));
        if (value.contains(one.name))
            CHECK(std::count(one.types.begin(), one.types.end(), value[one.name].type()) == 1);
    }
    for (const auto& [name, ignored] : value.items()) {
        INFO(kind << "." << name << " is not in HAR 1.2");
        CHECK(std::any_of(fields.begin(), fields.end(), [&](const field& one) { return one.name == name; }));
    }
}

void check_all(const json& values, const std::string& kind) {
    for (const auto& one : values) check_object(one, kind);
}

/// Holds a whole archive against the specification; gives its entries.
json check_archive(const har_recorder& recorder) {
    const json archive = json::parse(recorder.log().dump());
    const json& log = archive.at("log");
    check_object(log, "log");
    CHECK(log["version"] == "1.2");
    check_object(log["creator"], "creator");
    for (const auto& entry : log["entries"]) {
        check_object(entry, "entry");
        check_object(entry["request"], "request");
        check_object(entry["response"], "response");
        check_object(entry["response"]["content"], "content");
        check_object(entry["timings"], "timings");
        check_all(entry["request"]["cookies"], "cookie");
        check_all(entry["response"]["cookies"], "cookie");
        check_all(entry["request"]["headers"], "pair");
        check_all(entry["response"]["headers"], "pair");
        check_all(entry["request"]["queryString"], "pair");
        if (entry["request"].contains("postData")) check_object(entry["request"]["postData"], "postData");
        double sum = 0;
        for (const char* part : {"blocked", "dns", "connect", "send", "wait", "receive"})
            if (entry["timings"][part] != -1) sum += entry["timings"][part].get<double>();
        CHECK(entry["time"] == sum);
    }
    return log["entries"];
}

std::string value_of(const json& pairs, std::string_view name) {
    for (const auto& one : pairs)
        if (one["name"] == name) return one["value"];
    return "none";
}

headers fields(std::string_view name, std::string_view value) {
    headers one;
    one.append(name, value);
    return one;
}

}  // namespace

SKEIN_TEST_CASE("a request with everything in it, as an archive") {
    skein::testing::link slow;
    slow.latency = 10ms;
    this_network().set_link(slow);
    this_network().add_name("api.test", {"10.0.0.1"}, 30ms);
    scripted_server server("10.0.0.1");
    headers answer = fields("Content-Type", "text/plain");
    answer.append("Set-Cookie", "id=secret1; Path=/; Domain=api.test; HttpOnly; Secure");
    server.expect("POST", "*").delay(1s).answer(201, "made", answer);
    har_recorder recorder;
    client_session session;
    auto response = co_await session.post("http://api.test/a")
                        .param("q", "x y&z")
                        .param("empty", "")
                        .cookie("own", "secret2")
                        .bearer("secret3")
                        .header("Content-Type", "text/x-test")
                        .header("X-Latin", "\xe9")
                        .body("data")
                        .trace(recorder);
    (void)co_await response.text();
    const json entries = check_archive(recorder);
    REQUIRE(entries.size() == 1);
    const json& request = entries[0]["request"];
    CHECK(request["method"] == "POST");
    CHECK(request["url"] == "http://api.test/a?q=x+y%26z&empty=");
    CHECK(value_of(request["queryString"], "q") == "x y&z");
    CHECK(value_of(request["queryString"], "empty") == "");
    CHECK(value_of(request["headers"], "Host") == "api.test");
    CHECK(value_of(request["headers"], "X-Latin") == "\xc3\xa9");
    CHECK(value_of(request["headers"], "Authorization") == "Bearer ***");
    CHECK(value_of(request["cookies"], "own") == "***");
    CHECK(request["postData"]["text"] == "data");
    CHECK(request["postData"]["mimeType"] == "text/x-test");
    CHECK(request["bodySize"] == 4);
    const json& got = entries[0]["response"];
    CHECK(got["status"] == 201);
    CHECK(got["httpVersion"] == "HTTP/1.1");
    CHECK(got["content"]["text"] == "made");
    CHECK(got["content"]["size"] == 4);
    CHECK(got["content"]["mimeType"] == "text/plain");
    CHECK(got["bodySize"] == 4);
    CHECK(got["cookies"][0]["name"] == "id");
    CHECK(got["cookies"][0]["value"] == "***");
    CHECK(got["cookies"][0]["path"] == "/");
    CHECK(got["cookies"][0]["domain"] == "api.test");
    CHECK(got["cookies"][0]["httpOnly"] == true);
    CHECK(got["cookies"][0]["secure"] == true);
    const json& timings = entries[0]["timings"];
    CHECK(timings["blocked"] == -1);
    CHECK(timings["dns"] == 30);
    CHECK(timings["connect"] == 20);
    CHECK(timings["wait"] == 1020);
    CHECK(timings["ssl"] == -1);
    CHECK(entries[0]["time"] == 1070);
    CHECK(entries[0]["serverIPAddress"] == "10.0.0.1");
    CHECK(recorder.log().dump().find("secret") == std::string::npos);
}

SKEIN_TEST_CASE("redirects, failures and responses that nobody reads are entries of their own") {
    scripted_server server("api.test");
    server.expect("GET", "/1").answer(302, "", fields("Location", "/2"));
    server.expect("GET", "/2").answer(200, "unread");
    server.expect("GET", "/3").reset();
    server.expect("GET", "/3").hang();
    har_recorder recorder;
    session_options options;
    options.trace = recorder;
    {
        client_session session(options);
        { auto unread = co_await session.get("http://api.test/1"); }
        auto lost = session.get("http://api.test/3").timeout(5s);
        try {
            (void)co_await std::move(lost);
        } catch (const error&) {}
        try {
            (void)co_await session.get("http://nowhere.test/");
        } catch (const error&) {}
    }
    const json entries = check_archive(recorder);
    REQUIRE(entries.size() == 5);
    CHECK(entries[0]["response"]["redirectURL"] == "http://api.test/2");
    CHECK(entries[0]["response"]["bodySize"] == -1);
    CHECK(entries[1]["response"]["status"] == 200);
    CHECK(entries[1]["response"]["bodySize"] == 6);
    CHECK_FALSE(entries[1]["response"]["content"].contains("text"));
    CHECK(entries[2]["response"]["status"] == 0);
    CHECK(entries[2]["comment"] == "the server closed the idle connection");
    CHECK(entries[3]["response"]["status"] == 0);
    CHECK(entries[3]["comment"].get<std::string>().starts_with("timed out"));
    CHECK(entries[3]["timings"]["wait"] == 5000);
    CHECK(entries[4]["request"]["url"] == "http://nowhere.test/");
    CHECK(entries[4]["comment"].get<std::string>().find("nowhere.test") != std::string::npos);
    CHECK(recorder.entries() == 5);
    recorder.clear();
    CHECK(recorder.entries() == 0);
}

SKEIN_TEST_CASE("bodies are bounded, and what is no text is base64") {
    scripted_server server("api.test");
    server.expect("PUT", "/").answer(200, std::string("\x00\xff", 2));
    server.expect("PUT", "/").answer(200, "a\xc3\xa4\xc3\xa4");
    server.expect("PUT", "/").answer(200, "b");
    har_options small;
    small.max_body_bytes = 4;
    small.max_entries = 2;
    har_recorder recorder(small);
    session_options options;
    options.trace = recorder;
    client_session session(options);
    std::vector<json> seen;
    for (const char* body : {"\xff\xfe", "12345678", ""}) {
        auto response = co_await session.put("http://api.test/").body(body);
        (void)co_await response.read();
        seen.push_back(check_archive(recorder).back());
    }
    CHECK(seen[0]["response"]["content"]["text"] == "AP8=");
    CHECK(seen[0]["response"]["content"]["encoding"] == "base64");
    CHECK(seen[0]["request"]["postData"]["text"] == "//4=");
    CHECK(seen[1]["response"]["content"]["text"] == "a\xc3\xa4");
    CHECK(seen[1]["response"]["content"]["size"] == 5);
    CHECK(seen[1]["request"]["postData"]["text"] == "1234");
    CHECK(seen[1]["request"]["bodySize"] == 8);
    CHECK(seen[1]["comment"] == "the body of the request is cut; the body of the response is cut");
    CHECK_FALSE(seen[2]["request"].contains("postData"));
    CHECK(recorder.entries() == 2);
}

SKEIN_TEST_CASE("a compressed body is there as the program reads it, and how much was saved") {
    scripted_server server("api.test");
    const std::string packed(
        "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\x4c\xa4\x3d\x00\x00\x64\x7a\x70\xaf\x64\x00\x00\x00",
        24);
    server.expect("GET", "/").answer(200, packed, fields("Content-Encoding", "gzip"));
    har_recorder recorder;
    client_session session;
    auto response = co_await session.get("http://api.test/").trace(recorder);
    const std::string whole = co_await response.text();
    const json content = check_archive(recorder).at(0)["response"];
    CHECK(content["bodySize"] == packed.size());
    CHECK(content["content"]["text"] == whole);
    CHECK(content["content"]["size"] == whole.size());
    CHECK(content["content"]["compression"] == whole.size() - packed.size());
}

SKEIN_TEST_CASE("with secrets, if asked for; a middleware's own answers are not in it") {
    scripted_server server("api.test");
    server.expect("GET", "/").answer(200);
    har_options open;
    open.with_secrets = true;
    har_recorder recorder(open);
    client_session session;
    (void)co_await session.get("http://api.test/").bearer("secret").trace(recorder);
    const auto answer = [](attempt_request& request, next_handler) -> task<client_response> {
        co_return request.respond(200, "made");
    };
    auto made = co_await session.get("http://api.test/").middleware(answer).trace(recorder);
    (void)co_await made.text();
    const json entries = check_archive(recorder);
    REQUIRE(entries.size() == 1);
    CHECK(value_of(entries[0]["request"]["headers"], "Authorization") == "Bearer secret");
}
