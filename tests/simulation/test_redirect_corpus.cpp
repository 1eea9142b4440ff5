// The redirect corpus through the public API, over the simulated network: what is asked of whom, hop by hop.
// The rules alone are tested with the same corpus in tests/unit/client/test_redirect.cpp.
#include "corpus.hpp"
#include "pki.hpp"
#include "sweep.hpp"
#include "tls_server.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <vector>

using namespace simulation;
using namespace skein;
using namespace std::string_literals;
using nlohmann::json;

namespace {

bool has_field(const std::string& request, const std::string& name) {
    return request.find("\r\n" + name + ": ") != request.npos;
}

/// Answers the requests of all hosts, in the order in which they come, with the hops of a row, then with 200.
class script {
public:
    explicit script(const json& row) : hops_(row.at("hops")) {
        for_ever_ = row.at("expect").value("error", "") == "too_many_redirects";
        delay_ = std::chrono::milliseconds(row.at("request").at("options").value("hop_delay_ms", 0));
    }

    void listen() {
        for (const char* host : {"a.test", "a.test.", "b.test", "test", "127.0.0.1"}) {
            this_network().listen(host, 80, [this](server_stream& client) { return serve(client); });
            this_network().listen(host, 443,
                                  [this](server_stream& client) { return serve_secretly(client); });
        }
    }

    /// Whole requests.
    std::vector<std::string> seen;

private:
    task<> serve(server_stream& client) {
        for (;;) {
            std::string request = co_await client.read_until("\r\n\r\n");
            if (const std::size_t more = missing(request); more != 0)
                request += co_await client.read_exactly(more);
            if (has_field(request, "Transfer-Encoding")) request += co_await client.read_until("0\r\n\r\n");
            co_await sleep(delay_);
            co_await client.write(answer(std::move(request)));
        }
    }
    task<> serve_secretly(server_stream& client) {
        test::server_options options;
        options.chain = {leaf()};
        test::tls_server engine(options);
        for (;;) {
            const std::string piece = co_await client.read();
            if (piece.empty()) co_return;
            engine.feed(piece);
            engine.step();
            std::string& request = engine.received();
            if (request.find("\r\n\r\n") != request.npos && missing(request) == 0)
                engine.write(answer(std::exchange(request, {})));
            co_await client.write(engine.take());
            if (engine.failed() || engine.saw_close_notify()) co_return;
        }
    }
    /// How much of the body has not come yet.
    static std::size_t missing(const std::string& request) {
        const auto head = request.find("\r\n\r\n") + 4;
        const auto field = request.find("\r\nContent-Length: ");
        if (field >= head) return 0;
        return head + std::stoul(request.substr(field + 18)) - request.size();
    }
    std::string answer(std::string request) {
        seen.push_back(std::move(request));
        const std::size_t i = seen.size() - 1;
        if (i >= hops_.size() && !for_ever_) return response("here");
        const json& hop = hops_.at(std::min(i, hops_.size() - 1));
        std::string location = hop.at("location").get<std::string>();
        if (const auto at = location.find('|'); at != location.npos) location.replace(at, 1, "\r\n");
        return "HTTP/1.1 " + std::to_string(hop.at("status").get<int>()) +
               " Elsewhere\r\nLocation: " + location + "\r\nContent-Length: 4\r\n\r\ngone";
    }

    static const test::identity& root() {
        static const test::identity made = test::make_root();
        return made;
    }
    static const test::identity& leaf() {
        static const test::identity made = [] {
            test::recipe what;
            what.names = {"DNS:a.test", "DNS:b.test", "DNS:test", "IP:127.0.0.1"};
            return test::issue(what, &root());
        }();
        return made;
    }

public:
    static session_options trusting() {
        session_options options;
        options.tls = tls_context().ca_pem(test::to_pem(root()));
        return options;
    }

private:
    const json& hops_;
    bool for_ever_ = false;
    std::chrono::milliseconds delay_{};
};

client_request request_of(client_session& session, const json& asked) {
    auto request = session.request(asked.at("method").get<std::string>(), asked.at("url").get<std::string>());
    for (const auto& [name, value] : asked.at("headers").items()) {
        if (value.is_string()) request.header(name, value.get<std::string>());
        if (value.is_array())
            for (const auto& one : value) request.header(name, one.get<std::string>());
    }
    if (asked.at("body") == "<stream>")
        request.body([](body_writer& out) -> task<> { co_await out.write("once"); });
    else if (asked.at("body").is_string())
        request.body(asked.at("body").get<std::string>());
    const json& options = asked.at("options");
    if (options.contains("allow_downgrade"))
        request.allow_downgrade(options.at("allow_downgrade").get<bool>());
    if (options.contains("max_redirects")) request.max_redirects(options.at("max_redirects").get<int>());
    if (options.contains("total_timeout_ms"))
        request.timeout(std::chrono::milliseconds(options.at("total_timeout_ms").get<int>()));
    return request;
}

/// How a request ended.
struct ending {
    std::string error;  // as the corpus calls it; empty: well
    int status = 0;
    std::string url;
    std::size_t hops = 0;
    std::string body;
};

task<ending> play(const json& row) {
    client_session session(script::trusting());
    const pool_check check(session);
    ending end;
    try {
        auto got = co_await request_of(session, row.at("request"));
        end.status = got.status();
        end.url = got.url().str();
        end.hops = got.history().size();
        end.body = co_await got.text();
    } catch (const too_many_redirects&) {
        end.error = "too_many_redirects";
    } catch (const timeout_error&) {
        end.error = "timeout";
    } catch (const payload_error&) {
        end.error = "body_not_replayable";
    } catch (const invalid_url&) {
        end.error = "redirect";
    }
    co_return end;
}

void judge(const json& row, const ending& end, const std::vector<std::string>& seen) {
    const json& expected = row.at("expect");
    const std::string result = expected.at("result");
    REQUIRE(!seen.empty());
    const std::string& last = seen.back();
    CHECK(target_of(last).find_first_of("\r\n \"") == std::string::npos);
    if (result == "error_or_encoded") return;
    const std::string wanted = expected.value("error", "");
    CHECK(end.error == wanted.substr(0, wanted.starts_with("redirect_") ? 8 : wanted.npos));
    if (end.error == "redirect") CHECK(seen.size() == 1);  // and nobody else was asked
    if (end.error == "too_many_redirects") {
        const auto most = row.at("request").at("options").value("max_redirects", 10);
        CHECK(seen.size() == static_cast<std::size_t>(most) + 1);
    }
    if (result != "ok") return;
    CHECK(end.status == expected.value("final_status", 200));
    CHECK(end.body == (end.status == 200 ? "here" : "gone"));
    CHECK(end.hops == seen.size() - 1);
    const url target = url(expected.at("final_url").get<std::string>()).without_credentials();
    const url ended(end.url);
    CHECK((target.fragment().empty() ? ended.without_fragment() : ended) == target);
    CHECK(has_field(last, "Host"));
    if (expected.contains("final_method"))
        CHECK(last.starts_with(expected.at("final_method").get<std::string>() + ' '));
    if (expected.contains("body_kept")) {
        const std::string body = last.substr(last.find("\r\n\r\n") + 4);
        CHECK(body ==
              (expected.at("body_kept").get<bool>() ? row.at("request").at("body").get<std::string>() : ""));
    }
    for (const auto& name : expected.value("dropped", json::array())) {
        CAPTURE(name);
        CHECK_FALSE(has_field(last, name.get<std::string>()));
    }
    for (const auto& name : expected.value("kept", json::array())) {
        CAPTURE(name);
        CHECK(has_field(last, name.get<std::string>()));
    }
}

}  // namespace

TEST_CASE("every row of the redirect corpus, through the API") {
    const json rows = corpus::load("redirects.json");
    int played = 0;
    for (const auto& row : rows) {
        const std::string id = row.at("id");
        CAPTURE(id);
        script servers(row);
        const ending end = testing::run([&]() -> task<ending> {
            servers.listen();
            co_return co_await play(row);
        });
        judge(row, end, servers.seen);
        ++played;
    }
    MESSAGE("redirect corpus through the API: " << played << " of " << rows.size() << " rows");
}
