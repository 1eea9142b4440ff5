// The response corpus, in memory: every case whole, byte by byte, cut in two at every place (small cases),
// and cut at random.
#include "corpus.hpp"
#include "http/field_grammar.hpp"
#include "http1_outcome.hpp"
#include "sha256.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>

using namespace http1_test;

namespace {

then last_of(const nlohmann::json& entry) {
    if (entry.value("then_reset", false)) return then::reset;
    return entry.value("then_close", false) ? then::close : then::stay_open;
}

request_kind kind_of(const nlohmann::json& entry) {
    const std::string method = entry.at("request_method");
    if (method == "HEAD") return request_kind::head;
    return method == "CONNECT" ? request_kind::connect : request_kind::ordinary;
}

// Whether the verdict on a case is not this layer's: codings, and what a client makes of a proxy's answer.
bool is_of_a_higher_layer(const nlohmann::json& entry) {
    const std::string error_class = entry.value("error_class", "");
    return (entry.at("category") == "content-coding" &&
            (error_class == "decode" || error_class == "limit")) ||
           ((error_class == "proxy" || error_class == "tls") && entry.at("id") != "cn-garbage");
}

// Whether `o` is what `expected` (the entry or one of its alternatives) asks for.
bool matches(const outcome& o, const nlohmann::json& entry, const nlohmann::json& expected) {
    if (expected.at("expect") == "error") return !o.ok && !o.waiting && !o.reusable;
    if (!o.ok) return false;
    const bool coded = entry.at("category") == "content-coding" && o.head.find("gzip") + 1 != 0;
    const bool deflated = entry.at("category") == "content-coding" && o.head.find("deflate") + 1 != 0;
    if (expected.contains("status") && o.status != expected.at("status").get<int>()) return false;
    if (!coded && !deflated) {
        if (expected.contains("body_len") && o.body.size() != expected.at("body_len").get<std::size_t>())
            return false;
        if (expected.contains("body_sha256") &&
            corpus::sha256(o.body) != expected.at("body_sha256").get<std::string>())
            return false;
        if (expected.contains("body_text_latin1") &&
            o.body != corpus::from_latin1(expected.at("body_text_latin1").get<std::string>()))
            return false;
    }
    if (expected.value("tunnel", false) != o.tunnel) return false;
    return !expected.contains("connection_reusable") ||
           o.reusable == expected.at("connection_reusable").get<bool>();
}

void check_fields(const outcome& o, const nlohmann::json& entry) {
    const std::string lines = '\n' + o.head;
    if (entry.contains("expect_headers"))
        for (const auto& [name, value] : entry.at("expect_headers").items())
            CHECK(lines.find('\n' + name + ": " + value.get<std::string>() + '\n') != lines.npos);
    if (entry.contains("expect_headers_absent"))
        for (const auto& name : entry.at("expect_headers_absent"))
            CHECK(lines.find('\n' + name.get<std::string>() + ':') == lines.npos);
}

}  // namespace

TEST_CASE("every case of the response corpus ends as it should, however it is delivered") {
    const auto cases = corpus::load("h1_responses.json");
    int as_expected = 0;
    int as_alternative = 0;
    int framing_only = 0;
    std::map<std::string, std::size_t> deliveries;
    std::map<std::string, int> skipped;
    for (const auto& entry : cases) {
        const std::string id = entry.at("id");
        CAPTURE(id);
        const std::string bytes = corpus::response_bytes(entry);
        const request_kind kind = kind_of(entry);
        const then last = last_of(entry);
        std::string message;
        const outcome o = run(kind, bytes, last, &message);
        CAPTURE(message);
        CAPTURE(o);

        parser reused;  // by all deliveries, as on a connection
        const auto check = [&](const char* mode, const std::vector<std::string_view>& pieces) {
            const bool same = run(reused, kind, pieces, last) == o;
            CHECK_MESSAGE(same, mode);
            deliveries[mode] += same;
        };
        check("byte by byte", corpus::byte_by_byte(bytes));
        for (std::uint32_t seed = 1; seed <= 20; ++seed)
            check("random splits, 20 seeds", corpus::at_random(bytes, seed));
        if (bytes.size() <= 1024)
            for (std::size_t cut = 0; cut <= bytes.size(); ++cut)
                check("cut in two, everywhere",
                      {std::string_view(bytes).substr(0, cut), std::string_view(bytes).substr(cut)});
        check("whole", corpus::whole(bytes));

        if (o.ok) check_fields(o, entry);
        if (entry.contains("partial_body_max"))
            CHECK(o.body.size() <= entry.at("partial_body_max").get<std::size_t>());
        if (is_of_a_higher_layer(entry)) {
            CHECK(o.ok);
            ++framing_only;
            ++skipped[entry.at("category").get<std::string>()];
        } else if (matches(o, entry, entry)) {
            ++as_expected;
        } else {
            bool alternative = false;
            for (const auto& other : entry.value("also_acceptable", nlohmann::json::array())) {
                auto merged = other;
                if (other.at("expect") == "ok" && entry.contains("status"))
                    for (const char* key : {"status", "body_sha256", "tunnel"})
                        if (entry.contains(key) && !merged.contains(key)) merged[key] = entry.at(key);
                alternative = alternative || matches(o, entry, merged);
            }
            CHECK(alternative);
            as_alternative += alternative;
            if (alternative) MESSAGE("by an alternative: " << id << ": " << o << message);
        }
    }
    MESSAGE("response corpus: " << cases.size() << " cases, " << as_expected << " as expected, "
                                << as_alternative << " by an accepted alternative, " << framing_only
                                << " judged for their framing only");
    for (const auto& [mode, count] : deliveries)
        MESSAGE("the same however it is delivered, " << mode << ": " << count << " deliveries");
    for (const auto& [category, count] : skipped)
        MESSAGE("framing only: " << count << " cases of " << category << ": a layer above decides the rest");
    CHECK(as_expected + as_alternative + framing_only == static_cast<int>(cases.size()));
}
