// Coded bodies for tests: made and undone, in pieces of any size.
#pragma once

#include "http/content_decoder.hpp"

#include <skein/bytes.hpp>
#include <skein/content_coding.hpp>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coding_test {

using skein::content_coding;
using skein::http::content_decoder;

/// Those that this build has.
inline std::vector<content_coding> all_codings() {
    std::vector<content_coding> all;
    for (const auto one :
         {content_coding::gzip, content_coding::deflate, content_coding::br, content_coding::zstd})
        if (skein::is_supported(one)) all.push_back(one);
    return all;
}

/// Codes what is handed over bit by bit, into rooms of `out_bytes`.
class coding_run {
public:
    explicit coding_run(content_coding coding, std::size_t out_bytes = 1 << 16)
        : coder_(skein::http::make_encoder(coding)), room_(out_bytes) {}

    void add(std::string_view text) {
        for (auto in = skein::as_bytes(text); !in.empty();) {
            skein::http::byte_room out = room_;
            coder_->encode(in, out);
            keep(out);
        }
    }
    std::string finish() {
        for (bool done = false; !done;) {
            skein::http::byte_room out = room_;
            done = coder_->finish(out);
            keep(out);
        }
        return std::move(coded_);
    }

private:
    void keep(skein::http::byte_room left) {
        coded_ += skein::as_text(skein::byte_view(room_).first(room_.size() - left.size()));
    }

    decltype(skein::http::make_encoder(content_coding::gzip)) coder_;
    std::vector<std::byte> room_;
    std::string coded_;
};

/// Codes `text`, which is handed over `in_bytes` at a time, into rooms of `out_bytes`.
inline std::string encode(content_coding coding, std::string_view text, std::size_t in_bytes = 1 << 20,
                          std::size_t out_bytes = 1 << 16) {
    coding_run run(coding, out_bytes);
    for (; !text.empty(); text.remove_prefix(std::min(in_bytes, text.size())))
        run.add(text.substr(0, in_bytes));
    return run.finish();
}

/// Codes with one after the other.
inline std::string encode(const std::vector<content_coding>& codings, std::string_view text) {
    std::string coded(text);
    for (const auto coding : codings) coded = encode(coding, coded);
    return coded;
}

struct decoded {
    bool ok = false;
    std::string text;
    std::string why;
    std::size_t longest_piece = 0;
    std::size_t times_busy = 0;

    bool operator==(const decoded& other) const {
        return ok == other.ok && text == other.text && why == other.why;
    }
};

/// Decodes `pieces`. Keeps the text, or only its length in `sum`.
inline decoded decode(const std::vector<content_coding>& codings, const std::vector<std::string_view>& pieces,
                      const skein::decoding_limits& limits = {}, std::uint64_t* sum = nullptr) {
    decoded result;
    content_decoder decoder(codings, limits);
    using event = content_decoder::event;
    const auto failed = [&] {
        result.why = decoder.why();
        return result;
    };
    for (const auto piece : pieces) {
        auto in = skein::as_bytes(piece);
        for (event now = decoder.next(in); now != event::need_data; now = decoder.next(in)) {
            if (now == event::failed) return failed();
            if (now == event::busy) ++result.times_busy;
            if (now != event::piece) continue;
            result.longest_piece = std::max(result.longest_piece, decoder.piece().size());
            if (sum == nullptr) result.text += skein::as_text(decoder.piece());
        }
    }
    if (sum != nullptr) *sum = decoder.decoded_bytes();
    if (decoder.finish() == event::failed) return failed();
    result.ok = true;
    return result;
}

/// Text that compresses somewhat, the same each time.
inline std::string some_text(std::size_t size, std::uint32_t seed = 1) {
    std::mt19937 random(seed);
    constexpr std::array<std::string_view, 8> words = {"loop ",  "task ",   "wait ",  "stream ",
                                                       "\r\n\n", "socket ", "body, ", "0123456789"};
    std::string text;
    while (text.size() < size) {
        text += words[random() % words.size()];
        if (random() % 4 == 0) text += static_cast<char>(random() % 256);
    }
    text.resize(size);
    return text;
}

}  // namespace coding_test
