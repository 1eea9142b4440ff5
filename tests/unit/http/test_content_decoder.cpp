// Several codings one upon the other, and the limits on what a few bytes may become.
#include "codings.hpp"
#include "corpus.hpp"

#include <doctest/doctest.h>

using namespace coding_test;

namespace {

constexpr std::size_t MiB = 1024 * 1024;

/// `parts` pieces of `part` in one stream.
std::string encode_repeated(content_coding coding, std::string_view part, std::size_t parts) {
    coding_run run(coding);
    for (; parts != 0; --parts) run.add(part);
    return run.finish();
}

}  // namespace

TEST_CASE("every coding upon every other, and five of them") {
    const std::string text = some_text(150'000);
    std::vector<std::vector<content_coding>> chains;
    for (const auto first : all_codings())
        for (const auto second : all_codings()) chains.push_back({first, second});
    std::vector<content_coding> five = all_codings();
    while (five.size() < 5) five.insert(five.begin(), content_coding::gzip);
    chains.push_back(five);
    chains.emplace_back(5, content_coding::gzip);
    for (const auto& chain : chains) {
        const std::string coded = encode(chain, text);
        const auto whole = decode(chain, {coded});
        CHECK(whole.ok);
        CHECK(whole.text == text);
        CHECK(decode(chain, corpus::byte_by_byte(coded)) == whole);
        for (std::uint32_t seed = 1; seed <= 4; ++seed)
            CHECK(decode(chain, corpus::at_random(coded, seed)) == whole);
        CHECK(!decode(chain, {coded + "x"}).ok);
        CHECK(!decode(chain, {std::string_view(coded).substr(0, coded.size() - 1)}).ok);
        CHECK(decode(chain, {}).ok);
    }
}

TEST_CASE("a fault inside comes out the same however the input is cut, with all that was good before it") {
    using enum content_coding;
    const std::string text = some_text(100'000);
    std::string inner = encode(gzip, text);
    inner[inner.size() / 2] ^= 0x55;
    const std::string broken_inside = encode({deflate, gzip}, inner);
    std::string broken_outside = encode({gzip, deflate, gzip}, text);
    broken_outside[broken_outside.size() / 2] ^= 0x55;
    for (const auto& coded : {broken_inside, broken_outside}) {
        const auto whole = decode({gzip, deflate, gzip}, {coded});
        CHECK(!whole.ok);
        CHECK(whole.text.substr(0, 10'000) == text.substr(0, 10'000));
        CHECK(decode({gzip, deflate, gzip}, corpus::byte_by_byte(coded)) == whole);
        for (std::uint32_t seed = 1; seed <= 10; ++seed)
            CHECK(decode({gzip, deflate, gzip}, corpus::at_random(coded, seed)) == whole);
    }
    CHECK(decode({gzip, deflate, gzip}, {broken_inside}).why.find("of what the codings upon it gave") !=
          std::string::npos);
}

TEST_CASE("one coding more than allowed is refused before anything is decoded") {
    const std::vector<content_coding> six(6, content_coding::gzip);
    CHECK(decode(six, {}).why == "the body has 6 content codings, over the limit of 5");
    skein::decoding_limits one;
    one.max_codings = 1;
    CHECK(!decode({content_coding::gzip, content_coding::gzip}, {}, one).ok);
    CHECK(decode({content_coding::gzip}, {}, one).ok);
}

TEST_CASE("a bomb is given out in pieces of 64 KiB, and no further than the limits say") {
    const std::string zeros(MiB, '\0');
    for (const auto coding : all_codings()) {
        CAPTURE(skein::to_string(coding));
        const std::string bomb = encode_repeated(coding, zeros, 64);
        std::uint64_t sum = 0;
        const auto result = decode({coding}, {bomb}, {}, &sum);
        CHECK(result.ok);
        CHECK(sum == 64 * MiB);
        CHECK(result.longest_piece == content_decoder::piece_bytes);

        skein::decoding_limits size;
        size.max_body_bytes = 64 * MiB;
        CHECK(decode({coding}, {bomb}, size, &sum).ok);
        --size.max_body_bytes;
        CHECK(decode({coding}, {bomb}, size, &sum).why.find("longer than the limit of 67108863 bytes") !=
              std::string::npos);

        skein::decoding_limits ratio;
        ratio.max_ratio = 100;
        CHECK(decode({coding}, {bomb}, ratio, &sum).why.find("more than 100 times as long") !=
              std::string::npos);
        const std::string honest = some_text(3 * MiB);
        CHECK(decode({coding}, {encode(coding, honest)}, ratio).ok);
        const std::string small = encode(coding, std::string_view(zeros).substr(0, MiB));
        CHECK(decode({coding}, {small}, ratio).ok);
    }
}

TEST_CASE("codings that make much of each other and nothing of a body let others run, and then are refused") {
    using enum content_coding;
    const std::string nothing = encode(gzip, "");
    std::string many;
    for (std::size_t i = 0; i < 1000; ++i) many += nothing;
    const std::string few_million = encode_repeated(gzip, many, 10 * MiB / many.size());
    const auto harmless = decode({gzip, gzip}, {few_million});
    CHECK(harmless.ok);
    CHECK(harmless.text.empty());
    CHECK(harmless.times_busy >= 9);
    const auto refused = decode({gzip, gzip}, {encode_repeated(gzip, many, 80 * MiB / many.size())});
    CHECK(!refused.ok);
    CHECK(refused.why.find("nothing of the body") != std::string::npos);
}

TEST_CASE("the codings of a message are all that its Content-Encoding fields name, if all are known") {
    using enum content_coding;
    using skein::http::codings_of;
    const auto of = [](std::initializer_list<std::string_view> values) {
        skein::headers fields;
        for (const auto value : values) fields.append("content-encoding", value);
        return codings_of(fields);
    };
    using list = std::vector<content_coding>;
    CHECK(of({}) == list{});
    CHECK(of({"gzip"}) == list{gzip});
    CHECK(of({"deflate, X-GZIP"}) == list{deflate, gzip});
    CHECK(of({"deflate", "", " ,gzip,"}) == list{deflate, gzip});
    CHECK(of({"identity"}) == list{});
    CHECK(of({"identity, gzip"}) == list{gzip});
    CHECK(of({"aes128gcm"}) == list{});
    CHECK(of({"gzip, aes128gcm"}) == list{});
    CHECK(of({"gzip;q=1"}) == list{});
}
