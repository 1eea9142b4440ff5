// Holds a body to the size that was announced for it.
#pragma once

#include <skein/body_source.hpp>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace skein::client {

/// What is wrong with a body that the program itself has made: becomes a payload_error, with the report.
class body_fault : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Passes pieces on as long as they are no more than the size, if there is one.
class counted_writer final : public body_writer {
public:
    /// `what` is counted: "the body".
    counted_writer(body_writer& to, std::optional<std::uint64_t> size, std::string what)
        : to_(to), size_(size), what_(std::move(what)) {}

    /// Throws body_fault if there was too little.
    void finish() const {
        if (size_ && written_ < *size_) fail("only " + std::to_string(written_));
    }

private:
    task<> write_bytes(byte_view piece) override {
        if (size_ && piece.size() > *size_ - written_)
            fail("at least " + std::to_string(written_ + piece.size()));
        written_ += piece.size();
        return to_.write(piece);
    }
    [[noreturn]] void fail(const std::string& how_many) const {
        throw body_fault(what_ + " was announced with " + std::to_string(*size_) + " bytes and has " +
                         how_many);
    }

    body_writer& to_;
    const std::optional<std::uint64_t> size_;
    const std::string what_;
    std::uint64_t written_ = 0;
};

}  // namespace skein::client
