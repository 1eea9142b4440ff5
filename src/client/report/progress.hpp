// Where an exchange stands and how long it took: what reports and error messages are made of. Cheap to keep;
// put into words only when somebody asks.
#pragma once

#include <skein/clock.hpp>
#include <skein/error.hpp>
#include <skein/request_report.hpp>
#include <skein/timeouts.hpp>

#include <array>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

namespace skein::client {

/// What is known of a connection. Shared by the connection and those who tell of it.
struct connection_facts {
    std::string peer = {};
    std::string_view tls_version = {};  // OpenSSL's own, for ever
    std::string_view tls_cipher = {};
    std::string alpn = {};  // of a raw stream
    bool tls_resumed = false;
};

struct progress {
    clock::time_point started{};
    clock::time_point entered{};  // the phase
    clock::time_point ended = clock::time_point::max();
    phase_times spent{};
    std::shared_ptr<const connection_facts> connection;
    unsigned attempts = 0;
    unsigned redirects = 0;
    int status = 0;  // that the attempt got
    phase now = phase::none;
    bool reused = false;
    bool attempt_is_open = false;  // begun, and not in the list of those that are over
    clock::time_point attempt_started{};
    std::uint64_t request_bytes = 0;

    void begin(clock::time_point when) noexcept { started = entered = when; }
    void enter(phase next, clock::time_point when) noexcept {
        spent[static_cast<std::size_t>(now)] += when - entered;
        now = next;
        entered = when;
    }
    /// The body has arrived: what the program does with it is not our time.
    void end(clock::time_point when) noexcept {
        if (ended == clock::time_point::max()) ended = when;
    }
    /// It had ended, but a middleware repeats it.
    void go_on() noexcept { ended = clock::time_point::max(); }
    /// The time spent in each phase, the present one too.
    phase_times spent_until(clock::time_point when) const noexcept;
    request_report report(std::string_view method, const std::string& shown_url,
                          clock::time_point when) const;
};

/// When the present phase has to be over, and which limit that is.
struct due_time {
    clock::time_point when = clock::time_point::max();
    clock::duration limit{};
    bool total = false;
};

/// "5 s", "1.25 s", "30 ms".
std::string duration_text(clock::duration value);

}  // namespace skein::client
