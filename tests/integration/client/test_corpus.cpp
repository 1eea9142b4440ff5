// The response corpus over real sockets: each case on a session of its own, then a probe, which must get its
// own answer and nothing else's.
#include "client_test.hpp"
#include "corpus.hpp"
#include "sha256.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <vector>

using namespace client_test;
using namespace skein;
using namespace std::chrono_literals;
using namespace std::string_literals;
using nlohmann::json;

namespace {

// Why a case cannot be played against this layer; empty if it can.
std::string reason_to_skip(const json& entry) {
    if (entry.at("request_method") == "CONNECT") return "CONNECT is the proxy layer's";
    return "";
}

struct result {
    bool ok = false;
    int status = 0;
    std::string body;
    std::string what;
    std::string probe;
    bool reused = false;

    bool operator==(const result& other) const {
        return ok == other.ok && status == other.status && body == other.body && probe == other.probe &&
               reused == other.reused;
    }
};

// Plays one case: the first request of the first connection (the second if it is to be warm) gets the bytes
// of the case, every other one SECOND.
class player {
public:
    player(const json& entry, bool byte_by_byte)
        : entry_(entry), byte_by_byte_(byte_by_byte), server_([this](evil_peer& peer) { serve(peer); }) {}

    task<result> play() {
        session_options options;
        options.timeout.total = 60s;
        client_session session(options);
        if (warm()) CHECK(co_await fetch(session, server_.url("/warm")) == "SECOND");
        result r;
        try {
            auto got = co_await session.request(entry_.at("request_method").get<std::string>(), server_.url())
                           .follow_redirects(false);
            r.status = got.status();
            while (auto piece = co_await got.chunk()) r.body += as_text(*piece);
            r.ok = true;
        } catch (const error& e) {
            r.what = e.what();
            CHECK(e.report() != nullptr);
        }
        co_await sleep(150ms);
        r.probe = co_await fetch(session, server_.url("/probe"));
        r.reused = probe_connection_ == case_connection_;
        co_return r;
    }

private:
    bool warm() const { return entry_.value("warm_connection", false); }

    void serve(evil_peer& peer) {
        while (auto request = peer.read_request()) {
            if (request->find(" /probe ") != request->npos) probe_connection_ = peer.number();
            const bool plain =
                request->find(" /probe ") != request->npos || request->find(" /warm ") != request->npos;
            if (plain || case_connection_ != 0) {
                if (!peer.send(response("SECOND"))) return;
                continue;
            }
            case_connection_ = peer.number();
            if (!send_case(peer)) return;
            if (entry_.value("then_reset", false)) return peer.reset();
            if (entry_.value("then_close", false)) {
                peer.finish();
                return peer.drain();
            }
        }
    }
    bool send_case(evil_peer& peer) {
        if (!entry_.contains("segments"))
            return send(peer, corpus::from_base64(entry_.at("bytes_base64").get<std::string>()));
        for (const auto& segment : entry_.at("segments")) {
            peer.pause(std::chrono::milliseconds(segment.value("delay_ms", 0)));
            const std::string part = corpus::from_base64(segment.value("base64", ""));
            std::string all;
            for (int i = segment.value("repeat", 1); i > 0; --i) all += part;
            if (!send(peer, all)) return false;
        }
        return true;
    }
    bool send(evil_peer& peer, const std::string& bytes) {
        if (!byte_by_byte_) return peer.send(bytes);
        const std::size_t singly = std::min<std::size_t>(bytes.size(), 20'000);
        return peer.send_byte_by_byte(bytes.substr(0, singly)) && peer.send(bytes.substr(singly));
    }

    const json& entry_;
    const bool byte_by_byte_;
    std::atomic<int> case_connection_ = 0;
    std::atomic<int> probe_connection_ = 0;
    evil_server server_;
};

bool matches(const result& r, const json& expected) {
    if (r.probe != "SECOND") return false;
    if (expected.at("expect") == "error") return !r.ok && !r.reused;
    if (!r.ok) return false;
    if (expected.contains("status") && r.status != expected.at("status").get<int>()) return false;
    if (expected.contains("body_len") && r.body.size() != expected.at("body_len").get<std::size_t>())
        return false;
    if (expected.contains("body_sha256") &&
        corpus::sha256(r.body) != expected.at("body_sha256").get<std::string>())
        return false;
    if (expected.contains("body_text_latin1") &&
        r.body != corpus::from_latin1(expected.at("body_text_latin1").get<std::string>()))
        return false;
    return !expected.contains("connection_reusable") ||
           r.reused == expected.at("connection_reusable").get<bool>();
}

enum class verdict : std::uint8_t { as_expected, alternative, wrong };

verdict judge(const result& r, const json& entry) {
    const std::string error_class = entry.value("error_class", "");
    if (matches(r, entry)) return verdict::as_expected;
    // We repeat what may be repeated: the case's own server answers SECOND then.
    if (error_class == "stale" && r.ok && r.body == "SECOND" && r.probe == "SECOND")
        return verdict::alternative;
    for (const auto& other : entry.value("also_acceptable", json::array())) {
        json merged = other;
        if (other.at("expect") == "ok")
            for (const char* key : {"status", "body_sha256"})
                if (entry.contains(key) && !merged.contains(key) && !other.contains("body_text_latin1"))
                    merged[key] = entry.at(key);
        if (matches(r, merged)) return verdict::alternative;
    }
    return verdict::wrong;
}

task<result> play(const json& entry, bool byte_by_byte) {
    player one(entry, byte_by_byte);
    co_return co_await one.play();
}

}  // namespace

TEST_CASE("every response of the corpus ends as it should, and the next request gets its own answer") {
    const json cases = corpus::load("h1_responses.json");
    std::map<std::string, int> skipped;
    std::vector<const json*> played;
    for (const auto& entry : cases) {
        const std::string why = reason_to_skip(entry);
        if (why.empty())
            played.push_back(&entry);
        else
            ++skipped[why];
    }
    const auto body = [&]() -> task<> {
        std::map<verdict, int> counts;
        std::vector<task<result>> all;
        for (const json* entry : played) {
            all.push_back(play(*entry, false));
            all.push_back(play(*entry, true));
        }
        const auto results = co_await gather(std::move(all), 32);
        for (std::size_t i = 0; i < played.size(); ++i) {
            const json& entry = *played[i];
            const result& whole = results[2 * i];
            const std::string id = entry.at("id");
            CAPTURE(id);
            CAPTURE(whole.what);
            CAPTURE(whole.ok);
            CAPTURE(whole.status);
            CAPTURE(whole.reused);
            CAPTURE(whole.probe);
            const verdict v = judge(whole, entry);
            CHECK(v != verdict::wrong);
            ++counts[v];
            if (entry.contains("partial_body_max"))
                CHECK(whole.body.size() <= entry.at("partial_body_max").get<std::size_t>());
            CHECK(judge(results[2 * i + 1], entry) == v);
            // What came before an error is the same, but for what a reset destroys on its way.
            if (!entry.value("then_reset", false)) CHECK(results[2 * i + 1] == whole);
        }
        MESSAGE("response corpus over sockets: "
                << played.size() << " cases, each whole and byte by byte: " << counts[verdict::as_expected]
                << " as expected, " << counts[verdict::alternative] << " by an accepted alternative");
    };
    run(body);
    for (const auto& [why, count] : skipped) MESSAGE("skipped: " << count << " cases: " << why);
}
