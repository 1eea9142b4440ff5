// What reports and statistics say: attempts in their order, phases, times, as values and as JSON.
#include <skein/skein.hpp>
#include <skein/testing_doctest.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace skein;
using namespace std::chrono_literals;
using nlohmann::json;
using skein::testing::scripted_server;
using skein::testing::this_network;

namespace {

headers fields(std::string_view name, std::string_view value) {
    headers one;
    one.append(name, value);
    return one;
}

std::vector<std::string> keys_of(const json& object) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : object.items()) keys.push_back(key);
    return keys;
}

const char* const here = "http://api.test/";

}  // namespace

SKEIN_TEST_CASE("the report of a plain request has one attempt, and times of each phase") {
    skein::testing::link slow;
    slow.latency = 10ms;
    this_network().set_link(slow);
    this_network().add_name("api.test", {"10.0.0.1"}, 30ms);
    scripted_server server("10.0.0.1");
    server.expect("GET", "/").delay(1s).answer(200, "body");
    client_session session;
    auto response = co_await session.get("http://u:p@api.test/");
    (void)co_await response.text();
    co_await sleep(1h);  // the program's own time is not the request's
    const request_report& all = response.report();
    CHECK(all.elapsed == 1070ms);
    CHECK(all.spent(phase::dns) == 30ms);
    CHECK(all.spent(phase::connect) == 20ms);
    CHECK(all.spent(phase::first_byte) == 1020ms);
    CHECK(all.response_body_bytes == 4);
    REQUIRE(all.attempt_list.size() == 1);
    const attempt_report& only = all.attempt_list[0];
    CHECK(only.method == "GET");
    CHECK(only.url == here);
    CHECK(only.status == 200);
    CHECK(only.peer == "10.0.0.1:80");
    CHECK_FALSE(only.reused);
    CHECK(only.error.empty());
    CHECK(only.started == 0s);
    CHECK(only.spent == all.spent_);
}

SKEIN_TEST_CASE("each hop is an attempt, with its own phases, and so is one on a stale connection") {
    scripted_server server("api.test");
    server.expect("GET", "/").delay(1s).answer(302, "", fields("Location", "/2"));
    server.expect("GET", "/2").delay(2s).answer(302, "", fields("Location", "http://other.test/3"));
    server.expect("GET", "/4").reset();
    server.expect("GET", "/4").answer(204);
    scripted_server other("other.test");
    other.expect("GET", "/3").answer(302, "", fields("Location", "http://api.test/4"));
    client_session session;
    auto response = co_await session.get(here);
    const auto& list = response.report().attempt_list;
    REQUIRE(list.size() == 5);
    std::vector<std::string> told;
    for (const auto& one : list)
        told.push_back(one.url + " " + std::to_string(one.status) + (one.reused ? " reused" : " new") +
                       " after " + std::to_string(one.redirects));
    CHECK(told == std::vector<std::string>{
                      "http://api.test/ 302 new after 0", "http://api.test/2 302 reused after 1",
                      "http://other.test/3 302 new after 2", "http://api.test/4 0 reused after 3",
                      "http://api.test/4 204 new after 3"});
    CHECK(list[0].spent[std::size_t(phase::first_byte)] == 1s);
    CHECK(list[1].spent[std::size_t(phase::first_byte)] == 2s);
    CHECK(list[1].started == 1s);
    CHECK(list[2].started == 3s);
    CHECK(list[3].error.find("closed the idle connection") != std::string::npos);
    CHECK(list[4].error.empty());
    CHECK(response.report().attempts == 5);
    const auto total = response.report().spent_;
    phase_times sum{};
    for (const auto& one : list)
        for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += one.spent[i];
    CHECK(sum == total);
}

SKEIN_TEST_CASE("the report of an error has the attempt that failed, and why") {
    scripted_server server("api.test");
    server.expect("GET", "/").hang();
    client_session session;
    std::optional<request_report> timed_out;
    std::optional<request_report> refused;
    try {
        (void)co_await session.get(here).timeout(3s);
    } catch (const error& e) {
        timed_out = *e.report();
        CHECK(std::string(e.what()).starts_with(timed_out->attempt_list.at(0).error));
    }
    try {
        (void)co_await session.get("http://api.test:81/");
    } catch (const error& e) {
        refused = *e.report();
    }
    REQUIRE(timed_out.has_value());
    REQUIRE(refused.has_value());
    CHECK(timed_out->attempts == 1);
    CHECK(timed_out->attempt_list.at(0).status == 0);
    CHECK(refused->attempts == 0);
    REQUIRE(refused->attempt_list.size() == 1);
    CHECK(refused->attempt_list[0].error.starts_with("cannot connect to api.test:81"));
    CHECK(refused->attempt_list[0].peer.empty());
}

SKEIN_TEST_CASE("a middleware that asks elsewhere: each attempt says where") {
    scripted_server server("api.test");
    server.expect("GET", "/").answer(500);
    scripted_server mirror("mirror.test");
    mirror.expect("PUT", "/").answer(200);
    client_session session;
    const auto fall_back = [](attempt_request& request, next_handler next) -> task<client_response> {
        auto first = co_await next(request);
        if (first.ok()) co_return first;
        request.set_url(url("http://mirror.test/"));
        request.set_method("PUT");
        co_return co_await next(request);
    };
    auto response = co_await session.get(here).middleware(fall_back);
    const auto& list = response.report().attempt_list;
    REQUIRE(list.size() == 2);
    CHECK(list[0].method + " " + list[0].url == "GET http://api.test/");
    CHECK(list[0].status == 500);
    CHECK(list[1].method + " " + list[1].url == "PUT http://mirror.test/");
    CHECK(list[1].status == 200);
}

SKEIN_TEST_CASE("as JSON: every name is there, times are in seconds, what is not known is null") {
    scripted_server server("api.test");
    server.expect("POST", "/").delay(1500ms).answer(201, "made");
    client_session session;
    auto response = co_await session.post(here).body("x");
    (void)co_await response.text();
    const json all = response.report().to_json();
    CHECK(keys_of(all) == std::vector<std::string>{"attempts", "bytes", "elapsed", "method", "peer", "phases",
                                                   "redirects", "reused", "tls", "url", "via"});
    CHECK(all["method"] == "POST");
    CHECK(all["elapsed"] == 1.5);
    CHECK(all["phases"]["first_byte"] == 1.5);
    CHECK(all["phases"]["dns"] == 0.0);
    CHECK(all["tls"].is_null());
    CHECK(all["bytes"]["response_body"] == 4);
    CHECK(all["bytes"]["response_decoded"] == 4);
    CHECK(all["bytes"]["request"] == response.report().request_bytes);
    REQUIRE(all["attempts"].size() == 1);
    const json& only = all["attempts"][0];
    CHECK(keys_of(only) == std::vector<std::string>{"connects", "error", "method", "peer", "phases",
                                                    "redirects", "reused", "started", "status", "url",
                                                    "via"});
    CHECK(only["status"] == 201);
    CHECK(only["error"].is_null());
    CHECK(only["phases"] == all["phases"]);
    request_report odd;
    odd.tls_version = "TLSv1.3";
    odd.url = "http://x/\xff";
    odd.attempt_list.emplace_back();
    odd.tls_resumed = true;
    CHECK(odd.to_json()["tls"]["version"] == "TLSv1.3");
    CHECK(odd.to_json()["tls"]["resumed"] == true);
    CHECK(odd.to_json()["attempts"][0]["status"].is_null());
    CHECK(json::parse(odd.to_json().dump())["url"] == "http://x/\xc3\xbf");
}

SKEIN_TEST_CASE("statistics: made, reused, waited, and why idle connections went") {
    const auto ok = [](const skein::testing::received_request&) {
        return skein::testing::response_text(204);
    };
    for (const char* host : {"a.test", "b.test"})
        this_network().listen(host, 80, skein::testing::answer_with(ok));
    scripted_server closing("closing.test");
    closing.expect("GET", "/").answer(204).close();
    session_options options;
    options.connector.limit = 1;
    client_session session(options);
    const auto get = [&](std::string to) -> task<> { (void)co_await session.get("http://" + to + "/"); };
    co_await get("a.test");
    co_await get("a.test");
    CHECK(session.stats().connections == 1);
    CHECK(session.stats().reused == 1);
    CHECK(session.stats().requests == 2);
    co_await get("b.test");
    CHECK(session.stats().evicted == 1);
    co_await gather(get("b.test"), get("b.test"), get("a.test"));
    CHECK(session.stats().waited == 2);
    CHECK(session.stats().reused == 3);
    CHECK(session.stats().evicted == 2);
    co_await sleep(1h);
    CHECK(session.stats().expired == 1);
    CHECK(session.stats().open == 0);
    co_await get("closing.test");
    co_await sleep(1s);
    CHECK(session.stats().lost_idle == 1);
    CHECK(session.stats().connections == 4);
    CHECK(session.stats().requests == 7);
}
