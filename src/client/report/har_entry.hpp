// One entry of an HTTP Archive: an attempt at a request, as trace events tell of it.
#pragma once

#include <skein/clock.hpp>
#include <skein/har.hpp>
#include <skein/headers.hpp>
#include <skein/http_version.hpp>
#include <skein/trace.hpp>

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace skein::client {

class har_entry {
public:
    void begin(const trace_event& first);
    /// True if the entry is complete.
    bool take(const trace_event& e, const har_options& options);
    bool is_sent() const noexcept { return sent_.has_value(); }
    clock::time_point started() const noexcept { return started_; }
    nlohmann::json to_json() const;

private:
    struct body {
        std::string kept;
        std::uint64_t bytes = 0;
        void append(byte_view piece, std::size_t limit);
        /// As text, if it is any.
        std::optional<std::string> text() const;
        bool is_cut() const noexcept { return kept.size() < bytes; }
    };
    using moment = std::optional<clock::time_point>;

    nlohmann::json request_json() const;
    nlohmann::json response_json() const;
    nlohmann::json timings_json() const;
    std::string comment() const;

    clock::time_point started_{};
    std::chrono::system_clock::time_point wall_started_{};
    clock::time_point ended_{};
    moment queue_end_, create_start_, dns_start_, dns_end_, tls_start_, tls_end_, create_end_, sent_,
        answered_;
    std::string method_;
    std::string url_;
    std::string via_;
    std::string peer_;
    std::string redirect_;
    std::string failure_;
    std::string reason_;
    headers request_fields_;   // masked, unless secrets are wanted
    headers response_fields_;  // the same
    body request_body_;
    body response_body_;
    std::optional<std::uint64_t> wire_bytes_;  // of the response's body
    int status_ = 0;
    http_version version_ = http_version::http_1_1;
};

}  // namespace skein::client
