// Requests into bytes: the head, and the framing of a chunked body (RFC 9112). Appends to strings of the
// caller; does no I/O, knows no URL and no policy.
#pragma once

#include <skein/headers.hpp>
#include <skein/http_version.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skein::http1 {

/// What follows a request head.
struct request_body {
    enum class kind : std::uint8_t { none, sized, chunked };
    kind how = kind::none;
    std::uint64_t size = 0;  ///< of a sized body, bytes

    static constexpr request_body none() noexcept { return {}; }
    static constexpr request_body sized(std::uint64_t bytes) noexcept { return {kind::sized, bytes}; }
    static constexpr request_body chunked() noexcept { return {kind::chunked, 0}; }
};

/// A request head. Views, valid until the call returns.
struct request_head {
    std::string_view method;  ///< a token of at most 32 bytes, sent as it is: case matters
    std::string_view
        target;             ///< in any of the four forms, as it goes on the wire: visible ASCII, no fragment
    std::string_view host;  ///< for the Host field; one in `fields` takes its place
    const headers* fields = nullptr;    ///< the caller's; may be null
    std::string_view plain_lines = {};  ///< of encode_plain_fields(); they go before `fields`
    request_body body = {};
    bool close = false;  ///< ask the server to close the connection after its response
    http_version version = http_version::http_1_1;
};

/// What the head that was encoded means for the connection.
struct encoded_head {
    bool close = false;    ///< it asks for the connection to be closed
    bool upgrade = false;  ///< it asks for an upgrade: a 101 is to be expected
};

/// Appends the head: request line, Host, the caller's fields in their order, framing, Connection. The
/// capacity of `out` is used; nothing else is allocated.
///
/// The library owns Transfer-Encoding, Content-Length and Connection (RFC 9110, sections 7.6.1 and 8.6). A
/// Content-Length of the caller's must say what the body says; Connection may say close, keep-alive, upgrade
/// (with an Upgrade field) and TE (with a TE field); Trailer needs a chunked body. A body of no length is
/// announced for POST, PUT and PATCH only.
///
/// *Throws* std::invalid_argument before it has written anything: whatever could split the message, or have
/// it read in two ways, is refused.
encoded_head encode_head(std::string& out, const request_head& head);

/// Fields that the encoder has no say in, as they go on the wire: for those that many requests have in
/// common. Nothing if there is one that it has, and that must be checked with each message.
std::optional<std::string> encode_plain_fields(const headers& fields);

/// Appends what goes before the data of a chunk. `size` must not be 0, for that would end the body.
void encode_chunk_head(std::string& out, std::uint64_t size);

/// What goes behind the data of a chunk.
inline constexpr std::string_view chunk_tail = "\r\n";

/// Appends the end of a chunked body, with trailers. *Throws* std::invalid_argument for a field that must not
/// be a trailer: framing, routing, credentials, content format (RFC 9110, section 6.5.1).
void encode_last_chunk(std::string& out, const headers& trailers = headers());

}  // namespace skein::http1
