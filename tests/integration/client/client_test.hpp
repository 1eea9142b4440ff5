// What the tests of the client share.
#pragma once

#include "evil_server.hpp"

#include <skein/skein.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace client_test {

using skein::client_response;
using skein::client_session;
using skein::task;
using skein::test::always;
using skein::test::evil_peer;
using skein::test::evil_server;
using skein::test::field_of;
using skein::test::response;

/// The error of that class that a request ends with; nothing if it ends well. Others go through.
template <class Error>
task<std::optional<Error>> error_of(task<client_response> request) {
    try {
        (void)co_await std::move(request);
    } catch (const Error& e) {
        co_return e;
    }
    co_return std::nullopt;
}

/// The same for the body of a response.
template <class Error>
task<std::optional<Error>> body_error_of(client_response& from) {
    try {
        (void)co_await from.read();
    } catch (const Error& e) {
        co_return e;
    }
    co_return std::nullopt;
}

/// The whole text of a GET.
inline task<std::string> fetch(client_session& session, std::string url) {
    auto got = co_await session.get(url);
    co_return co_await got.text();
}

inline bool mentions(const std::exception& e, std::string_view words) {
    const bool found = std::string_view(e.what()).find(words) != std::string_view::npos;
    if (!found) MESSAGE("\"" << words << "\" is not in: " << e.what());
    return found;
}

/// Gives the loop turns until `done`, or 20 s have passed.
template <class Fn>
task<bool> eventually(Fn done) {
    const auto until = skein::clock::now() + std::chrono::seconds(20);
    while (!done() && skein::clock::now() < until) co_await skein::sleep(std::chrono::milliseconds(1));
    co_return done();
}

}  // namespace client_test
