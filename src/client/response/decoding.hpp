// Compressed bodies in the client: what is asked for, what is undone, and where a reader stands in it.
#pragma once

#include "client/session/sending.hpp"
#include "http/content_decoder.hpp"
#include "http1/connection.hpp"

#include <skein/session_options.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace skein::client {

/// Sets the library's Accept-Encoding among the fields of a request, which itself says nothing about it and
/// which those of the session were added to; none if nothing is to be decompressed, or for a Range, whose
/// bytes are counted in the coded body. What the session's own headers say about it stays.
void choose_codings(headers& fields, const request_state& request, const session_options& session);

/// A body that is decompressed as it is read.
struct body_decoding {
    body_decoding(const std::vector<content_coding>& codings, const decoding_limits& limits,
                  std::shared_ptr<const connection_facts> whence)
        : decoder(codings, limits), connection(std::move(whence)) {}

    http::content_decoder decoder;
    std::shared_ptr<const connection_facts> connection;  // that it came over, which may be in other hands
    byte_view input;                // of the piece from the wire, what is not decoded yet
    std::size_t bytes_in_a_go = 0;  // decoded since others had their turn
};

/// For the body of the response that has just begun; null if it is to be given as it came.
std::unique_ptr<body_decoding> make_decoding(const sending& sent, const http1::response_head& head);

}  // namespace skein::client
