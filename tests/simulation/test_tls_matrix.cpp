// The table of certificates and servers (corpora/tls_matrix.json), through the client: builds what each row
// describes, sends its requests, and compares.
#include "corpus.hpp"
#include "sweep.hpp"
#include "tls_matrix.hpp"
#include "tls_wire.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <system_error>

using namespace simulation;
using namespace std::chrono_literals;
using skein::tls_errc;

namespace {

/// What the servers of a row have seen.
struct observations {
    std::size_t connections = 0;
    std::vector<bool> offered;  // of each connection that shook hands: whether it wanted to be resumed
    bool resumed = false;
    bool early_data = false;
    bool close_notify = false;
    bool flood_was_taken = false;
    bool shook_hands_before_the_cut = false;
};

struct outcome {
    std::string body;
    std::exception_ptr error;
    std::error_code code;
    std::string text;
    bool is_tls_error = false;
    bool is_payload_error = false;
    bool is_timeout = false;
};

std::string answer_of(const body_plan& body) {
    const std::string head = "HTTP/1.1 200 OK\r\n";
    switch (body.how) {
        case body_plan::framing::length:
            return head + "Content-Length: 5\r\n\r\n" + (body.whole ? "whole" : "who");
        case body_plan::framing::chunked:
            return head + "Transfer-Encoding: chunked\r\n\r\n5\r\nwhole\r\n" +
                   (body.whole ? "0\r\n\r\n" : "");
        case body_plan::framing::close:
            return head + "Connection: close\r\n\r\nwhole";
    }
    return {};
}

/// The server says so many bytes of its handshake and no more.
task<> cut_short(server_stream& wire, const row_plan& plan, std::shared_ptr<SSL_CTX> context,
                 observations& seen, std::size_t count) {
    skein::test::tls_server engine(std::move(context), plan.server);
    const ending how = plan.does == play::cut_handshake     ? ending::close
                       : plan.does == play::reset_handshake ? ending::reset
                                                            : ending::stall;
    co_await say_no_more(wire, engine, count, how, seen.shook_hands_before_the_cut);
}

task<> flood(tls_wire& client, const row_plan& plan, observations& seen) {
    for (std::size_t i = 0; i < plan.flood; ++i) {
        if (plan.does == play::tickets)
            client.engine.new_ticket();
        else
            client.engine.key_update(true);
        if (i % 20 == 0) co_await client.send();
    }
    co_await client.send();
    seen.flood_was_taken = true;
}

task<> converse(server_stream& wire, const row_plan& plan, std::shared_ptr<SSL_CTX> context,
                observations& seen) {
    tls_wire client(wire, std::move(context), plan.server);
    const bool well = co_await client.shake_hands();
    seen.offered.push_back(client.engine.resumption_offered());
    seen.early_data = seen.early_data || client.engine.early_data_offered();
    if (!well) co_return;
    seen.resumed = seen.resumed || client.engine.resumed();
    for (;;) {
        const std::string head = co_await client.request();
        if (head.empty()) break;
        if (plan.does == play::tickets || plan.does == play::key_updates) co_await flood(client, plan, seen);
        if (plan.does == play::renegotiate) {
            client.engine.ask_to_renegotiate();
            co_await client.send();
        }
        co_await client.write(answer_of(plan.body));
        if (!plan.body.ends) continue;
        if (plan.body.close_notify) client.engine.close_notify();
        co_await client.send();
        co_return;
    }
    seen.close_notify = client.engine.saw_close_notify();
}

task<> play_in_clear(server_stream& wire, std::string text) {
    (void)co_await wire.read();
    co_await wire.write(std::move(text));
}

task<outcome> ask(client_session& session, std::string url, const skein::tls_context& trust) {
    outcome result;
    try {
        auto response = co_await session.get(url).tls(trust);
        result.body = co_await response.text();
    } catch (const skein::error& e) {
        result.error = std::current_exception();
        result.text = e.what();
        if (const auto* c = dynamic_cast<const skein::connection_error*>(&e)) result.code = c->code();
        result.is_tls_error = dynamic_cast<const skein::tls_error*>(&e) != nullptr;
        result.is_payload_error = dynamic_cast<const skein::payload_error*>(&e) != nullptr;
        result.is_timeout = dynamic_cast<const skein::timeout_error*>(&e) != nullptr;
    }
    co_return result;
}

struct row_result {
    observations seen;
    std::vector<outcome> outcomes;
};

/// One run of a row: its servers, its requests, the end of the session. `cut`: for the rows with one.
task<> play_row(const row_plan& plan, std::size_t cut, row_result& result) {
    std::map<std::string, std::shared_ptr<SSL_CTX>> contexts;
    for (const auto& url : plan.urls) {
        const std::string host = row_plan::host_of(url);
        if (contexts.count(host) != 0) continue;
        auto options = plan.server;
        options.chain = plan.chain_for(host);
        auto& context = contexts[host] = skein::test::make_server_context(options);
        this_network().listen(host, 443, [&plan, &result, context, cut](server_stream& wire) -> task<> {
            ++result.seen.connections;
            if (plan.does == play::plain_http)
                co_await play_in_clear(wire, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
            else if (plan.does == play::alert)
                co_await play_in_clear(wire, plan.alert);
            else if (plan.is_cut_short())
                co_await cut_short(wire, plan, context, result.seen, cut);
            else
                co_await converse(wire, plan, context, result.seen);
        });
    }
    session_options options;
    options.connector.force_close = !plan.keeps_connections;
    options.timeout.tls = 5s;
    options.timeout.first_byte = 10s;
    client_session session(options);
    for (std::size_t i = 0; i < plan.urls.size(); ++i) {
        outcome one = co_await ask(session, plan.urls[i], plan.contexts[i]);
        result.outcomes.push_back(std::move(one));
    }
    co_await session.close();
    co_await skein::sleep(1s);  // the servers see the end
}

row_result run_row(const row_plan& plan, std::size_t cut = 0) {
    row_result result;
    skein::testing::run([&]() -> task<> { co_await play_row(plan, cut, result); });
    return result;
}

bool is_tls(const std::error_code& code) {
    return code.category() == skein::tls_category();
}

/// Whether an error is of the kind that a row names.
bool is_kind(const outcome& one, const std::string& kind) {
    static const std::map<std::string, tls_errc> codes = {
        {"cert_not_yet_valid", tls_errc::certificate_not_yet_valid},
        {"cert_expired", tls_errc::certificate_expired},
        {"expired", tls_errc::certificate_expired},
        {"untrusted", tls_errc::unknown_ca},
        {"self_signed", tls_errc::unknown_ca},
        {"hostname", tls_errc::hostname_mismatch},
        {"protocol", tls_errc::protocol_version}};
    if (kind.empty()) return is_tls(one.code) || one.is_payload_error;
    if (kind == "tls" || kind == "alpn") return is_tls(one.code);
    if (kind == "reset") return one.code == std::errc::connection_reset;
    if (kind == "timeout") return one.is_timeout;
    if (kind == "truncated") return one.is_payload_error;
    const auto known = codes.find(kind);
    if (known == codes.end()) throw std::runtime_error("cannot express the error \"" + kind + "\"");
    return one.is_tls_error && one.code == known->second;
}

bool all_are_well(const row_result& result) {
    for (const auto& one : result.outcomes)
        if (one.error || one.body != "whole") return false;
    return true;
}

/// Empty: as it should be.
std::string fault_of(const row_plan& plan, const row_result& result) {
    const outcome& last = result.outcomes.back();
    const std::string said = last.error ? "error: " + last.text : "ok";
    if (plan.expect.starts_with("ok or error")) return {};  // it ended: that was the question
    if (plan.expect.starts_with("ok")) return all_are_well(result) ? "" : said;
    if (plan.expect.starts_with("error")) {
        const auto colon = plan.expect.find(':');
        const std::string kind = colon == plan.expect.npos ? "" : plan.expect.substr(colon + 1);
        return last.error && is_kind(last, kind) ? "" : said;
    }
    if (plan.expect == "bounded")
        return last.code == tls_errc::flood && !result.seen.flood_was_taken ? "" : said;
    if (plan.expect == "close_notify seen")
        return all_are_well(result) && result.seen.close_notify ? "" : "no close_notify; " + said;
    if (plan.expect == "no early_data") return all_are_well(result) && !result.seen.early_data ? "" : said;
    if (plan.expect == "full handshake")
        return all_are_well(result) && !result.seen.offered.back() ? "" : "a session was offered; " + said;
    if (plan.expect == "resumed") return all_are_well(result) && result.seen.resumed ? "" : said;
    if (plan.expect == "new connection")
        return result.seen.connections == plan.urls.size() ? "" : "a connection was shared; " + said;
    throw std::runtime_error("cannot express the expectation \"" + plan.expect + "\"");
}

/// Rows with a cut are played for every byte of the server's handshake.
std::string fault_of_row(const row_plan& plan) {
    if (!plan.is_cut_short()) return fault_of(plan, run_row(plan));
    std::size_t cut = 0;
    for (;; ++cut) {
        const row_result result = run_row(plan, cut);
        if (result.seen.shook_hands_before_the_cut) break;
        const std::string fault = fault_of(plan, result);
        if (!fault.empty()) return "after " + std::to_string(cut) + " bytes: " + fault;
    }
    return cut > 500 ? "" : "the handshake took only " + std::to_string(cut) + " bytes";
}

}  // namespace

TEST_CASE("every row of the TLS table behaves as it says") {
    const auto rows = corpus::load("tls_matrix.json");
    std::size_t good = 0;
    for (const auto& row : rows) {
        std::string fault;
        try {
            fault = fault_of_row(plan_of(row));
        } catch (const std::exception& e) {
            fault = e.what();
        }
        const std::string id = row.at("id");
        CHECK_MESSAGE(fault.empty(), id << ": " << fault);
        good += fault.empty() ? 1 : 0;
    }
    MESSAGE("tls_matrix: " << good << " of " << rows.size() << " rows");
    CHECK(good == rows.size());
}

TEST_CASE("the words of rows like these are known, too") {
    const auto row = corpus::load("tls_matrix.json").at(0);
    struct variant {
        const char* id;
        const char* description;
        const char* server;
        const char* connect_to;
        const char* expect;
    };
    const std::vector<variant> variants = {
        {"cut-cl", "CL body, complete, FIN without close_notify", "raw FIN", "https://a.test/", "ok"},
        {"cut-ch", "chunked, complete, FIN without close_notify", "raw FIN", "https://a.test/", "ok"},
        {"cut-ch-short", "chunked, incomplete", "raw FIN", "https://a.test/", "error:truncated"},
        {"end-cd", "close-delimited body, close_notify", "close_notify", "https://a.test/", "ok"},
        {"resume-ok", "the same again", "observe", "two requests", "resumed"},
        {"resume-verify", "begun unverified", "observe", "two requests", "full handshake"},
        {"pool-verify", "begun unverified", "observe", "two requests", "new connection"},
        {"pool-ca", "another set of CAs", "observe", "two requests", "new connection"},
        {"tls11", "server max TLS 1.1", "-tls1_1", "https://a.test/", "error:protocol"},
        {"alpn", "h2 unasked", "alpn h2", "https://a.test/", "error:alpn"},
        {"upper", "another case", "normal", "https://A.TEST/", "ok"},
    };
    for (const auto& one : variants) {
        auto changed = row;
        changed["id"] = one.id;
        changed["description"] = one.description;
        changed["server"] = one.server;
        changed["connect_to"] = one.connect_to;
        changed["expect"] = one.expect;
        const std::string fault = fault_of_row(plan_of(changed));
        CHECK_MESSAGE(fault.empty(), std::string(one.id) << ": " << fault);
    }
    const auto refused = [&](const char* key, const char* value, const char* expect) {
        auto changed = row;
        changed["certificate"][key] = value;
        changed["expect"] = expect;
        const std::string fault = fault_of_row(plan_of(changed));
        CHECK_MESSAGE(fault.empty(), std::string(value) << ": " << fault);
    };
    for (const char* name : {"URI:https://a.test/", "email:me@a.test"}) {  // no DNS names, and never the CN
        auto changed = row;
        changed["certificate"]["san"] = {name};
        changed["certificate"]["cn"] = "a.test";
        changed["expect"] = "error:hostname";
        const std::string fault = fault_of_row(plan_of(changed));
        CHECK_MESSAGE(fault.empty(), std::string(name) << ": " << fault);
    }
    refused("valid", "expired", "error:cert_expired");
    refused("chain", "leaf(self-signed)", "error:untrusted");
    refused("intermediate", "CA:FALSE", "error");
    refused("intermediate", "excluded;DNS:a.test", "error");
}

TEST_CASE("a row that asks for what nobody knows is a failure") {
    auto row = corpus::load("tls_matrix.json").at(0);
    const auto with = [&](const char* key, const char* value) {
        auto changed = row;
        changed[key] = value;
        return changed;
    };
    CHECK_NOTHROW((void)plan_of(row));
    CHECK_THROWS((void)plan_of(with("server", "something new")));
    CHECK_THROWS((void)plan_of(with("connect_to", "somewhere")));
    CHECK_THROWS((void)fault_of_row(plan_of(with("expect", "something else"))));
    row["certificate"]["valid"] = "on Sundays";
    CHECK_THROWS((void)fault_of_row(plan_of(row)));
}
