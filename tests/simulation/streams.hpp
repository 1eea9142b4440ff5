// What the tests of streams share.
#pragma once

#include "sweep.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace simulation {

using skein::stream;

/// What an error of that class says; nothing if it goes well. Others go through.
template <class Error, class T>
task<std::string> words_of(task<T> work) {
    try {
        (void)co_await work;
    } catch (const Error& e) {
        co_return e.what();
    }
    co_return std::string();
}
template <class Error>
task<std::string> words_of(task<> work) {
    try {
        co_await work;
    } catch (const Error& e) {
        co_return e.what();
    }
    co_return std::string();
}

inline bool mentions(const std::string& text, std::string_view words) {
    const bool found = text.find(words) != std::string::npos;
    if (!found) MESSAGE("\"" << words << "\" is not in: " << text);
    return found;
}

/// Text of which every part tells where it is from.
inline std::string numbered(std::size_t bytes) {
    std::string text;
    for (std::size_t i = 0; text.size() < bytes; ++i) text += std::to_string(i) + " ";
    text.resize(bytes);
    return text;
}

/// Servers that give back what comes.
inline task<> echo(server_stream& client) {
    for (;;) {
        std::string piece = co_await client.read();
        if (piece.empty()) co_return;
        co_await client.write(std::move(piece));
    }
}
inline task<> echo_stream(stream client) {
    for (;;) {
        std::string piece = co_await client.read();
        if (piece.empty()) co_return;
        co_await client.write(std::move(piece));
    }
}

inline task<std::string> read_all(stream& from) {
    std::string all;
    for (;;) {
        const std::string piece = co_await from.read();
        if (piece.empty()) co_return all;
        all += piece;
    }
}

inline task<> write_and_end(stream& to, std::string text) {
    co_await to.write(std::move(text));
    co_await to.shutdown();
}

}  // namespace simulation
