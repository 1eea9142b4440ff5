// A coded body, decoded: several codings one upon the other, and the limits on what may come of them. Bytes
// in, bytes out, no I/O.
#pragma once

#include "http/content_coding.hpp"

#include <skein/headers.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace skein::http {

/// The codings that a message's Content-Encoding names, in the order in which they were applied. Empty if
/// there are none, or one that this build does not know: then the body stays as it came.
std::vector<content_coding> codings_of(const headers& fields);

/// Decodes one body: next() with what arrived until it needs more, finish() after the last. How the input is
/// cut makes no difference to what comes out.
class content_decoder {
public:
    enum class event : std::uint8_t {
        need_data,  ///< all input is used up
        piece,      ///< piece() is the next part of the body
        busy,    ///< much was done, and nothing has come of it yet: call again, after others had their turn
        end,     ///< of finish(): the body is complete
        failed,  ///< why() says it
    };
    /// The most that one piece has.
    static constexpr std::size_t piece_bytes = std::size_t{64} * 1024;

    /// `applied` is not empty.
    content_decoder(const std::vector<content_coding>& applied, const decoding_limits& limits);

    /// Takes from the front of `in`; after anything but need_data and failed call again with what is left.
    event next(byte_view& in);
    /// The input has ended: end or failed. After next() needed more.
    event finish();

    /// Valid until the next call of next().
    byte_view piece() const noexcept { return piece_; }
    const std::string& why() const noexcept { return why_; }
    /// Bytes of the decoded body so far.
    std::uint64_t decoded_bytes() const noexcept { return decoded_bytes_; }

private:
    struct stage {
        content_coding coding;
        std::unique_ptr<decoder> coder;
        std::uint64_t taken_bytes = 0;
        std::vector<std::byte> room = {};  // for its input, if that is another stage's output
        byte_view input = {};
    };

    void pull(std::size_t at, byte_view& wire, byte_room& out);
    void note_fault();
    event fail(std::string why);
    event check_limits();

    decoding_limits limits_;
    std::vector<stage> stages_;  // the coding that was applied last comes first
    std::unique_ptr<std::byte[]> room_;
    byte_view piece_;
    std::uint64_t decoded_bytes_ = 0;
    std::size_t work_bytes_ = 0;       // between the stages, in this call
    std::uint64_t idle_bytes_ = 0;     // the same since the last piece
    const stage* at_fault_ = nullptr;  // and what its decoder says
    const char* fault_ = nullptr;
    std::string why_;
};

}  // namespace skein::http
