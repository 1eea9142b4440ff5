// Compresses a body on its way.
#pragma once

#include "http/content_coding.hpp"

#include <skein/body_source.hpp>
#include <skein/content_coding.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace skein::client {

/// Passes on what comes, compressed, in pieces of 64 KiB. What is still in the encoder leaves with finish().
class encoding_writer final : public body_writer {
public:
    encoding_writer(body_writer& to, content_coding coding)
        : to_(to), encoder_(http::make_encoder(coding)), buffer_(buffer_bytes), room_(buffer_) {}

    task<> finish() {
        while (!encoder_->finish(room_)) co_await pass_on();
        co_await pass_on();
    }

private:
    static constexpr std::size_t buffer_bytes = std::size_t{64} * 1024;

    task<> write_bytes(byte_view piece) override {
        while (!piece.empty()) {
            encoder_->encode(piece, room_);
            if (room_.empty()) co_await pass_on();
        }
    }
    task<> pass_on() {
        const byte_view made = byte_view(buffer_).first(buffer_.size() - room_.size());
        if (!made.empty()) co_await to_.write(made);
        room_ = buffer_;
    }

    body_writer& to_;
    const std::unique_ptr<http::encoder> encoder_;
    std::vector<std::byte> buffer_;
    http::byte_room room_;  // the rest of it
};

/// All of it at once.
std::string encode_all(content_coding coding, byte_view content);

}  // namespace skein::client
