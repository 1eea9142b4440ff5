// What a session did as an HTTP Archive, for the tools that read one: browsers' developer tools, proxies.
#pragma once

#include <skein/detail/config.hpp>
#include <skein/trace.hpp>

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace skein {

/// What a har_recorder keeps.
struct har_options {
    /// Of the body of each request and of each response; what is longer is cut, and the entry's comment says
    /// so. 0: no bodies.
    std::size_t max_body_bytes = std::size_t{64} * 1024;
    /// Entries; the oldest ones go.
    std::size_t max_entries = 10'000;
    /// Keep credentials and cookies as they are. Else they are masked, as by masked_value(). Bodies and
    /// queries are kept as they are in any case.
    bool with_secrets = false;
};

/// Keeps what happens to requests, and gives it as an HTTP Archive 1.2: one entry for each attempt, redirects
/// and failures included. A trace function, for a session or for one request:
///
///     har_recorder recorder;
///     session_options options;
///     options.trace = recorder;
///     ...
///     std::ofstream("session.har") << recorder.log().dump(2);
///
/// A body is recorded as the program reads it. *Lifetime:* a handle; copies are the same recorder. *Thread:*
/// that of the loop.
class SKEIN_API har_recorder {
public:
    explicit har_recorder(har_options options = har_options());

    void operator()(const trace_event& event) const;

    /// Everything so far: {"log": {"version": "1.2", ...}}. (To use it, include <nlohmann/json.hpp>.)
    nlohmann::json log() const;
    std::size_t entries() const noexcept;
    /// Forgets the entries, but not those under way.
    void clear() noexcept;

private:
    struct state;
    std::shared_ptr<state> state_;
};

}  // namespace skein
