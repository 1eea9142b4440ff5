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

/// The link of all connections from now on, that narrow: who does not read soon stops the writer.
inline void set_window(std::size_t bytes) {
    skein::testing::link narrow;
    narrow.window_bytes = bytes;
    this_network().set_link(narrow);
}
/// The same, one on which no more than that arrives at a time.
inline void set_largest_piece(std::size_t bytes) {
    skein::testing::link pieces;
    pieces.largest_piece_bytes = bytes;
    this_network().set_link(pieces);
}

/// What a server may do: keep what comes, to its end, with a pause behind each piece.
inline task<> keep_all(server_stream& client, std::string& received, skein::clock::duration pause = {}) {
    for (;;) {
        const std::string piece = co_await client.read();
        if (piece.empty()) co_return;
        received += piece;
        co_await skein::sleep(pause);
    }
}
/// A server at example.test:7 that does, from so long after it is connected to.
inline void listen_and_keep(std::string& received, skein::clock::duration delay = {}) {
    this_network().listen("example.test", 7, [&received, delay](server_stream& client) -> task<> {
        co_await skein::sleep(delay);
        co_await keep_all(client, received);
    });
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
