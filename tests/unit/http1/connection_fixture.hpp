// A connection over a stream in memory, whose other end the test holds.
#pragma once

#include "http1/connection.hpp"
#include "memory_stream.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

namespace skein::http1_test {

using http1::exchange;
using http1::request_kind;
using test::memory_stream;

inline constexpr auto cancelled = std::errc::operation_canceled;

struct listener final : http1::connection_listener {
    int idle_ends = 0;
    int completions = 0;
    void on_idle_end() noexcept override { ++idle_ends; }
    void on_complete() noexcept override { ++completions; }
};

inline std::string read_all(exchange& x) {
    std::string out;
    while (!x.body().empty()) {
        out += as_text(x.body().front());
        x.body().pop_front();
        x.read_on();
    }
    return out;
}

struct fixture {
    const http1::parser_limits limits;  // which the connection refers to
    listener told;
    memory_stream* stream = nullptr;
    std::unique_ptr<http1::connection> wire;

    fixture() {
        auto made = std::make_unique<memory_stream>();
        stream = made.get();
        wire = std::make_unique<http1::connection>(std::move(made), limits, told);
    }
    void begin(exchange& x, request_kind kind = request_kind::ordinary,
               std::shared_ptr<const std::string> body = nullptr, bool closes = false) {
        wire->begin(x, kind, "GET / HTTP/1.1\r\n\r\n", std::move(body), closes);
    }
};

inline const std::string hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

}  // namespace skein::http1_test
