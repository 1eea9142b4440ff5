// Owns how progress is put into words.
#include "client/report/progress.hpp"

#include <algorithm>
#include <cstdio>

namespace skein::client {

phase_times progress::spent_until(clock::time_point when) const noexcept {
    auto all = spent;
    all[static_cast<std::size_t>(now)] += std::min(when, ended) - entered;
    return all;
}

request_report progress::report(std::string_view method, const std::string& shown_url,
                                clock::time_point when) const {
    when = std::min(when, ended);
    request_report r;
    r.method = method;
    r.url = shown_url;
    r.attempts = attempts;
    r.redirects = redirects;
    r.reused = reused;
    if (connection) {
        r.peer = connection->peer;
        r.tls_version = connection->tls_version;
        r.tls_cipher = connection->tls_cipher;
        r.tls_resumed = connection->tls_resumed;
    }
    r.spent_ = spent_until(when);
    r.elapsed = when - started;
    r.request_bytes = request_bytes;
    return r;
}

std::string duration_text(clock::duration value) {
    const double seconds = std::chrono::duration<double>(value).count();
    char text[48];
    if (seconds < 1)
        std::snprintf(text, sizeof text, "%.3g ms", seconds * 1e3);
    else
        std::snprintf(text, sizeof text, "%.6g s", seconds);
    return text;
}

}  // namespace skein::client
