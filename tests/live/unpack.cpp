// Content codings by zlib, brotli and zstd themselves, not by the library under test.
#include "unpack.hpp"

#include "behaviour.hpp"
#include "skein_features.hpp"

#include <doctest/doctest.h>

#include <zlib.h>
#if SKEIN_HAVE_BROTLI
#include <brotli/decode.h>
#endif
#if SKEIN_HAVE_ZSTD
#include <zstd.h>
#endif

#include <stdexcept>

namespace live {

using namespace skein;

namespace {

constexpr std::size_t most = 1024 * 1024;

std::string inflated(const std::string& packed, int window_bits) {
    z_stream state{};
    if (inflateInit2(&state, window_bits) != Z_OK) throw std::runtime_error("zlib does not start");
    std::string out(most, '\0');
    std::string in = packed;
    state.next_in = reinterpret_cast<Bytef*>(in.data());
    state.avail_in = static_cast<uInt>(in.size());
    state.next_out = reinterpret_cast<Bytef*>(out.data());
    state.avail_out = static_cast<uInt>(out.size());
    const int result = inflate(&state, Z_FINISH);
    out.resize(state.total_out);
    inflateEnd(&state);
    if (result != Z_STREAM_END) throw std::runtime_error("broken gzip or deflate");
    return out;
}

#if SKEIN_HAVE_BROTLI
std::string unbrotlied(const std::string& packed) {
    std::string out(most, '\0');
    std::size_t size = out.size();
    if (BrotliDecoderDecompress(packed.size(), reinterpret_cast<const std::uint8_t*>(packed.data()), &size,
                                reinterpret_cast<std::uint8_t*>(out.data())) != BROTLI_DECODER_RESULT_SUCCESS)
        throw std::runtime_error("broken br");
    out.resize(size);
    return out;
}
#endif

#if SKEIN_HAVE_ZSTD
std::string unzstded(const std::string& packed) {
    std::string out(most, '\0');
    const auto size = ZSTD_decompress(out.data(), out.size(), packed.data(), packed.size());
    if (ZSTD_isError(size) != 0) throw std::runtime_error("broken zstd");
    out.resize(size);
    return out;
}
#endif

/// Whether this build has the coding.
bool is_known(std::string_view coding) {
    if (coding == "br") return SKEIN_HAVE_BROTLI;
    return coding != "zstd" || SKEIN_HAVE_ZSTD;
}

}  // namespace

std::string unpack(std::string_view coding, const std::string& packed) {
    if (coding == "gzip") return inflated(packed, 15 + 16);
    if (coding == "deflate") return inflated(packed, 15);
#if SKEIN_HAVE_BROTLI
    if (coding == "br") return unbrotlied(packed);
#endif
#if SKEIN_HAVE_ZSTD
    if (coding == "zstd") return unzstded(packed);
#endif
    throw std::runtime_error("no such coding: " + std::string(coding));
}

task<> codings_are_undone(client_session& session, std::string url, std::string expected,
                          std::vector<const char*> codings) {
    for (const char* coding : codings) {
        if (!is_known(coding)) continue;
        CAPTURE(coding);
        auto raw = co_await session.get(url).header("Accept-Encoding", coding).decompress(false);
        CHECK(raw.headers().get("Content-Encoding") == coding);
        const bool packed = unpack(coding, co_await raw.text()) == expected;
        CHECK(packed);
        auto got = co_await session.get(url).header("Accept-Encoding", coding);
        const bool same = co_await got.text() == expected;
        CHECK(same);
    }
    auto got = co_await session.get(url);
    const bool same = co_await got.text() == expected;
    CHECK(same);
    CHECK(got.report().response_body_bytes < expected.size());
    CHECK(got.report().response_decoded_bytes == expected.size());
}

}  // namespace live
