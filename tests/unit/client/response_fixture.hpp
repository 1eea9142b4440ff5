// What the tests of responses share: a server in the simulation that gives what the target says.
#pragma once

#include "codings.hpp"

#include <skein/skein.hpp>
#include <skein/testing_doctest.hpp>

#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <string>
#include <utility>

namespace skein::response_test {

using testing::server_stream;
using testing::this_network;

/// A response with these lines in its head, and a body of that length.
inline std::string response(const std::string& lines, const std::string& body) {
    return "HTTP/1.1 200 OK\r\n" + lines + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
}

inline std::string coded(content_coding coding, const std::string& text, const std::string& lines = "") {
    return response(lines + "Content-Encoding: " + std::string(to_string(coding)) + "\r\n",
                    coding_test::encode(coding, text));
}

/// Serves example.test: of each path its answer. Remembers the heads of requests.
class site {
public:
    site() {
        this_network().listen("example.test", 80, [this](server_stream& client) { return serve(client); });
    }
    site(const site&) = delete;
    site& operator=(const site&) = delete;

    std::map<std::string, std::string> answers;
    std::map<std::string, std::string> later;  ///< what follows after a second
    std::string head;                          ///< of the last request

private:
    task<> serve(server_stream& client) {
        for (;;) {
            head = co_await client.read_until("\r\n\r\n");
            const auto from = head.find(' ') + 1;
            const std::string path = head.substr(from, head.find(' ', from) - from);
            co_await client.write(answers[path]);
            if (!later.contains(path)) continue;
            co_await sleep(std::chrono::seconds(1));
            co_await client.write(later[path]);
        }
    }
};

inline std::string at(const std::string& path) {
    return "http://example.test" + path;
}

/// The error that a task ends with, of that class.
template <class Error, class T>
task<std::optional<Error>> error_of(task<T> waited) {
    try {
        (void)co_await std::move(waited);
    } catch (const Error& e) {
        co_return e;
    }
    co_return std::nullopt;
}

inline bool mentions(const std::optional<payload_error>& e, std::string_view words) {
    const bool found = e && std::string_view(e->what()).find(words) != std::string_view::npos;
    if (!found) MESSAGE("\"" << words << "\" is not in: " << std::string(e ? e->what() : "no error"));
    return found;
}

}  // namespace skein::response_test
