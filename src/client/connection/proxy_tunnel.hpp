// A tunnel through an HTTP proxy (RFC 9110, section 9.3.6). Does no I/O.
#pragma once

#include "client/connection/negotiation.hpp"
#include "http1/parser.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace skein::client {

/// What CONNECT says. Views, valid during the constructor.
struct tunnel_request {
    std::string_view authority = {};  ///< of the origin, always with its port: "example.org:443"
    std::optional<std::string_view> authorization = {};  ///< for the proxy
    std::optional<std::string_view> user_agent = {};
};

/// Asks for a tunnel; any 2xx opens it, whatever its headers say of a body. Any other answer is a refusal,
/// with status and headers, and is not read further.
class proxy_tunnel final : public negotiation {
public:
    /// The heads of an answer to CONNECT say little: they may have 16 KiB, or less if the limits say so.
    static constexpr std::size_t most_head_bytes = std::size_t{16} * 1024;

    /// *Throws:* std::invalid_argument for what no header can carry.
    proxy_tunnel(const tunnel_request& what, const http1::parser_limits& limits);

private:
    void take(byte_view& data) override;

    const http1::parser_limits limits_;
    http1::message answer_;
    http1::parser parser_;
};

/// A refusal in words: "wants credentials: 407 ...".
std::string words_of_refusal(const http1::response_head& head);

}  // namespace skein::client
