// gzip (RFC 1952), of one member or several, and deflate (RFC 1950; raw RFC 1951 where a server sends that),
// by zlib.
#include "http/content_coding.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>

namespace skein::http {

namespace {

constexpr int window_bits = 15;
constexpr int gzip_wrapper = 16;

/// Lends the spans to zlib, whose sizes have 32 bits, for one call; cuts off what was used.
template <class Call>
int with_spans(z_stream& z, byte_view& in, byte_room& out, Call call) {
    constexpr std::size_t most = std::size_t{1} << 30;
    const auto in_now = static_cast<uInt>(std::min(in.size(), most));
    const auto out_now = static_cast<uInt>(std::min(out.size(), most));
    z.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));
    z.avail_in = in_now;
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = out_now;
    const int result = call(z);
    in = in.subspan(in_now - z.avail_in);
    out = out.subspan(out_now - z.avail_out);
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    return result;
}

class inflater : public decoder {
public:
    ~inflater() override {
        if (made_) inflateEnd(&z_);
    }
    bool complete() const noexcept override { return !in_stream_; }

protected:
    // in_stream_ and over_: see complete(). Between two members of gzip neither is set.
    void start(int bits) {
        if (made_)
            inflateReset(&z_);
        else if (inflateInit2(&z_, bits) != Z_OK)
            throw std::bad_alloc();
        made_ = true;
        in_stream_ = true;
    }

    /// To the end of the stream, of `in`, or of `out`.
    const char* run(byte_view& in, byte_room& out) {
        const int result = with_spans(z_, in, out, [](z_stream& z) { return inflate(&z, Z_NO_FLUSH); });
        if (result == Z_STREAM_END) in_stream_ = false;
        if (result == Z_OK || result == Z_BUF_ERROR || result == Z_STREAM_END) return nullptr;
        if (result == Z_NEED_DICT) return "it needs a dictionary";
        return z_.msg != nullptr ? z_.msg : "malformed";
    }

    z_stream z_{};
    bool made_ = false;
    bool in_stream_ = false;
};

class gzip_decoder final : public inflater {
public:
    const char* decode(byte_view& in, byte_room& out) override {
        while (!out.empty()) {
            if (!in_stream_) {
                if (in.empty()) return nullptr;
                if (in.front() != std::byte{0x1f})
                    return made_ ? "bytes follow its end" : "it does not begin as gzip does";
                start(window_bits + gzip_wrapper);
            }
            if (const char* fault = run(in, out)) return fault;
            if (in_stream_ && in.empty()) return nullptr;
        }
        return nullptr;
    }
};

class deflate_decoder final : public inflater {
public:
    const char* decode(byte_view& in, byte_room& out) override {
        // The first two bytes tell whether it is zlib's format, as it should be, or raw.
        while (got_ < head_.size() && !in.empty()) {
            head_[got_++] = in.front();
            in = in.subspan(1);
            in_stream_ = true;
            if (got_ == head_.size()) start(has_zlib_header() ? window_bits : -window_bits);
        }
        if (!made_ || out.empty()) return nullptr;
        if (!in_stream_) return in.empty() ? nullptr : "bytes follow its end";
        while (!head_left_.empty() && in_stream_ && !out.empty())
            if (const char* fault = run(head_left_, out)) return fault;
        if (in_stream_ && !out.empty())
            if (const char* fault = run(in, out)) return fault;
        return !in_stream_ && !in.empty() ? "bytes follow its end" : nullptr;
    }

private:
    bool has_zlib_header() const noexcept {
        const auto cmf = std::to_integer<unsigned>(head_[0]);
        const auto flags = std::to_integer<unsigned>(head_[1]);
        return (cmf & 15) == Z_DEFLATED && (cmf >> 4) <= 7 && (cmf * 256 + flags) % 31 == 0;
    }

    std::array<std::byte, 2> head_{};
    std::size_t got_ = 0;
    byte_view head_left_ = head_;
};

class deflater final : public encoder {
public:
    explicit deflater(int bits) {
        constexpr int usual_memory = 8;
        if (deflateInit2(&z_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, bits, usual_memory, Z_DEFAULT_STRATEGY) !=
            Z_OK)
            throw std::bad_alloc();
    }
    ~deflater() override { deflateEnd(&z_); }

    void encode(byte_view& in, byte_room& out) override {
        while (!in.empty() && !out.empty())
            with_spans(z_, in, out, [](z_stream& z) { return deflate(&z, Z_NO_FLUSH); });
    }
    bool finish(byte_room& out) override {
        byte_view none;
        while (!out.empty() && !finished_)
            finished_ =
                with_spans(z_, none, out, [](z_stream& z) { return deflate(&z, Z_FINISH); }) == Z_STREAM_END;
        return finished_;
    }

private:
    z_stream z_{};
    bool finished_ = false;
};

}  // namespace

std::unique_ptr<decoder> make_gzip_decoder() {
    return std::make_unique<gzip_decoder>();
}
std::unique_ptr<encoder> make_gzip_encoder() {
    return std::make_unique<deflater>(window_bits + gzip_wrapper);
}
std::unique_ptr<decoder> make_deflate_decoder() {
    return std::make_unique<deflate_decoder>();
}
std::unique_ptr<encoder> make_deflate_encoder() {
    return std::make_unique<deflater>(window_bits);
}

}  // namespace skein::http
