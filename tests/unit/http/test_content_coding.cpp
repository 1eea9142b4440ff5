// Each coding by itself: what is encoded comes back, however it is cut; what is damaged is noticed.
#include "codings.hpp"
#include "corpus.hpp"

#include <doctest/doctest.h>

#include <cstring>

using namespace coding_test;
using namespace std::string_literals;

namespace {

std::vector<std::string> texts() {
    return {"", "x", some_text(100), some_text(70'000), some_text(300'000), std::string(1'000'000, '\0')};
}

bool has_checksum(content_coding coding) {
    return coding != content_coding::br;
}

}  // namespace

TEST_CASE("what is encoded in any pieces comes back in any pieces") {
    for (const auto coding : all_codings()) {
        CAPTURE(skein::to_string(coding));
        for (const auto& text : texts()) {
            const std::string coded = encode(coding, text);
            CAPTURE(text.size());
            const auto whole = decode({coding}, {coded});
            CHECK(whole.ok);
            CHECK(whole.text == text);
            CHECK(whole.longest_piece <= content_decoder::piece_bytes);
            CHECK(decode({coding}, corpus::byte_by_byte(coded)) == whole);
            for (std::uint32_t seed = 1; seed <= 10; ++seed)
                CHECK(decode({coding}, corpus::at_random(coded, seed)) == whole);
            for (const auto& [in, out] : {std::pair{1, 7}, std::pair{4096, 1}, std::pair{50, 100'000}}) {
                if (text.size() > 100'000) continue;
                const auto again =
                    encode(coding, text, static_cast<std::size_t>(in), static_cast<std::size_t>(out));
                CHECK(decode({coding}, {again}).text == text);
            }
        }
    }
}

TEST_CASE("what ends too early is incomplete, wherever that is; nothing at all is an empty body") {
    for (const auto coding : all_codings()) {
        CAPTURE(skein::to_string(coding));
        CHECK(decode({coding}, {}).ok);
        const std::string text = some_text(600);
        const std::string coded = encode(coding, text);
        for (std::size_t size = 1; size < coded.size(); ++size) {
            const std::string_view part = std::string_view(coded).substr(0, size);
            const auto result = decode({coding}, {part});
            CAPTURE(size);
            CHECK(!result.ok);
            CHECK(result.why == "the body is incomplete " + std::string(skein::to_string(coding)) +
                                    ": it ends at byte " + std::to_string(size));
            CHECK(std::string_view(text).starts_with(result.text));
            CHECK(decode({coding}, corpus::byte_by_byte(part)) == result);
        }
    }
}

TEST_CASE("what follows the end is an error, were it a single zero") {
    for (const auto coding : all_codings()) {
        CAPTURE(skein::to_string(coding));
        const std::string coded = encode(coding, some_text(600));
        for (const auto& surplus : {"\0"s, "x"s, "\x1f"s, "garbage behind it"s}) {
            const auto result = decode({coding}, {coded + surplus});
            CHECK(!result.ok);
            CHECK(result.why.find(skein::to_string(coding)) != std::string::npos);
            // "\x1f" may still become another member.
            CHECK(!decode({coding}, corpus::byte_by_byte(coded + surplus)).ok);
            CHECK(!decode({coding}, {coded, surplus}).ok);
        }
    }
}

TEST_CASE("members of gzip and frames of zstd follow each other") {
    for (const auto coding : all_codings()) {
        const std::string coded = encode(coding, "one ") + encode(coding, "") + encode(coding, "two");
        const auto result = decode({coding}, {coded});
        const bool may = coding == content_coding::gzip || coding == content_coding::zstd;
        CHECK(result.ok == may);
        if (may) CHECK(result.text == "one two");
        CHECK(decode({coding}, corpus::byte_by_byte(coded)).ok == may);
    }
}

TEST_CASE(
    "a flipped bit is noticed, or makes no difference, where there is a checksum; else nothing breaks") {
    const std::string text = some_text(400);
    for (const auto coding : all_codings()) {
        CAPTURE(skein::to_string(coding));
        const std::string coded = encode(coding, text);
        int noticed = 0;
        for (std::size_t bit = 0; bit < coded.size() * 8; ++bit) {
            std::string damaged = coded;
            damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
            const auto result = decode({coding}, {damaged});
            noticed += !result.ok;
            CAPTURE(bit);
            CAPTURE(result.why);
            if (result.ok && has_checksum(coding)) CHECK(result.text == text);
            const auto cut = decode({coding}, corpus::byte_by_byte(damaged));
            CHECK(cut.ok == result.ok);
            if (coding == content_coding::gzip || coding == content_coding::deflate) CHECK(cut == result);
        }
        if (has_checksum(coding)) CHECK(noticed > static_cast<int>(coded.size()) * 7);
    }
}

TEST_CASE("a fault is told with the coding and its place") {
    const std::string gzip = encode(content_coding::gzip, some_text(400));
    CHECK(decode({content_coding::gzip}, {"hello"}).why ==
          "the body is malformed gzip at byte 0: it does not begin as gzip does");
    CHECK(decode({content_coding::gzip}, {gzip + "x"}).why ==
          "the body is malformed gzip at byte " + std::to_string(gzip.size()) + ": bytes follow its end");
    std::string wrong_sum = gzip;
    wrong_sum[wrong_sum.size() - 5] ^= 1;
    CHECK(decode({content_coding::gzip}, {wrong_sum}).why.ends_with(": incorrect data check"));
    std::string wrong_size = gzip;
    wrong_size[wrong_size.size() - 1] ^= 1;
    CHECK(decode({content_coding::gzip}, {wrong_size}).why.ends_with(": incorrect length check"));
}

TEST_CASE("deflate is zlib's format, or raw where a server sends that") {
    for (const std::size_t size : {0, 1, 5, 70'000}) {
        const std::string text = some_text(size);
        const std::string zlib = encode(content_coding::deflate, text);
        const std::string raw = zlib.substr(2, zlib.size() - 6);
        for (const auto& coded : {zlib, raw}) {
            const auto whole = decode({content_coding::deflate}, {coded});
            CHECK(whole.ok);
            CHECK(whole.text == text);
            CHECK(decode({content_coding::deflate}, corpus::byte_by_byte(coded)) == whole);
            for (std::size_t cut = 1; cut < std::min<std::size_t>(coded.size(), 200); ++cut)
                CHECK(!decode({content_coding::deflate}, {std::string_view(coded).substr(0, cut)}).ok);
            CHECK(!decode({content_coding::deflate}, {coded + "x"}).ok);
        }
    }
    // zlib's format with a preset dictionary, which nobody has agreed on.
    CHECK(decode({content_coding::deflate}, {"\x78\xbb\0\0\0\0\3\0"s}).why.ends_with("needs a dictionary"));
}

TEST_CASE("zstd may use a window of 8 MiB and no larger one") {
    if (!skein::is_supported(content_coding::zstd)) return;
    const auto frame = [](int window_log) {  // of one raw block, "x"
        return "\x28\xb5\x2f\xfd\0"s + static_cast<char>((window_log - 10) << 3) + "\x09\0\0x"s;
    };
    CHECK(decode({content_coding::zstd}, {frame(23)}).text == "x");
    CHECK(!decode({content_coding::zstd}, {frame(24)}).ok);
    CHECK(!decode({content_coding::zstd}, {frame(31)}).ok);
}

TEST_CASE("codings are known by their names, without regard to case") {
    using skein::http::find_coding;
    CHECK(find_coding("gzip") == content_coding::gzip);
    CHECK(find_coding("X-GZip") == content_coding::gzip);
    CHECK(find_coding("Deflate") == content_coding::deflate);
    CHECK(find_coding("br").has_value() == skein::is_supported(content_coding::br));
    CHECK(find_coding("zstd").has_value() == skein::is_supported(content_coding::zstd));
    for (const auto* unknown : {"", "identity", "compress", "gzip2", "b", "dcb", "*"})
        CHECK(!find_coding(unknown));
    std::string list;
    for (const auto coding : all_codings()) list.append(list.empty() ? "" : ", ").append(to_string(coding));
    CHECK(skein::http::accept_encoding() == list);
}
