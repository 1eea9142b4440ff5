// zstd (RFC 8878), of one frame or several, with the window that RFC 9659 allows in HTTP, by libzstd.
#include "base/lazy_library.hpp"
#include "http/content_coding.hpp"

#include <zstd.h>
#include <zstd_errors.h>

#include <new>

namespace skein::http {

namespace {

SKEIN_LAZY_LIBRARY(library, "libzstd.so.1", "zstd", "Bodies in the content coding zstd");
SKEIN_LAZY_FUNCTION(library, ZSTD_createDStream);
SKEIN_LAZY_FUNCTION(library, ZSTD_freeDStream);
SKEIN_LAZY_FUNCTION(library, ZSTD_DCtx_setParameter);
SKEIN_LAZY_FUNCTION(library, ZSTD_decompressStream);
SKEIN_LAZY_FUNCTION(library, ZSTD_createCStream);
SKEIN_LAZY_FUNCTION(library, ZSTD_freeCStream);
SKEIN_LAZY_FUNCTION(library, ZSTD_CCtx_setParameter);
SKEIN_LAZY_FUNCTION(library, ZSTD_compressStream2);
SKEIN_LAZY_FUNCTION(library, ZSTD_isError);
SKEIN_LAZY_FUNCTION(library, ZSTD_getErrorCode);
SKEIN_LAZY_FUNCTION(library, ZSTD_getErrorName);

constexpr int max_window_log = 23;  // 8 MiB

class zstd_decoder final : public decoder {
public:
    zstd_decoder() : stream_(ZSTD_createDStream()) {
        if (stream_ == nullptr) throw std::bad_alloc();
        (void)ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, max_window_log);
    }
    ~zstd_decoder() override { ZSTD_freeDStream(stream_); }

    const char* decode(byte_view& in, byte_room& out) override {
        while (!out.empty()) {
            // Asked once more after a whole frame, it would expect the next one; asked again and again when
            // it has nothing to do, it would complain.
            if (in.empty() && (drained_ || !in_frame_)) return nullptr;
            ZSTD_inBuffer source = {in.data(), in.size(), 0};
            ZSTD_outBuffer target = {out.data(), out.size(), 0};
            const std::size_t result = ZSTD_decompressStream(stream_, &target, &source);
            if (ZSTD_isError(result) != 0) return fault(result);
            in_frame_ = result != 0;
            in = in.subspan(source.pos);
            out = out.subspan(target.pos);
            drained_ = !out.empty();
        }
        return nullptr;
    }
    bool complete() const noexcept override { return !in_frame_; }

private:
    static const char* fault(std::size_t result) {
        if (ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation) throw std::bad_alloc();
        return ZSTD_getErrorName(result);
    }

    ZSTD_DStream* stream_;
    bool in_frame_ = false;
    bool drained_ = true;  // no output waits for room
};

class zstd_encoder final : public encoder {
public:
    zstd_encoder() : stream_(ZSTD_createCStream()) {
        if (stream_ == nullptr) throw std::bad_alloc();
        (void)ZSTD_CCtx_setParameter(stream_, ZSTD_c_checksumFlag, 1);
    }
    ~zstd_encoder() override { ZSTD_freeCStream(stream_); }

    void encode(byte_view& in, byte_room& out) override {
        while (!in.empty() && !out.empty()) run(ZSTD_e_continue, in, out);
    }
    bool finish(byte_room& out) override {
        byte_view none;
        while (!out.empty() && !finished_) finished_ = run(ZSTD_e_end, none, out) == 0;
        return finished_;
    }

private:
    std::size_t run(ZSTD_EndDirective what, byte_view& in, byte_room& out) {
        ZSTD_inBuffer source = {in.data(), in.size(), 0};
        ZSTD_outBuffer target = {out.data(), out.size(), 0};
        const std::size_t left = ZSTD_compressStream2(stream_, &target, &source, what);
        if (ZSTD_isError(left) != 0) throw std::bad_alloc();
        in = in.subspan(source.pos);
        out = out.subspan(target.pos);
        return left;
    }

    ZSTD_CStream* stream_;
    bool finished_ = false;
};

}  // namespace

std::string why_no_zstd() {
    return library.why_missing();
}
std::unique_ptr<decoder> make_zstd_decoder() {
    return std::make_unique<zstd_decoder>();
}
std::unique_ptr<encoder> make_zstd_encoder() {
    return std::make_unique<zstd_encoder>();
}

}  // namespace skein::http
