// What a server sees of a request: its head, and its body without framing; and the parts of
// multipart/form-data, taken apart by rules of their own (RFC 7578, RFC 2046), as an oracle.
#pragma once

#include <skein/testing.hpp>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace skein::test {

/// The value of a field in a head (or of a trailer section), by its exact name; empty if there is none.
inline std::string value_of(const std::string& head, const std::string& name) {
    const auto at = head.find("\r\n" + name + ": ");
    if (at == head.npos) return {};
    const auto from = at + name.size() + 4;
    return head.substr(from, head.find("\r\n", from) - from);
}

struct received_request {
    std::string head;
    std::string body;
    std::size_t chunks = 0;
    std::string trailers;  // "\r\n" in front of each
};

/// The body that follows a head.
inline task<> read_body(testing::server_stream& client, received_request& into) {
    if (const std::string length = value_of(into.head, "Content-Length"); !length.empty()) {
        const auto size = static_cast<std::size_t>(std::stoull(length));
        if (size != 0) into.body = co_await client.read_exactly(size);
        co_return;
    }
    if (value_of(into.head, "Transfer-Encoding") != "chunked") co_return;
    for (;;) {
        const std::string line = co_await client.read_until("\r\n");
        const auto size = static_cast<std::size_t>(std::stoull(line, nullptr, 16));
        if (size == 0) break;
        ++into.chunks;
        into.body += co_await client.read_exactly(size);
        const std::string tail = co_await client.read_exactly(2);
        if (tail != "\r\n") throw std::runtime_error("a chunk without its end");
    }
    for (;;) {
        const std::string line = co_await client.read_until("\r\n");
        if (line == "\r\n") co_return;
        into.trailers += "\r\n" + line.substr(0, line.size() - 2);
    }
}

inline task<received_request> take_request(testing::server_stream& client) {
    received_request got;
    got.head = co_await client.read_until("\r\n\r\n");
    co_await read_body(client, got);
    co_return got;
}

struct received_part {
    std::string head;  // "\r\n" in front of and behind each field
    std::string content;
    std::string disposition() const { return value_of(head, "Content-Disposition"); }
};

/// The parts of a body with that Content-Type. Throws std::runtime_error for what is malformed.
inline std::vector<received_part> parse_multipart(std::string_view content_type, std::string_view body) {
    constexpr std::string_view begin = "multipart/form-data; boundary=";
    if (!content_type.starts_with(begin)) throw std::runtime_error("not multipart/form-data");
    std::string boundary(content_type.substr(begin.size()));
    if (boundary.front() == '"') boundary = boundary.substr(1, boundary.size() - 2);
    const std::string delimiter = "\r\n--" + boundary;
    const std::string text = "\r\n" + std::string(body);
    std::vector<received_part> parts;
    if (!text.starts_with(delimiter)) throw std::runtime_error("no boundary at the beginning");
    std::size_t at = delimiter.size();
    while (text.compare(at, 2, "\r\n") == 0) {
        const auto end_of_head = text.find("\r\n\r\n", at);
        const auto end = text.find(delimiter, at + 2);
        if (end == text.npos || end_of_head > end) throw std::runtime_error("a part without an end");
        const auto content = end_of_head + 4;
        parts.push_back({text.substr(at, end_of_head + 2 - at), text.substr(content, end - content)});
        at = end + delimiter.size();
    }
    if (text.substr(at) != "--\r\n") throw std::runtime_error("not ended by its boundary");
    return parts;
}

}  // namespace skein::test
