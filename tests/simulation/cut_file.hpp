// A server whose file comes in pieces, and requests for it that go on.
#pragma once

#include "sweep.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace simulation {

/// A file on a server, and what happens on the way.
struct file {
    std::string content = "0123456789abcdefghijklmnopqrstuvwxyz";
    std::string fields = "ETag: \"one\"\r\n";
    std::vector<std::size_t> cuts =
        {};               ///< each response ends after so many bytes of body; then they end well
    bool resets = false;  ///< by which a response is cut; else the connection is closed
    bool stalls = false;  ///< ... or nothing more comes
    bool ranges = true;   ///< it knows them
    bool chunked = false;
    std::string rest = {};  ///< what is sent when a range is asked for, in the place of what was asked for
    bool rest_once = false;

    std::size_t requests = 0;
    std::vector<std::string> asked = {};  ///< the ranges
    std::string last_head = {};
};
using file_ptr = std::shared_ptr<file>;

inline std::string field_of(const std::string& head, const std::string& name) {
    const auto at = head.find("\r\n" + name + ": ");
    if (at == head.npos) return {};
    const auto from = at + name.size() + 4;
    return head.substr(from, head.find("\r\n", from) - from);
}

/// The first byte that is asked for, and one behind the last.
inline std::pair<std::size_t, std::size_t> range_in(const file& f, const std::string& text) {
    const auto hyphen = text.find('-');
    const std::size_t first = std::stoul(text.substr(6));
    const std::size_t end =
        hyphen + 1 < text.size() ? std::stoul(text.substr(hyphen + 1)) + 1 : f.content.size();
    return {first, std::min(end, f.content.size())};
}

inline task<> answer(file& f, server_stream& client, std::string head, std::string body) {
    const bool cut = f.requests <= f.cuts.size();
    const std::size_t size = cut ? std::min(f.cuts[f.requests - 1], body.size()) : body.size();
    if (f.chunked) {
        head += "Transfer-Encoding: chunked\r\n\r\n";
        co_await client.write(head);
        for (std::size_t i = 0; i < size; ++i) co_await client.write("1\r\n" + body.substr(i, 1) + "\r\n");
        if (!cut) co_await client.write("0\r\n\r\n");
    } else {
        head += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
        co_await client.write(head + body.substr(0, size));
    }
    if (!cut) co_return;
    if (f.stalls) co_await skein::sleep(std::chrono::hours(24));
    if (f.resets) {
        co_await skein::sleep(
            std::chrono::milliseconds(10));  // so that what was sent arrives before the reset
        client.reset();
    }
    client.close();
}

inline task<> serve(file_ptr of, server_stream& client) {
    file& f = *of;
    for (;;) {
        f.last_head = co_await client.read_until("\r\n\r\n");
        ++f.requests;
        const std::string range = field_of(f.last_head, "Range");
        const std::string condition = field_of(f.last_head, "If-Range");
        if (!range.empty()) f.asked.push_back(range);
        const bool same = condition.empty() || f.fields.find(": " + condition + "\r\n") != f.fields.npos;
        if (!range.empty() && !f.rest.empty()) {
            const std::string rest = f.rest_once ? std::exchange(f.rest, {}) : f.rest;
            co_await client.write(rest);
        } else if (range.empty() || !f.ranges || !same) {
            co_await answer(f, client, "HTTP/1.1 200 OK\r\n" + f.fields, f.content);
        } else {
            const auto [first, end] = range_in(f, range);
            const std::string total = std::to_string(f.content.size());
            if (first >= end) {
                co_await client.write("HTTP/1.1 416 No\r\nContent-Range: bytes */" + total +
                                      "\r\nContent-Length: 0\r\n\r\n");
                continue;
            }
            co_await answer(f, client,
                            "HTTP/1.1 206 Partial\r\n" + f.fields + "Content-Range: bytes " +
                                std::to_string(first) + "-" + std::to_string(end - 1) + "/" + total + "\r\n",
                            f.content.substr(first, end - first));
        }
    }
}

inline file_ptr put(file f) {
    const auto there = std::make_shared<file>(std::move(f));
    this_network().listen("example.test", 80,
                          [there](server_stream& client) { return serve(there, client); });
    return there;
}

inline skein::client_request ask(client_session& session) {
    return session.get("http://example.test/file")
        .resumable()
        .retry({.backoff = std::chrono::milliseconds(1)});
}

inline task<std::string> read(client_session& session) {
    auto got = co_await ask(session);
    co_return co_await got.text();
}

/// What the error of reading says.
inline task<std::string> error_of(client_session& session) {
    try {
        (void)co_await read(session);
    } catch (const skein::payload_error& e) {
        co_return e.what();
    }
    co_return "";
}

inline bool mentions(const std::string& text, const std::string& words) {
    const bool so = text.find(words) != text.npos;
    if (!so) MESSAGE("it says: " << text);
    return so;
}

template <class Fn>
void simulate(Fn scenario) {
    skein::testing::run(scenario);
}

}  // namespace simulation
