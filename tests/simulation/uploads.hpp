// What the tests of request bodies have in common.
#pragma once

#include "request_bodies.hpp"
#include "sweep.hpp"
#include "temporary_file.hpp"

#include <string>

namespace simulation {

using skein::body_source;
using skein::body_writer;
using skein::test::parse_multipart;
using skein::test::read_body;
using skein::test::received_request;
using skein::test::take_request;
using skein::test::temporary_file;
using skein::test::value_of;

inline constexpr const char* there = "http://example.test/";

inline std::string long_text(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i * 7 % 26);
    return text;
}

inline void small_window() {
    auto small = slow_link();
    small.window_bytes = 10'000;
    this_network().set_link(small);
}

/// Answers each request with its body.
inline task<> echo_body(server_stream& client) {
    for (;;) {
        const auto got = co_await take_request(client);
        co_await client.write(response(got.body));
    }
}

}  // namespace simulation
