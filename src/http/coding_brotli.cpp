// br (RFC 7932), by brotli.
#include "base/lazy_library.hpp"
#include "http/content_coding.hpp"

#include <brotli/decode.h>
#include <brotli/encode.h>

#include <cstdint>
#include <new>

namespace skein::http {

namespace {

SKEIN_LAZY_LIBRARY(decoding, "libbrotlidec.so.1", "br", "Response bodies in the content coding br");
SKEIN_LAZY_FUNCTION(decoding, BrotliDecoderCreateInstance);
SKEIN_LAZY_FUNCTION(decoding, BrotliDecoderDestroyInstance);
SKEIN_LAZY_FUNCTION(decoding, BrotliDecoderDecompressStream);
SKEIN_LAZY_FUNCTION(decoding, BrotliDecoderGetErrorCode);
SKEIN_LAZY_FUNCTION(decoding, BrotliDecoderErrorString);

SKEIN_LAZY_LIBRARY(encoding, "libbrotlienc.so.1", "br-request", "Request bodies in the content coding br");
SKEIN_LAZY_FUNCTION(encoding, BrotliEncoderCreateInstance);
SKEIN_LAZY_FUNCTION(encoding, BrotliEncoderDestroyInstance);
SKEIN_LAZY_FUNCTION(encoding, BrotliEncoderSetParameter);
SKEIN_LAZY_FUNCTION(encoding, BrotliEncoderCompressStream);
SKEIN_LAZY_FUNCTION(encoding, BrotliEncoderIsFinished);

/// brotli's view of the spans for one call; on the way out of scope, what was used is cut off.
class lent {
public:
    lent(byte_view& in, byte_room& out) noexcept
        : next_in(reinterpret_cast<const std::uint8_t*>(in.data())),
          in_left(in.size()),
          next_out(reinterpret_cast<std::uint8_t*>(out.data())),
          out_left(out.size()),
          in_(in),
          out_(out) {}
    lent(const lent&) = delete;
    lent& operator=(const lent&) = delete;
    ~lent() {
        in_ = in_.last(in_left);
        out_ = out_.last(out_left);
    }

    const std::uint8_t* next_in;
    std::size_t in_left;
    std::uint8_t* next_out;
    std::size_t out_left;

private:
    byte_view& in_;
    byte_room& out_;
};

class brotli_decoder final : public decoder {
public:
    brotli_decoder() : state_(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {
        if (state_ == nullptr) throw std::bad_alloc();
    }
    ~brotli_decoder() override { BrotliDecoderDestroyInstance(state_); }

    const char* decode(byte_view& in, byte_room& out) override {
        if (!over_) {
            in_stream_ = in_stream_ || !in.empty();
            if (!in_stream_ || out.empty()) return nullptr;
            lent l(in, out);
            const auto result = BrotliDecoderDecompressStream(state_, &l.in_left, &l.next_in, &l.out_left,
                                                              &l.next_out, nullptr);
            if (result == BROTLI_DECODER_RESULT_ERROR) return fault();
            over_ = result == BROTLI_DECODER_RESULT_SUCCESS;
        }
        return over_ && !in.empty() ? "bytes follow its end" : nullptr;
    }
    bool complete() const noexcept override { return over_ || !in_stream_; }

private:
    const char* fault() const {
        const auto code = BrotliDecoderGetErrorCode(state_);
        if (code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES &&
            code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES)
            throw std::bad_alloc();
        return BrotliDecoderErrorString(code);
    }

    BrotliDecoderState* state_;
    bool in_stream_ = false;
    bool over_ = false;
};

class brotli_encoder final : public encoder {
public:
    brotli_encoder() : state_(BrotliEncoderCreateInstance(nullptr, nullptr, nullptr)) {
        constexpr std::uint32_t quick = 5;  // the default, 11, is for files that are compressed once
        if (state_ == nullptr || BrotliEncoderSetParameter(state_, BROTLI_PARAM_QUALITY, quick) == 0)
            throw std::bad_alloc();
    }
    ~brotli_encoder() override { BrotliEncoderDestroyInstance(state_); }

    void encode(byte_view& in, byte_room& out) override {
        while (!in.empty() && !out.empty()) run(BROTLI_OPERATION_PROCESS, in, out);
    }
    bool finish(byte_room& out) override {
        byte_view none;
        while (!out.empty() && BrotliEncoderIsFinished(state_) == 0) run(BROTLI_OPERATION_FINISH, none, out);
        return BrotliEncoderIsFinished(state_) != 0;
    }

private:
    void run(BrotliEncoderOperation what, byte_view& in, byte_room& out) {
        lent l(in, out);
        if (BrotliEncoderCompressStream(state_, what, &l.in_left, &l.next_in, &l.out_left, &l.next_out,
                                        nullptr) == 0)
            throw std::bad_alloc();
    }

    BrotliEncoderState* state_;
};

}  // namespace

std::string why_no_brotli(coding_use use) {
    return use == coding_use::decoding ? decoding.why_missing() : encoding.why_missing();
}
std::unique_ptr<decoder> make_brotli_decoder() {
    return std::make_unique<brotli_decoder>();
}
std::unique_ptr<encoder> make_brotli_encoder() {
    return std::make_unique<brotli_encoder>();
}

}  // namespace skein::http
