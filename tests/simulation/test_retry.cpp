// Repetition on the simulated network: what is sent again, after how long, how often; what the caller gets.
#include "sweep.hpp"

#include <chrono>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace simulation;
using namespace std::chrono_literals;
using skein::retry_policy;

namespace {

std::string status(const std::string& line, const std::string& fields = {}) {
    return "HTTP/1.1 " + line + "\r\n" + fields + "Content-Length: 4\r\n\r\nbusy";
}
const std::string busy = status("503 Service Unavailable");

/// Gives one answer after the other, over all its connections, and the last one for ever; an empty one closes
/// the connection. Counts requests.
class script {
public:
    explicit script(std::vector<std::string> answers, const char* host = "example.test")
        : state_(std::make_shared<state>()) {
        state_->answers = std::move(answers);
        this_network().listen(host, 80, [s = state_](server_stream& client) { return serve(s, client); });
    }
    std::size_t requests() const noexcept { return state_->requests; }

private:
    struct state {
        std::vector<std::string> answers;
        std::size_t requests = 0;
    };
    static task<> serve(std::shared_ptr<state> s, server_stream& client) {
        for (;;) {
            (void)co_await client.read_until("\r\n\r\n");
            const std::size_t turn = std::min(s->requests++, s->answers.size() - 1);
            if (s->answers[turn].empty()) co_return;
            co_await client.write(s->answers[turn]);
        }
    }
    std::shared_ptr<state> state_;
};

session_options patient(unsigned attempts = 3) {
    session_options options;
    options.retry = retry_policy{.attempts = attempts, .backoff = 100ms, .max_backoff = 1s};
    return options;
}

task<std::string> fetch(client_session& session, std::string method = "GET") {
    auto got = co_await session.request(method, "http://example.test/").raise_for_status();
    co_return co_await got.text();
}

/// What the error of a request says.
task<std::string> error_of(client_session& session, std::string method = "GET") {
    try {
        (void)co_await fetch(session, method);
    } catch (const skein::error& e) {
        co_return e.what();
    }
    co_return "";
}

template <class Fn>
void simulate(Fn scenario) {
    skein::testing::run(scenario);
}

bool begins_with(const std::string& text, const std::string& beginning) {
    const bool so = text.compare(0, beginning.size(), beginning) == 0;
    if (!so) MESSAGE("it says: " << text);
    return so;
}

}  // namespace

TEST_CASE("a server that is busy is asked again, over the same connection") {
    sweep("busy", []() -> task<> {
        this_network().set_link(slow_link());
        const script server({busy, busy, response("at last")});
        client_session session(patient());
        const pool_check check(session);
        const auto text = co_await fetch(session);
        CHECK(text == "at last");
        if (untouched) {
            CHECK(server.requests() == 3);
            CHECK(session.stats().retried == 2);
            CHECK(this_network().made_connections() == 1);
        }
    });
}

TEST_CASE("a connection that is refused or lost is made again") {
    sweep("lost", []() -> task<> {
        const script server({"", "", response("at last")});
        client_session session(patient());
        const pool_check check(session);
        const auto text = co_await fetch(session);
        CHECK(text == "at last");
        if (untouched) CHECK(this_network().made_connections() == 3);
    });
}

TEST_CASE("a redirect from a busy server to a busy server, with a pool of one connection") {
    sweep("busy redirect", []() -> task<> {
        this_network().set_link(slow_link());
        const script first({busy, status("302 Found", "Location: http://example.test/\r\n")}, "start.test");
        const script second({busy, busy, response("at last")});
        auto options = patient();
        options.connector.limit = 1;
        client_session session(options);
        const pool_check check(session);
        const auto go = [&]() -> task<> {
            auto got = co_await session.get("http://start.test/");
            const auto text = co_await got.text();
            if (untouched) CHECK(text == "at last");
        };
        co_await skein::gather(go(), go());
    });
}

TEST_CASE("the last response is the caller's, and its error says how often and why") {
    simulate([]() -> task<> {
        const script server({busy});
        client_session session(patient());
        auto got = co_await session.get("http://example.test/");
        CHECK(got.status() == 503);
        CHECK(got.report().attempts == 3);
        const auto text = co_await got.text();
        CHECK(text == "busy");
        const auto words = co_await error_of(session);
        CHECK(begins_with(words, "after 3 attempts (503): status 503 Service Unavailable (GET http://"));
        CHECK(server.requests() == 6);
    });
}

TEST_CASE("the last error is the caller's, with what went before") {
    simulate([]() -> task<> {
        client_session session(patient());
        this_network().refuse("example.test", 80);
        const auto refused = co_await error_of(session);
        CHECK(
            begins_with(refused, "after 3 attempts (Connection refused): cannot connect to example.test:80"));
        const script server({busy, ""});
        const auto lost = co_await error_of(session);
        CHECK(begins_with(lost, "after 3 attempts (503, no response): no response from example.test"));
    });
}

TEST_CASE("pauses are random, and grow no longer than they may") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        skein::testing::simulation_options options;
        options.seed = seed;
        const auto scenario = []() -> task<> {
            const script server({busy});
            auto long_lived = patient(6);
            long_lived.retry_budget.tokens = 100;
            client_session session(long_lived);
            auto got = co_await session.get("http://example.test/");
            // At most 100, 200, 400, 800 and 1000 ms.
            CHECK(skein::testing::elapsed() <= 2500ms);
            CHECK(skein::testing::elapsed() > 0s);
            CHECK(got.report().spent(skein::phase::pause) == skein::testing::elapsed());
            CHECK(server.requests() == 6);
        };
        skein::testing::run(scenario, options);
    }
}

TEST_CASE("Retry-After is waited for, in seconds or until a date") {
    for (const char* value : {"7", "Tue, 01 Jan 2030 00:00:07 GMT"}) {
        simulate([&]() -> task<> {
            const script server(
                {status("429 Too Many Requests", "Retry-After: " + std::string(value) + "\r\n"),
                 response("ok")});
            client_session session(patient());
            const auto text = co_await fetch(session);
            CHECK(text == "ok");
            CHECK(skein::testing::elapsed() == 7s);
        });
    }
}

TEST_CASE("who asks for more patience than there is gets none") {
    simulate([]() -> task<> {
        const script server({status("503 Service Unavailable", "Retry-After: 61\r\n"), response("ok")});
        client_session session(patient());
        auto got = co_await session.get("http://example.test/");
        CHECK(got.status() == 503);
        CHECK(server.requests() == 1);
        CHECK(skein::testing::elapsed() == 0s);
    });
    simulate([]() -> task<> {
        const script server({status("503 Service Unavailable", "Retry-After: 5\r\n"), response("ok")});
        client_session session(patient());
        auto got = co_await session.get("http://example.test/").timeout(5s);
        CHECK(got.status() == 503);
        CHECK(skein::testing::elapsed() == 0s);
    });
}

TEST_CASE("the total time limit spans all attempts") {
    simulate([]() -> task<> {
        this_network().swallow("example.test", 80);
        auto options = patient(100);
        options.timeout.connect = 1s;
        options.timeout.total = 10s;
        options.retry_budget.tokens = 100;
        client_session session(options);
        const auto words = co_await error_of(session);
        CHECK(begins_with(words, "after "));
        CHECK(skein::testing::elapsed() <= 10s);
        CHECK(skein::testing::elapsed() >= 9s);
        CHECK(session.stats().open == 0);
    });
}

TEST_CASE("a response that does not come in time is asked for again, one that comes slowly is not") {
    simulate([]() -> task<> {
        const auto half = std::make_shared<bool>(false);
        this_network().listen("example.test", 80, [half](server_stream& client) -> task<> {
            (void)co_await client.read_until("\r\n\r\n");
            if (*half) co_await client.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhalf");
            co_await skein::sleep(1h);
        });
        auto options = patient();
        options.timeout.first_byte = 1s;
        options.timeout.read = 1s;
        client_session session(options);
        const auto silent = co_await error_of(session);
        CHECK(begins_with(silent, "after 3 attempts (timeout of first_byte): timed out waiting for"));
        CHECK(this_network().made_connections() == 3);
        *half = true;
        const auto slow = co_await error_of(session);
        CHECK(begins_with(slow, "timed out reading the body after 4 of 5 bytes"));
        CHECK(this_network().made_connections() == 4);
    });
}

TEST_CASE("what may do its work twice is not repeated, unless it was never sent or may be") {
    simulate([]() -> task<> {
        {
            const script server({busy, response("ok")});
            client_session session(patient());
            const auto words = co_await error_of(session, "POST");
            CHECK(begins_with(words, "status 503"));
            CHECK(server.requests() == 1);
        }
        {
            const script server({"", response("ok")});
            client_session session(patient());
            const auto words = co_await error_of(session, "PATCH");
            CHECK(begins_with(words, "no response from"));
            CHECK(server.requests() == 1);
        }
        {
            this_network().refuse("example.test", 80);
            client_session session(patient());
            const auto words = co_await error_of(session, "POST");
            CHECK(begins_with(words, "after 3 attempts (Connection refused)"));
        }
        {
            const script server({busy, response("ok")});
            client_session session(patient());
            const retry_policy careless = {.backoff = 1ms, .any_method = true};
            auto got = co_await session.post("http://example.test/").body("x").retry(careless);
            const auto text = co_await got.text();
            CHECK(text == "ok");
            CHECK(server.requests() == 2);
        }
        for (const char* method : {"HEAD", "PUT", "DELETE", "OPTIONS"}) {
            const script server({busy, "HTTP/1.1 204 Done\r\n\r\n"});
            client_session session(patient());
            (void)co_await session.request(method, "http://example.test/").follow_redirects(false);
            CHECK(server.requests() == 2);
        }
    });
}

TEST_CASE("nothing is repeated without a policy, nor by one of a single attempt") {
    simulate([]() -> task<> {
        const script server({busy});
        client_session plain;
        auto got = co_await plain.get("http://example.test/");
        CHECK(got.status() == 503);
        CHECK(server.requests() == 1);
        auto twice = co_await plain.get("http://example.test/").retry({.attempts = 2, .backoff = 1ms});
        CHECK(twice.status() == 503);
        CHECK(server.requests() == 3);
        client_session session(patient());
        auto once = co_await session.get("http://example.test/").retry({.attempts = 1});
        CHECK(once.status() == 503);
        CHECK(server.requests() == 4);
        auto never = co_await session.get("http://example.test/").retry({.attempts = 0});
        CHECK(server.requests() == 5);
    });
}

TEST_CASE("statuses and errors are those of the policy, or those that a predicate chooses") {
    simulate([]() -> task<> {
        const script server({status("500 Oops"), status("500 Oops"), response("ok")});
        client_session session(patient());
        auto got = co_await session.get("http://example.test/");
        CHECK(got.status() == 500);
        auto again = co_await session.get("http://example.test/").retry({.backoff = 1ms, .statuses = {500}});
        CHECK(again.status() == 200);
        CHECK(server.requests() == 3);
    });
    simulate([]() -> task<> {
        const script server({status("404 Not yet", "Connection: close\r\n"), "", busy, response("ok")});
        std::string asked;
        auto options = patient(10);
        options.retry_if = [&](const skein::retry_candidate& one) {
            asked += std::to_string(one.attempt) + (one.error != nullptr ? "error " : "status ");
            CHECK((one.headers != nullptr) == (one.status != 0));
            return one.status == 404 || one.error != nullptr;
        };
        client_session session(options);
        auto got = co_await session.get("http://example.test/");
        CHECK(got.status() == 503);
        CHECK(asked == "1status 2error 3status ");
        auto other = co_await session.get("http://example.test/");
        CHECK(other.status() == 200);
        CHECK(asked == "1status 2error 3status ");
    });
    simulate([]() -> task<> {
        this_network().refuse("example.test", 80);
        client_session session;
        const auto lost = [&]() -> task<> {
            (void)co_await session.get("http://example.test/").retry({.backoff = 1ms, .errors = false});
        };
        CHECK_THROWS_AS(co_await lost(), skein::connect_error);
        CHECK(session.stats().retried == 0);
    });
}

TEST_CASE("what a predicate throws ends the request, and nothing is left in use") {
    simulate([]() -> task<> {
        const script server({busy});
        client_session session(patient());
        const pool_check check(session);
        const auto refuse = [](const skein::retry_candidate&) -> bool { throw std::domain_error("no"); };
        auto request = session.get("http://example.test/");
        request.retry_if(refuse);
        bool thrown = false;
        try {
            (void)co_await std::move(request);
        } catch (const std::domain_error&) {
            thrown = true;
        }
        CHECK(thrown);
    });
}

TEST_CASE("a budget keeps repetitions from multiplying an outage") {
    simulate([]() -> task<> {
        const script server({busy});
        auto options = patient();
        options.retry_budget.tokens = 5;
        client_session session(options);
        for (int i = 0; i < 20; ++i) (void)co_await session.get("http://example.test/");
        CHECK(server.requests() == 25);
        CHECK(session.stats().retried == 5);
    });
}

TEST_CASE("a busy connection that goes on talking is closed, not drained for ever") {
    simulate([]() -> task<> {
        const auto requests = std::make_shared<int>(0);
        this_network().listen("example.test", 80, [requests](server_stream& client) -> task<> {
            (void)co_await client.read_until("\r\n\r\n");
            if (++*requests == 2) {
                co_await client.write(response("ok"));
                co_return;
            }
            co_await client.write("HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (;;) {
                co_await client.write("1\r\nx\r\n");
                co_await skein::sleep(100ms);
            }
        });
        client_session session(patient());
        const pool_check check(session);
        const auto text = co_await fetch(session);
        CHECK(text == "ok");
        CHECK(skein::testing::elapsed() <= 1100ms);
    });
}

TEST_CASE("a body that can be sent once is not repeated: what came of it is the caller's") {
    simulate([]() -> task<> {
        const script server({status("503 Busy", "Connection: close\r\n"), response("ok")});
        client_session session(patient());
        const auto once = [](skein::body_writer& out) -> task<> { co_await out.write("once"); };
        auto got = co_await session.put("http://example.test/").body(once, 4);
        CHECK(got.status() == 503);
        CHECK(server.requests() == 1);
        CHECK(got.report().attempts == 1);
        // One that can be made again is.
        const skein::body_source again = skein::body_source::replayable(once);
        auto repeated = co_await session.put("http://example.test/").body(again, 4);
        CHECK(repeated.status() == 200);
    });
}
